"""Certificates made in the test: an authority, and servers it vouches for."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
A_CENTURY = timedelta(days=36_500)


class Authority:
    """Signs certificates for servers; `certificate` is the PEM file that trusts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(f"Cơ quan chứng thực thử {folder.name}")
        rules = x509.BasicConstraints(ca=True, path_length=0)
        made = self._sign(self.name, self.key, rules, A_CENTURY)
        self.certificate = folder / "ca.pem"
        self.certificate.write_bytes(made.public_bytes(Encoding.PEM))

    def server(
        self, host: str = "localhost", address: str = "127.0.0.1", lasts: timedelta = A_CENTURY
    ) -> tuple[Path, Path]:
        """Certificate and key of a server known by a name and an address, as PEM files."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(host), x509.IPAddress(ip_address(address))]
        made = self._sign(_name(host), key, x509.SubjectAlternativeName(names), lasts)
        certificate, secret = self.folder / f"{host}.pem", self.folder / f"{host}.key"
        certificate.write_bytes(made.public_bytes(Encoding.PEM))
        secret.touch(mode=0o600)
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, secret

    def context(self, host: str, lasts: timedelta = A_CENTURY) -> ssl.SSLContext:
        """What a server of that name encrypts with."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self.server(host, lasts=lasts))
        return context

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        extension: x509.ExtensionType,
        lasts: timedelta,
    ) -> x509.Certificate:
        critical = isinstance(extension, x509.BasicConstraints)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGINS)
            .not_valid_after(BEGINS + lasts)
            .add_extension(extension, critical=critical)
            .sign(self.key, SHA256())
        )


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])
