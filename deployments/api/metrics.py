"""`/metrics`: the figures of the whole system in Prometheus' format, whichever replica answers."""

import time

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.services import ServicesOf
from router.telemetry.metrics import HTTP_REQUESTS, HTTP_SECONDS
from router.telemetry.tenants import class_of

router = APIRouter(tags=["health"])

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
NOBODY = "none"  # class of those who were turned away before they were known


class HttpMetrics:
    """ASGI layer that counts and times requests by method, route and status."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 499  # the caller left before an answer began
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            # Neither path nor method as they came: those have no bound.
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in METHODS else "other"
            principal = scope.get("state", {}).get("principal")
            whose = class_of(principal.tenant) if principal is not None else NOBODY
            HTTP_REQUESTS.add(method=method, route=route, status=str(status), tenant_class=whose)
            HTTP_SECONDS.observe(time.perf_counter() - began, method=method, route=route)


@router.get("/metrics", response_class=Response)
async def metrics(services: ServicesOf) -> Response:
    """Return the metrics of all processes on all nodes."""
    await services.gauges.sample()
    return Response(await services.figures.text(), media_type=CONTENT_TYPE_LATEST)
