"""The trace a request belongs to: its caller's, told as `traceparent`, or a new one where the system is traced."""

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.edge.access import permission_for
from router.scope import Scope as WorkScope
from router.telemetry import tracing
from router.telemetry.logs import about


class Traces:
    """Note the caller's trace, and run each request that is worth it as a span."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application, inside of what finds out who asks."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        state = scope["state"]
        given = Headers(scope=scope).get(tracing.HEADER, "").strip()
        state["traceparent"] = given if tracing.TRACEPARENT.fullmatch(given) else None
        if permission_for(scope["path"]) in (None, "metrics"):  # probes and files of pages
            await self._app(scope, receive, send)
            return
        whose = WorkScope(state["principal"], 0.0, state["request_id"], traceparent=state["traceparent"])
        method = scope.get("method", "WEBSOCKET")
        attributes = {"http.request.method": method, "tenant": whose.tenant, "request_id": whose.request_id}
        with tracing.span(method, state["traceparent"], kind=SpanKind.SERVER, **attributes) as span:
            state["traceparent"] = tracing.traceparent() or state["traceparent"]

            async def watched(message: Message) -> None:
                if span is not None and message["type"] == "http.response.start":
                    route = getattr(scope.get("route"), "path", "none")
                    span.update_name(f"{method} {route}")
                    span.set_attributes({"http.route": route, "http.response.status_code": message["status"]})
                await send(message)

            with about(whose):
                await self._app(scope, receive, send if span is None else watched)
