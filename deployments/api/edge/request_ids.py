"""An id for every request, by which its errors are found in the log."""

import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEADER = "x-request-id"


class RequestIds:
    """Give every request an id, the caller's own if it sent a well-formed one, and return it in a header."""

    def __init__(self, app: ASGIApp, *, answered_outside: bool = False) -> None:
        """Wrap an application.

        Args:
            app: The application.
            answered_outside: Whether the server in front gives ids and returns them, as Ray Serve does.
        """
        self._app = app
        self._answered_outside = answered_outside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, send if self._answered_outside else send_with_id)
