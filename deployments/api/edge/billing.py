"""What a request came to, told in a header of its answer, whatever the form of its body."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from router.usage.calls import billed

HEADER = "x-usage"


class Billing:
    """Tell of every answer that is whole when it begins what the calls to models made for it came to, as JSON.

    Of one that is sent while it is made nothing is told here: it is known only at its end.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with billed() as bill:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start" and (total := bill.total).calls:
                    headers = MutableHeaders(scope=message)
                    if "content-length" in headers:
                        headers[HEADER] = total.model_dump_json()
                await send(message)

            await self._app(scope, receive, told)
