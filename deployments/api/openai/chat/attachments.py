"""Files inside chat messages, from base64, data URLs and artifact ids."""

from urllib.parse import unquote_to_bytes

from deployments.api.native.uploads import check_count, heard, resolve, store_bytes
from deployments.api.openai.chat.remote_files import fetch
from deployments.api.openai.chat.request import AudioPart, ChatMessage, FilePart, ImagePart, InputFile, TextPart
from deployments.api.services import Services
from model_wrappers.contract.errors import InvalidInput
from router.media.base64_text import from_base64
from router.scope import Scope
from router.turn.conversation import Upload

MAX_SHOWN = 60  # characters of a URL an error repeats


async def store_parts(message: ChatMessage, services: Services, scope: Scope) -> tuple[Upload, ...]:
    """Store the files of a message, in order.

    Raises:
        InvalidInput: If one is neither base64 nor a data URL, or a remote URL that is not allowed.
        RequestError: If one is of no kind the system takes, or too large.
    """
    parts = [part for part in message.parts if not isinstance(part, TextPart)]
    check_count(len(parts), services)
    return tuple([await _store(part, services, scope) for part in parts])


async def _store(part: AudioPart | ImagePart | FilePart, services: Services, scope: Scope) -> Upload:
    if isinstance(part, AudioPart):
        data = decode(part.input_audio.data, "input_audio.data")
        return await _put(data, f"input.{part.input_audio.format}", services, scope)
    if isinstance(part, ImagePart):
        return await _put(await _from_url(part.image_url.url, services), None, services, scope)
    return await _file(part.file, services, scope)


async def _file(file: InputFile, services: Services, scope: Scope) -> Upload:
    if file.file_id:
        ref = await resolve(file.file_id, services, scope, "file_id")
        return Upload(await heard(ref, services, scope), file.filename)
    if file.file_data:
        return await _put(decode(file.file_data, "file_data"), file.filename, services, scope)
    raise InvalidInput("A file part needs 'file_data' or 'file_id'.", param="file")


async def _from_url(url: str, services: Services) -> bytes:
    if url[:5].lower() == "data:":
        return decode(url, "image_url.url")
    if not services.settings.allow_remote_urls:
        raise InvalidInput(
            f"'{url[:MAX_SHOWN]}' is not fetched: this server takes data URLs only; send data:image/png;base64,... "
            "instead.",
            param="image_url.url",
        )
    return await fetch(url, max_bytes=services.settings.max_upload_bytes)


async def _put(data: bytes, file_name: str | None, services: Services, scope: Scope) -> Upload:
    return Upload(await heard(await store_bytes(data, file_name, services, scope), services, scope), file_name)


def decode(text: str, param: str) -> bytes:
    """Return the bytes of base64 or of a data URL.

    Raises:
        InvalidInput: If it is neither.
    """
    head, comma, body = text.partition(",") if text[:5].lower() == "data:" else ("data:;base64", ",", text)
    try:
        if not comma:
            raise ValueError("a data URL needs a comma before its data")
        if not head.lower().endswith(";base64"):
            return unquote_to_bytes(body)
        return from_base64(body)
    except ValueError as exc:
        raise InvalidInput(f"'{param}' is neither base64 nor a data URL: {exc}.", param=param) from exc
