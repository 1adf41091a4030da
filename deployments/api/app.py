"""The FastAPI application."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from deployments.api import document, errors, health, mcp, metrics, status, webui
from deployments.api.edge.admission import Admission
from deployments.api.edge.authentication import Authentication
from deployments.api.edge.billing import Billing
from deployments.api.edge.bodies import Bodies
from deployments.api.edge.idempotency import Idempotency
from deployments.api.edge.limiting import Limiting
from deployments.api.edge.origins import Origins
from deployments.api.edge.request_ids import RequestIds
from deployments.api.edge.traces import Traces
from deployments.api.native import (
    admin,
    artifacts,
    bounds,
    chat,
    data,
    downloads,
    keys,
    links,
    runs,
    sessions,
    tasks,
    usage,
    webhooks,
)
from deployments.api.openai import routes as openai
from deployments.api.realtime import routes as realtime
from deployments.api.services import Services

DESCRIPTION = """Ask in words or speech; a planner turns the request into a plan of audio tasks, the plan runs over the
models in service, and the answer comes back as text, audio, pictures and video."""
EXPOSED_HEADERS = (  # to pages from elsewhere
    "Content-Range",
    "Current-Concurrent-Requests",
    "ETag",
    "Maximum-Concurrent-Requests",
    "Retry-After",
    "X-RateLimit-Limit-Requests",
    "X-RateLimit-Remaining-Requests",
    "X-RateLimit-Reset-Requests",
    "X-Request-Id",
    "X-Run-Id",
    "X-Session-Id",
    "X-Usage",
)


def create_app(services: Services, *, ids_answered_outside: bool = False) -> FastAPI:
    """Build the application over its services.

    Args:
        services: The parts behind the routes.
        ids_answered_outside: Whether the server in front gives request ids and returns them, as Ray Serve does.
    """
    app = FastAPI(
        title="AudioGPT Serve",
        version="0.1.0",
        description=DESCRIPTION,
        responses=errors.ERROR_RESPONSES,
        docs_url=None,  # its scripts would come from elsewhere; `webui` serves the page
        redoc_url=None,
    )
    app.state.services = services
    errors.install(app)
    settings = services.settings
    app.add_middleware(Billing)
    app.add_middleware(Idempotency, answers=services.answers)
    app.add_middleware(Bodies, max_file_bytes=settings.max_upload_bytes)
    app.add_middleware(Admission, max_bytes=settings.max_bytes_at_once)
    app.add_middleware(Limiting, limiter=services.limiter, places=settings.max_requests_at_once)
    app.add_middleware(Traces)
    app.add_middleware(Authentication, door=services.door)
    app.add_middleware(
        Origins, hosts=settings.allowed_hosts, origins=settings.allowed_origins, guarded=(mcp.PATH, "/v1/realtime")
    )
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED_HEADERS,
        )
    app.add_middleware(RequestIds, answered_outside=ids_answered_outside)
    app.add_middleware(metrics.HttpMetrics)
    # Routes are tried one after another: those with most requests come first.
    native = (
        tasks,
        chat,
        runs,
        artifacts,
        downloads,
        sessions,
        links,
        usage,
        keys,
        data,
        webhooks,
        admin,
        bounds,
    )
    for module in (openai, realtime, *native, health, metrics, status, webui):
        app.include_router(module.router)
    mcp.install(app, services)
    document.install(app)
    return app
