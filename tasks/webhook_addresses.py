"""Where a webhook may go: to public addresses over https, and nowhere inside unless allowed.

Who may add a webhook could else make this machine speak to servers that trust it. A name is looked
up and judged at each call, and the address that was judged is the one that is called.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import SplitResult, urlsplit

from models.errors import NotAllowed, ServiceError
from models.i18n import gettext as _

LONGEST_URL = 2_000
Networks = Sequence[IPv4Network | IPv6Network]
Address = IPv4Address | IPv6Address
# what of IPv6 is given out; Python takes more for public, such as the old ::127.0.0.1 and fec0::
_PUBLIC = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")  # its last four bytes are the address that a gateway calls


@dataclass(frozen=True)
class Target:
    """A URL with the address that it is called at: `url` has the address in place of the name."""

    url: str
    host: str  # with the port, as the header has it
    name: str


def parts_of(url: str) -> SplitResult:
    """A URL in parts; raises NotAllowed where it is none that a webhook can have."""
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:
        found, port = urlsplit(""), None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not plain or not found.hostname or port == 0 or found.scheme not in ("https", "http"):
        raise NotAllowed(_("This is no address of a webhook: https://host/path."))
    if found.username or found.password or found.fragment:
        raise NotAllowed(_("An address of a webhook has no password and no “#” in it."))
    return found


def refuse_foreign(address: Address, scheme: str, allowed: Networks) -> None:
    """Raises NotAllowed for an address that is not public and not allowed, or not encrypted."""
    found = _meant(address)
    outside = isinstance(found, IPv4Address) or found in _PUBLIC
    is_inside = not (outside and found.is_global) or found.is_multicast
    if is_inside and not any(found in network for network in allowed):
        message = _("{address} is not a public address: DONDOC_WEBHOOK_NETWORKS allows networks.")
        raise NotAllowed(message.format(address=found))
    if scheme != "https" and not found.is_loopback:
        raise NotAllowed(_("Beyond this machine a webhook goes over https."))


def _meant(address: Address) -> Address:
    """The address of IPv4 that one of IPv6 leads to, where it is only another form of it."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def refuse_literal(url: str, allowed: Networks) -> None:
    """Judges a URL before any name is looked up: what can be told of it by itself."""
    found = parts_of(url)
    try:
        address = ip_address(found.hostname or "")
    except ValueError:
        if found.scheme != "https" and found.hostname != "localhost":
            message = _("Beyond this machine a webhook goes over https.")
            raise NotAllowed(message) from None
        return
    refuse_foreign(address, found.scheme, allowed)


async def resolve(url: str, allowed: Networks) -> Target:
    """The address to call for a URL. Raises NotAllowed where any of its addresses may not be, and
    ServiceError where it has none.
    """
    found = parts_of(url)
    name = found.hostname or ""
    port = found.port or (443 if found.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    try:
        rows = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ServiceError(_("{host} has no address.").format(host=name)) from error
    addresses = [ip_address(str(row[4][0]).partition("%")[0]) for row in rows]
    for address in addresses:
        refuse_foreign(address, found.scheme, allowed)
    first = addresses[0]
    shown = f"[{first}]" if isinstance(first, IPv6Address) else str(first)
    return Target(found._replace(netloc=f"{shown}:{port}").geturl(), found.netloc, name)
