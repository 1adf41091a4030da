"""Forms: fields and files of a bounded number, as browsers, curl and HTTP libraries send them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, unquote

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from model_wrappers.contract.errors import InvalidInput

MULTIPART, URL_ENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
FORMS = (MULTIPART, URL_ENCODED)
MAX_FIELD_BYTES = 2**20
MAX_FILE_NAME = 255  # characters
EXTENDED_NAME = re.compile(r";\s*filename\*\s*=\s*\"?([A-Za-z0-9_-]*)'[^';\"]*'([^;\"\s]*)", re.IGNORECASE)
PLAIN_NAME = re.compile(rb";\s*filename\s*=", re.IGNORECASE)


def media_type(content_type: str) -> str:
    """Return the media type of a `Content-Type` header: in lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_form(request: Request) -> bool:
    """Tell whether the body is a form."""
    return media_type(request.headers.get("content-type", "")) in FORMS


@asynccontextmanager
async def opened_form(request: Request, *, max_files: int, max_fields: int) -> AsyncIterator[FormData]:
    """Parse a form and close its files at the end; NUL characters are left out of its texts.

    Raises:
        InvalidInput: If it cannot be read or has too many parts.
    """
    form = await _parse(request, max_files, max_fields)
    try:
        yield form
    finally:
        await form.close()


async def _parse(request: Request, max_files: int, max_fields: int) -> FormData:
    if media_type(request.headers.get("content-type", "")) == URL_ENCODED:
        return FormData(_url_encoded(await request.body(), max_fields))
    parser = _Parser(
        request.headers,
        request.stream(),
        max_files=max_files,
        max_fields=max_fields,
        max_part_size=MAX_FIELD_BYTES,
    )
    try:
        form = await parser.parse()
    except MultiPartException as exc:
        raise InvalidInput(f"The form cannot be read: {exc.message}") from exc
    return FormData([(_plain(name), _plain_value(value)) for name, value in form.multi_items()])


def _url_encoded(body: bytes, max_fields: int) -> list[tuple[str, str | UploadFile]]:
    try:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=max_fields)
    except ValueError as exc:
        raise InvalidInput(f"The form has more than the {max_fields} fields allowed.") from exc
    return [(_plain(name), _plain(value)) for name, value in pairs]


def _plain_value(value: str | UploadFile) -> str | UploadFile:
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    return text.replace("\0", "")


class _Parser(MultiPartParser):
    """Takes files as they come from clients that name them by `filename*` only, or by their type only."""

    _charset = property(lambda self: "utf-8", lambda self, value: None)  # never the sender's

    def on_headers_finished(self) -> None:
        part = self._current_part
        part.content_disposition = _with_file_name(part.content_disposition or b"", dict(part.item_headers))
        super().on_headers_finished()
        if part.file is not None and part.file.filename:
            part.file.filename = _plain(part.file.filename)[-MAX_FILE_NAME:]

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._current_part
        if part.file is None and len(part.data) + end - start > MAX_FIELD_BYTES:
            raise MultiPartException(
                f"the part '{part.field_name[:80]}' has no file name and more than {MAX_FIELD_BYTES:,} bytes; "
                'if it is a file, send its name too (filename="...").'
            )
        super().on_part_data(data, start, end)


def _with_file_name(disposition: bytes, headers: dict[bytes, bytes]) -> bytes:
    """Return a part's disposition with a plain file name where it says in another way that it is a file."""
    if PLAIN_NAME.search(disposition):
        return disposition
    kind = media_type(headers.get(b"content-type", b"").decode("latin-1"))
    if found := EXTENDED_NAME.search(disposition.decode("latin-1")):
        encoding = found[1].lower() if found[1].lower() in ("utf-8", "iso-8859-1") else "utf-8"
        name = unquote(found[2], encoding=encoding, errors="replace")
    elif kind.startswith(("audio/", "video/", "image/")) or kind == "application/octet-stream":
        name = "file"
    else:
        return disposition
    quoted = name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_").encode()
    return disposition + b'; filename="' + quoted + b'"'
