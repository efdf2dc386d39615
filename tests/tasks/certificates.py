"""An authority of the tests' own, and certificates of relays by it."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
A_CENTURY = timedelta(days=36_500)


@dataclass
class Authority:
    """Signs certificates; `pem` is what trusts it."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("Cơ quan chứng thực thử")
        self.pem = self.folder / "ca.pem"
        found = self._certificate(self.name, self.key.public_key(), ca=True)
        self.pem.write_bytes(found.public_bytes(Encoding.PEM))

    def context(self, host: str, lasts: timedelta = A_CENTURY) -> ssl.SSLContext:
        """What a relay of that name encrypts with."""
        key = ec.generate_private_key(ec.SECP256R1())
        found = self._certificate(_name(host), key.public_key(), host, lasts=lasts)
        file = self.folder / f"{host}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + found.public_bytes(Encoding.PEM)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context

    def _certificate(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePublicKey,
        host: str = "",
        *,
        ca: bool = False,
        lasts: timedelta = A_CENTURY,
    ) -> x509.Certificate:
        found = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGINS)
            .not_valid_after(BEGINS + lasts)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if host:
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            found = found.add_extension(names, critical=False)
        return found.sign(self.key, SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
