"""Addresses outside the system: which ones it may connect to on somebody's behalf."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from model_wrappers.contract.errors import InvalidInput

PORTS = {"http": 80, "https": 443}
# IPv6 addresses that hold an IPv4 address: NAT64, 6to4, Teredo, mapped.
TRANSLATED = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0/96"))
)


@dataclass(frozen=True)
class Destination:
    """Where to connect to: the very address that was checked, so that a name cannot change its meaning in between."""

    url: httpx.URL
    name: str  # of the host, as it was given
    authority: str  # name and port, as servers are asked for

    @property
    def options(self) -> dict[str, Any]:
        """What a request needs besides, so that the server is asked by its name; httpx's words."""
        return {"headers": {"Host": self.authority}, "extensions": {"sni_hostname": self.name}}


async def public_destination(url: str, what: str, allowed: Sequence[str] = ()) -> Destination:
    """Return where a URL leads to.

    Args:
        url: As somebody gave it.
        what: What needs it, for the errors.
        allowed: Hosts that need not be public, at any port.

    Raises:
        InvalidInput: If it is no plain http(s) URL of a usual port, or its host is unknown or not public.
    """
    target, port = _parsed(url, what, allowed)
    address = await _resolved(target.host, port, public=target.host not in allowed)
    return Destination(target.copy_with(host=address), target.host, target.netloc.decode())


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an address is public, and none that stands for another one or for many."""
    translated = isinstance(address, ipaddress.IPv6Address) and any(address in network for network in TRANSLATED)
    return address.is_global and not address.is_multicast and not translated


def _parsed(url: str, what: str, allowed: Sequence[str]) -> tuple[httpx.URL, int]:
    try:
        target = httpx.URL(url)
        port = target.port or PORTS[target.scheme]
    except (httpx.InvalidURL, KeyError, ValueError) as exc:
        raise InvalidInput(f"{what} needs a plain http or https URL.", param="url") from exc
    if not target.host or target.userinfo or (port not in PORTS.values() and target.host not in allowed):
        raise InvalidInput(f"{what} needs a plain http or https URL, at port 80 or 443.", param="url")
    return target, port


async def _resolved(host: str, port: int, *, public: bool) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise InvalidInput(f"The host '{host}' is not known.", param="url") from exc
    addresses = [str(entry[4][0]) for entry in found]
    private = [address for address in addresses if not is_public(ipaddress.ip_address(address))]
    if not addresses or (public and private):
        raise InvalidInput(f"The host '{host}' is not public.", param="url")
    return addresses[0]
