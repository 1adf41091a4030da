"""Files fetched for a caller, where the operator allows it; never from inside the operator's own network."""

import asyncio

import httpx

from model_wrappers.contract.errors import InvalidInput, TooLarge
from router.outside import public_destination

TIMEOUT_S = 20.0
MAX_SHOWN = 100  # characters of a URL an error repeats


async def fetch(url: str, *, max_bytes: int) -> bytes:
    """Return what a public URL holds; redirects are not followed.

    Raises:
        InvalidInput: If the URL is not http(s), leads to an address that is not public, or gives no file.
        TooLarge: If the file exceeds `max_bytes`.
    """
    destination = await public_destination(url, "A remote file")
    try:
        async with asyncio.timeout(TIMEOUT_S), httpx.AsyncClient(trust_env=False) as client:
            request = client.build_request("GET", destination.url, **destination.options)
            request.headers["Accept-Encoding"] = "identity"
            response = await client.send(request, stream=True)
            try:
                return await _read(response, url, max_bytes)
            finally:
                await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as exc:
        raise InvalidInput(
            f"'{url[:MAX_SHOWN]}' could not be fetched: {exc or type(exc).__name__}.", param="url"
        ) from exc


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
