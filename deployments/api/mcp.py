"""`/mcp`: the MCP server over streamable HTTP, on the services of this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from audiogpt_mcp.backend import OnEvent
from deployments.api.native.uploads import heard, store_bytes
from deployments.api.services import Services
from llm_planner.plans.plan import Plan
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.tasks import TASKS
from router.events import Replied
from router.scope import Scope
from router.turn.conversation import Message, Upload

PATH = "/mcp"

_scope: ContextVar[Scope] = ContextVar("scope")  # of the HTTP request that a tool is called by


class ServicesBackend:
    """The services of this process as the MCP tools need them."""

    def __init__(self, services: Services) -> None:
        """Use `services`."""
        self._services = services

    async def live_tasks(self) -> Sequence[str]:
        """Return the ids of the tasks that can be used now."""
        catalog = self._services.catalog()
        return [task for task in TASKS if catalog.for_task(task)]

    async def store(self, data: bytes, file_name: str) -> ArtifactRef:
        """Store a file."""
        return await store_bytes(data, file_name, self._services, _scope.get())

    async def find(self, artifact_id: str) -> ArtifactRef:
        """Return a stored artifact by id."""
        return await asyncio.to_thread(self._services.artifacts.resolve, artifact_id, _scope.get().tenant)

    async def read(self, ref: ArtifactRef) -> bytes:
        """Return the bytes of an artifact."""
        return await asyncio.to_thread(self._services.artifacts.read, ref)

    async def respond(
        self,
        text: str | None,
        plan: Plan | None,
        attachments: Sequence[ArtifactRef],
        session_id: str | None,
        on_event: OnEvent,
    ) -> Replied:
        """Answer a request in words, or run a plan."""
        scope = _scope.get()
        message = Message(
            scope,
            text=text,
            plan=plan,
            uploads=tuple([Upload(await heard(ref, self._services, scope)) for ref in attachments]),
            session_id=session_id,
        )
        return await self._services.conversation.respond(message, on_event)


class _Scoped:
    """Gives each HTTP request its scope, for the tools called by it."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        token = _scope.set(self._services.scope(HTTPConnection(scope)))
        try:
            await self._app(scope, receive, send)
        finally:
            _scope.reset(token)


def install(app: FastAPI, services: Services) -> None:
    """Serve MCP at `/mcp`; sessions are kept nowhere, so that any replica may answer any request."""
    from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager

    from audiogpt_mcp.server import build_server

    manager = StreamableHTTPSessionManager(
        build_server(ServicesBackend(services)),
        stateless=True,
        max_request_body_size=services.settings.max_upload_bytes,
    )
    app.router.routes.append(Route(PATH, endpoint=_Scoped(StreamableHTTPASGIApp(manager), services)))
    app.router.lifespan_context = _during(manager.run)


def _during(
    run: Callable[[], AbstractAsyncContextManager[None]],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with run():
            yield

    return lifespan
