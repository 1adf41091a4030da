"""Bodies: no larger than their kind may be, and JSON only where it says so, can be read and is of a bounded shape."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.edge.refusals import refuse
from deployments.api.forms import FORMS, URL_ENCODED, media_type
from deployments.api.json_text import checked_json
from model_wrappers.contract.errors import AudioGPTError, TooLarge, UnsupportedMedia

MAX_JSON_BYTES = 2**20
MAX_INLINE_BYTES = 32 * 2**20  # of JSON that may hold whole recordings in base64
INLINE_PATHS = ("/v1/chat/completions", "/mcp")
RAW_PATHS = ("/v1/artifacts",)  # where the body may be the file itself
BODILESS = ("GET", "HEAD", "OPTIONS")


class Bodies:
    """Refuse what no route should have to read."""

    def __init__(self, app: ASGIApp, max_file_bytes: int) -> None:
        """Wrap an application.

        Args:
            app: The application.
            max_file_bytes: Largest body with files, in bytes.
        """
        self._app = app
        self._max_file_bytes = max_file_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kind = media_type(Headers(scope=scope).get("content-type", ""))
        body = _Body(receive, self._limit(scope["path"], kind))
        started = False

        async def tracked(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            body.check_announced(Headers(scope=scope).get("content-length", ""))
            await _prepare(body, kind, scope)
            await self._app(scope, body.receive, tracked)
        except AudioGPTError as exc:
            if started:
                raise
            await refuse(exc, scope, receive, send)

    def _limit(self, path: str, kind: str) -> int:
        if path in RAW_PATHS or (kind in FORMS and kind != URL_ENCODED):
            return self._max_file_bytes
        return min(self._max_file_bytes, MAX_INLINE_BYTES) if path in INLINE_PATHS else MAX_JSON_BYTES


async def _prepare(body: "_Body", kind: str, scope: Scope) -> None:
    """Read JSON ahead of the route, and refuse a body that says of itself to be something no route reads."""
    if kind in FORMS or scope["path"] in RAW_PATHS or scope["method"] in BODILESS:
        return
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        if data := await body.read():
            body.replace(checked_json(data))
    elif await body.begins():
        raise UnsupportedMedia(
            f"The body's Content-Type is {kind or 'missing'!r}; send 'application/json' or 'multipart/form-data'.",
            param="Content-Type",
        )


class _Body:
    """A body on its way to the application, counted."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._received = 0
        self._ahead: list[Message] = []

    def check_announced(self, length: str) -> None:
        """Refuse by the announced length; more digits than a size can have are too many bytes."""
        if length.isascii() and length.isdecimal() and int(length[:19]) > self._max_bytes:
            raise self._too_large(int(length[:19]))

    async def receive(self) -> Message:
        """Return the next message, what was read ahead first."""
        return self._ahead.pop(0) if self._ahead else await self._next()

    async def begins(self) -> bool:
        """Tell whether there is anything in the body; what is read for that is kept."""
        async with aclosing(self._messages()) as messages:
            async for message in messages:
                self._ahead.append(message)
                if message.get("body"):
                    return True
        return False

    async def read(self) -> bytes:
        """Return the whole body; it is kept for the application too."""
        async with aclosing(self._messages()) as messages:
            self._ahead = [message async for message in messages]
        return b"".join(message.get("body", b"") for message in self._ahead)

    def replace(self, data: bytes) -> None:
        """Pass on other bytes than were read."""
        rest = [message for message in self._ahead if message["type"] != "http.request"]
        self._ahead = [{"type": "http.request", "body": data, "more_body": False}, *rest]

    async def _messages(self) -> AsyncGenerator[Message, None]:
        more = True
        while more:
            message = await self._next()
            more = message["type"] == "http.request" and message.get("more_body", False)
            yield message

    async def _next(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._max_bytes:
            raise self._too_large(self._received)
        return message

    def _too_large(self, size: int) -> TooLarge:
        return TooLarge(
            f"The request body has {size:,} bytes or more; at most {self._max_bytes:,} are allowed here.",
            hint="Send fewer or smaller files, or a compressed format such as FLAC, MP3 or Opus; large files go to "
            "POST /v1/artifacts.",
        )
