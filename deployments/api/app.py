"""The FastAPI application."""

from fastapi import FastAPI

from deployments.api import errors, health, mcp, metrics, webui
from deployments.api.limits import BodyLimit, RequestIds
from deployments.api.native import artifacts, bounds, chat, downloads, links, runs, sessions, tasks
from deployments.api.openai import routes as openai
from deployments.api.realtime import routes as realtime
from deployments.api.services import Services

DESCRIPTION = """Ask in words or speech; a planner turns the request into a plan of audio tasks, the plan runs over the
models in service, and the answer comes back as text, audio, pictures and video."""


def create_app(services: Services) -> FastAPI:
    """Build the application over its services."""
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
    app.add_middleware(BodyLimit, max_bytes=services.settings.max_upload_bytes)
    app.add_middleware(RequestIds)
    services.registry.register(metrics.CatalogCollector(services.catalog, services.executor.lines))
    app.add_middleware(metrics.HttpMetrics, registry=services.registry)
    # Routes are tried one after another: those with most requests come first.
    native = (tasks, chat, runs, artifacts, downloads, sessions, links, bounds)
    for module in (openai, realtime, *native, health, metrics, webui):
        app.include_router(module.router)
    mcp.install(app, services)
    return app
