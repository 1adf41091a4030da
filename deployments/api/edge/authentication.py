"""Who asks: the principal of every request, found before anything of it is read."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.api.edge.access import permission_for
from deployments.api.edge.refusals import POLICY_VIOLATION, refuse
from model_wrappers.contract.errors import Forbidden, ModelError, RequestError, StorageUnavailable, Unauthenticated
from router.principal import Principal
from router.tenants.door import Door

ANYBODY = Principal("default")  # where no key is asked for
BEARER = "bearer "
SUBPROTOCOL = "openai-insecure-api-key."  # in which browsers, that cannot send headers, offer a key for a WebSocket
LOOK_AGAIN_S = 15.0  # how soon a stream or a socket notices that its key was revoked, the door's memory apart


class Authentication:
    """Find the principal of each request, and refuse those who may not do what they ask for."""

    def __init__(self, app: ASGIApp, door: Door | None) -> None:
        """Wrap an application.

        Args:
            app: The application; it finds the principal in `state`.
            door: Knows the keys; None if none is asked for.
        """
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        needed = permission_for(scope["path"])
        if self._door is None or needed is None:
            state["principal"] = ANYBODY
            await self._app(scope, receive, send)
            return
        key = _key(HTTPConnection(scope))
        try:
            principal = await self._door.admit(key)
            if not principal.may(needed):
                raise Forbidden(f"The key '{principal.key}' does not permit '{needed}'.")
        except (RequestError, ModelError) as exc:
            if isinstance(exc, Unauthenticated):
                self._door.refused(key, _address(scope))
            await refuse(exc, scope, receive, send)
            return
        state["principal"] = principal
        if not await self._while_it_works(key, self._door, self._run(scope, receive, send)):
            await _end(scope, send)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _while_it_works(self, key: str | None, door: Door, work: Coroutine[Any, Any, None]) -> bool:
        """Run a request; end it, and return False, if its key is revoked meanwhile."""
        task = asyncio.create_task(work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=LOOK_AGAIN_S)
                if not task.done() and not await _is_admitted(key, door):
                    return False
            task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        return True


async def _is_admitted(key: str | None, door: Door) -> bool:
    try:
        await door.admit(key)
    except Unauthenticated:
        return False
    except StorageUnavailable:
        pass  # what was admitted goes on while nobody can be asked
    return True


async def _end(scope: Scope, send: Send) -> None:
    """Close a socket; an answer that has begun just ends, which its client takes for a broken connection."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "The key was revoked."})


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("an unknown address",))[0])


def _key(connection: HTTPConnection) -> str | None:
    """Return the key a request shows, in its header or, of a WebSocket, as OpenAI's browser clients do."""
    header = connection.headers.get("authorization", "")
    if header.lower().startswith(BEARER):
        return header[len(BEARER) :].strip()
    offered = connection.scope.get("subprotocols") or ()
    return next((name.removeprefix(SUBPROTOCOL) for name in offered if name.startswith(SUBPROTOCOL)), None)
