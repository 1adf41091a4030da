"""Files fetched for a caller, where the operator allows it; never from inside the operator's own network."""

import asyncio
import ipaddress
import socket

import httpx

from model_wrappers.contract.errors import InvalidInput, TooLarge

TIMEOUT_S = 20.0
PORTS = {"http": 80, "https": 443}
# IPv6 addresses that hold an IPv4 address: NAT64, 6to4, Teredo, mapped.
TRANSLATED = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0/96"))
)
MAX_SHOWN = 100  # characters of a URL an error repeats


async def fetch(url: str, *, max_bytes: int) -> bytes:
    """Return what a public URL holds; redirects are not followed.

    The connection goes to the very address that was checked, so that a name cannot change its meaning in between.

    Raises:
        InvalidInput: If the URL is not http(s), leads to an address that is not public, or gives no file.
        TooLarge: If the file exceeds `max_bytes`.
    """
    target, host, port = _parsed(url)
    address = await _public_address(host, port)
    try:
        async with asyncio.timeout(TIMEOUT_S), httpx.AsyncClient(trust_env=False) as client:
            request = client.build_request(
                "GET",
                target.copy_with(host=address),
                headers={"Host": host, "Accept-Encoding": "identity"},
                extensions={"sni_hostname": host},
            )
            response = await client.send(request, stream=True)
            try:
                return await _read(response, url, max_bytes)
            finally:
                await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as exc:
        raise InvalidInput(
            f"'{url[:MAX_SHOWN]}' could not be fetched: {exc or type(exc).__name__}.", param="url"
        ) from exc


def _parsed(url: str) -> tuple[httpx.URL, str, int]:
    """Return a URL with its host and port.

    Raises:
        InvalidInput: If it is no plain http(s) URL of a usual port.
    """
    try:
        target = httpx.URL(url)
        port = target.port or PORTS[target.scheme]
    except (httpx.InvalidURL, KeyError, ValueError) as exc:
        raise InvalidInput("A remote file needs a plain http or https URL.", param="url") from exc
    if not target.host or target.userinfo or port not in PORTS.values():
        raise InvalidInput("A remote file needs a plain http or https URL, at port 80 or 443.", param="url")
    return target, target.host, port


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an address is public, and none that stands for another one or for many."""
    translated = isinstance(address, ipaddress.IPv6Address) and any(address in network for network in TRANSLATED)
    return address.is_global and not address.is_multicast and not translated


async def _read(response: httpx.Response, url: str, max_bytes: int) -> bytes:
    coding = response.headers.get("content-encoding", "identity")
    if coding.lower() != "identity":  # 271 bytes may unpack to 64 MiB
        raise InvalidInput(f"'{url[:MAX_SHOWN]}' answers packed ({coding[:40]}); name a file itself.", param="url")
    if response.status_code != httpx.codes.OK:
        raise InvalidInput(f"'{url[:MAX_SHOWN]}' answered {response.status_code}; name a file itself.", param="url")
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) > max_bytes:
            raise TooLarge(
                f"The file at '{url[:MAX_SHOWN]}' has more than the {max_bytes:,} bytes allowed.", param="url"
            )
    return bytes(data)


async def _public_address(host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise InvalidInput(f"The host '{host}' is not known.", param="url") from exc
    addresses = [str(entry[4][0]) for entry in found]
    private = [address for address in addresses if not _is_public(ipaddress.ip_address(address))]
    if private or not addresses:
        raise InvalidInput(f"The host '{host}' is not public; send the file itself.", param="url")
    return addresses[0]
