"""Who asks: the principal of every request, found before anything of it is read."""

import asyncio
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.api.edge.access import BROWSED, permission_for
from deployments.api.edge.refusals import POLICY_VIOLATION, refuse
from model_wrappers.contract.errors import (
    Forbidden,
    ModelError,
    NotFound,
    RequestError,
    StorageUnavailable,
    Unauthenticated,
)
from router.artifacts.store import no_artifact
from router.principal import Principal
from router.tenants.door import Door

ANYBODY = Principal("default")  # where no key is asked for
BEARER, BASIC = "bearer ", "basic "
FILE = re.compile(r"/v1/artifacts/([^/]+)(?:/(?:picture|audio))?")
SUBPROTOCOL = "openai-insecure-api-key."  # in which browsers, that cannot send headers, offer a key for a WebSocket
Admit = Callable[[], Awaitable[Principal]]

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
        admit = _shown(HTTPConnection(scope), self._door)
        try:
            principal = await admit()
            if not principal.may(needed):
                raise Forbidden(f"The key '{principal.key}' does not permit '{needed}'.")
        except (RequestError, ModelError) as exc:
            if isinstance(exc, Unauthenticated):
                self._door.refused(_key(HTTPConnection(scope)), _address(scope))
            await refuse(exc, scope, receive, send)
            return
        state["principal"] = principal
        if not await self._while_it_works(admit, self._run(scope, receive, send)):
            await _end(scope, send)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _while_it_works(self, admit: Admit, work: Coroutine[Any, Any, None]) -> bool:
        """Run a request; end it, and return False, if its key is revoked meanwhile."""
        task = asyncio.create_task(work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=LOOK_AGAIN_S)
                if not task.done() and not await _is_admitted(admit):
                    return False
            task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        return True


async def _is_admitted(admit: Admit) -> bool:
    try:
        await admit()
    except (Unauthenticated, Forbidden, NotFound):
        return False
    except StorageUnavailable:
        pass  # what was admitted goes on while nobody can be asked
    return True


async def _end(scope: Scope, send: Send) -> None:
    """Close a socket; an answer that has begun just ends, which its client takes for a broken connection."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "The key was revoked."})


def _password(encoded: str) -> str | None:
    try:
        name, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return password or name


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("an unknown address",))[0])


def _shown(connection: HTTPConnection, door: Door) -> Admit:
    """Return what finds the principal of a request by what it shows, a key or a link to the file it asks for."""
    key, file = _key(connection), FILE.fullmatch(connection.scope["path"])
    link = connection.query_params.get("link")
    if key is not None or link is None or file is None or connection.scope.get("method") not in ("GET", "HEAD"):
        return partial(door.admit, key)

    async def by_link() -> Principal:
        principal = await door.admit_link(link, file[1])
        if principal is None:
            raise no_artifact(file[1])
        return principal

    return by_link


def _key(connection: HTTPConnection) -> str | None:
    """Return the key a request shows: in its header, of a WebSocket also as OpenAI's browser clients do.

    Browsers that open a page show it as a password.
    """
    header = connection.headers.get("authorization", "")
    if connection.scope["path"] in BROWSED and header.lower().startswith(BASIC):
        return _password(header[len(BASIC) :])
    if header.lower().startswith(BEARER):
        return header[len(BEARER) :].strip()
    offered = connection.scope.get("subprotocols") or ()
    return next((name.removeprefix(SUBPROTOCOL) for name in offered if name.startswith(SUBPROTOCOL)), None)
