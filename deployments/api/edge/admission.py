"""Large bodies: only so many bytes of them at once, counted by what they announce before any of it is read."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.edge.refusals import refuse
from model_wrappers.contract.errors import ModelOverloaded

SMALL_BYTES = 2**20  # bodies up to this size never wait for large ones
RETRY_AFTER_S = 5.0


class Admission:
    """Refuse large bodies while others fill the room there is; each keeps its room until it is answered."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        """Wrap an application.

        Args:
            app: The application.
            max_bytes: Room for large bodies, in bytes; a body larger than that finds room alone.
        """
        self._app = app
        self._max_bytes = max_bytes
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        held = int(announced[:15]) if announced.isascii() and announced.isdecimal() else 0
        counted = bool(held)
        if self._is_full(held):
            await refuse(self._overloaded(), scope, receive, send)
            return
        self._held += held
        started = False

        async def counting() -> Message:
            nonlocal held
            message = await receive()
            if not counted:
                size = len(message.get("body", b""))
                if self._is_full(size, held):
                    raise self._overloaded(held)
                self._held += size
                held += size
            return message

        async def tracked(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, counting, tracked)
        except ModelOverloaded as exc:
            if started:
                raise
            await refuse(exc, scope, receive, send)
        finally:
            self._held -= held

    def _is_full(self, size: int, before: int = 0) -> bool:
        others = self._held - before
        return before + size > SMALL_BYTES and others > 0 and self._held + size > self._max_bytes

    def _overloaded(self, own: int = 0) -> ModelOverloaded:
        return ModelOverloaded(
            f"The server is receiving {self._held - own:,} bytes of other requests and takes no more; try again later.",
            retry_after_s=RETRY_AFTER_S,
        )
