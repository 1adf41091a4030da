"""ASGI layers in front of every route: request ids and bounded bodies."""

import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.errors import error_response
from deployments.api.openai import errors as openai_errors
from model_wrappers.contract.errors import TooLarge

REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


class RequestIds:
    """Give every request an id, the caller's own if it sent a well-formed one, and return it in a header."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.match(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


class BodyLimit:
    """Refuse bodies over a number of bytes, by their announced length or as they arrive."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        """Wrap an application.

        Args:
            app: The application.
            max_bytes: Largest body in bytes.
        """
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            await self._refuse(int(announced), scope, receive, send)
            return
        received = 0
        started = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise self._error(received)
            return message

        async def tracked(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, counted, tracked)
        except TooLarge:
            if started:
                raise
            await self._refuse(received, scope, receive, send)

    def _error(self, size: int) -> TooLarge:
        return TooLarge(
            f"The request body has {size:,} bytes or more; at most {self._max_bytes:,} are allowed.",
            hint="Send fewer or smaller files, or a compressed format such as FLAC, MP3 or Opus.",
        )

    async def _refuse(self, size: int, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(openai_errors.PATHS):
            response = openai_errors.error_response(self._error(size))
        else:
            response = error_response(self._error(size), scope["state"]["request_id"])
        response.headers["connection"] = "close"
        await response(scope, receive, send)
