"""Files fetched for a caller, where the operator allows it; never from inside the operator's own network."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

import httpx

from model_wrappers.contract.errors import InvalidInput, TooLarge

TIMEOUT_S = 20.0
PORTS = {"http": 80, "https": 443}


async def fetch(url: str, *, max_bytes: int) -> bytes:
    """Return what a public URL holds; redirects are not followed.

    The connection goes to the very address that was checked, so that a name cannot change its meaning in between.

    Raises:
        InvalidInput: If the URL is not http(s), leads to an address that is not public, or gives no file.
        TooLarge: If the file exceeds `max_bytes`.
    """
    parts = urlsplit(url)
    host = parts.hostname
    if parts.scheme not in PORTS or not host or parts.username is not None:
        raise InvalidInput("A remote file needs a plain http or https URL.", param="url")
    port = parts.port or PORTS[parts.scheme]
    address = await _public_address(host, port)
    target = httpx.URL(url).copy_with(host=address)
    try:
        async with asyncio.timeout(TIMEOUT_S), httpx.AsyncClient(trust_env=False) as client:
            request = client.build_request(
                "GET", target, headers={"Host": parts.netloc}, extensions={"sni_hostname": host}
            )
            response = await client.send(request, stream=True)
            try:
                return await _read(response, url, max_bytes)
            finally:
                await response.aclose()
    except (httpx.HTTPError, TimeoutError) as exc:
        raise InvalidInput(f"'{url}' could not be fetched: {exc or type(exc).__name__}.", param="url") from exc


async def _read(response: httpx.Response, url: str, max_bytes: int) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise InvalidInput(f"'{url}' answered {response.status_code}; name a file itself.", param="url")
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > max_bytes:
            raise TooLarge(f"The file at '{url}' has more than the {max_bytes:,} bytes allowed.", param="url")
    return bytes(data)


async def _public_address(host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise InvalidInput(f"The host '{host}' is not known.", param="url") from exc
    addresses = [str(entry[4][0]) for entry in found]
    private = [address for address in addresses if not ipaddress.ip_address(address).is_global]
    if private or not addresses:
        raise InvalidInput(f"The host '{host}' is not public; send the file itself.", param="url")
    return addresses[0]
