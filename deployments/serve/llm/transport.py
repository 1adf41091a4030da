"""The planner's way to the cluster's LLM: HTTP requests of its client, carried over a Serve handle."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import httpx2
from ray import serve
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from deployments.serve.discovery import fetch_details, running_replicas
from deployments.serve.handles import call_handle, items_of
from deployments.serve.llm.answers import JSON, AnswerHead
from deployments.serve.llm.arguments import SERVED_AS
from model_wrappers.contract.errors import AudioGPTError, ModelOverloaded

ADDRESS = "http://llm.cluster/v1"  # any will do: nothing is looked up
WHO = "The cluster's LLM"
SEEN_S = 5.0  # for which it is believed to be there, or not
WAKING_S = 1_800.0  # to load it, with a node that has to be started first
NEVER_S = 86_400  # to retry after: whoever asks has no time for that, and goes on without

Fetch = Callable[[], Awaitable[Mapping[str, Any]]]


class HandleTransport(httpx2.AsyncBaseTransport):
    """Carries requests to the LLM's deployment; while it has no replica they are refused at once, and one is woken."""

    def __init__(self, application: str, fetch: Fetch = fetch_details, handle: DeploymentHandle[Any] | None = None):
        """Connect lazily.

        Args:
            application: Name of the LLM's application.
            fetch: Returns Serve's instance details.
            handle: Of the LLM's deployment; the application's unless given.
        """
        self._application = application
        self._fetch = fetch
        self._handle = handle
        self._complete: DeploymentHandle[Any] | None = None
        self._is_there = False
        self._look_again = 0.0  # of time.monotonic()
        self._waking: asyncio.Task[None] | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        body = await request.aread()
        try:
            if not await self._there():
                self._wake()
                return _refusal(503, f"{WHO} has no replica yet; one is being started.", NEVER_S)
            return await _response(items_of(self._method(), body, _deadline(request), WHO), request)
        except ModelOverloaded as exc:
            return _refusal(429, exc.message, exc.retry_after_s)
        except (AudioGPTError, RayError, RayServeException, TimeoutError) as exc:
            raise httpx2.ConnectError(str(exc), request=request) from exc

    async def aclose(self) -> None:
        """Wait for no replica any more."""
        if self._waking is not None:
            self._waking.cancel()

    async def _there(self) -> bool:
        if time.monotonic() >= self._look_again:
            application = (await self._fetch())["applications"].get(self._application)
            self._is_there = application is not None and running_replicas(SERVED_AS, application) > 0
            self._look_again = time.monotonic() + SEEN_S
        return self._is_there

    def _wake(self) -> None:
        """Let a call wait for a replica, which makes Serve start one that has none."""
        if self._waking is None or self._waking.done():
            self._waking = asyncio.create_task(self._wait_for_a_replica())

    async def _wait_for_a_replica(self) -> None:
        with contextlib.suppress(AudioGPTError, RayError, RayServeException):  # said by the request itself
            await call_handle(self._deployment().check, WHO, WAKING_S)
            self._look_again = 0.0

    def _method(self) -> DeploymentHandle[Any]:
        """Return the handle of the method that answers, made on its first call."""
        if self._complete is None:
            self._complete = self._deployment().options(stream=True).complete
        return self._complete

    def _deployment(self) -> DeploymentHandle[Any]:
        if self._handle is None:
            self._handle = serve.get_deployment_handle(SERVED_AS, self._application)
        return self._handle


async def _response(items: AsyncGenerator[Any, None], request: httpx2.Request) -> httpx2.Response:
    """Wait for an answer's head and return it with what follows."""
    head = await anext(items, None)
    if not isinstance(head, AnswerHead):
        raise httpx2.RemoteProtocolError(f"{WHO} ended without an answer.", request=request)
    headers = {"content-type": head.content_type}
    return httpx2.Response(head.status, headers=headers, stream=_Rest(items, request), request=request)


class _Rest(httpx2.AsyncByteStream):
    """The bytes of an answer after its head; closing it ends the work on it."""

    def __init__(self, items: AsyncGenerator[Any, None], request: httpx2.Request) -> None:
        self._items = items
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async with aclosing(self._items) as items:
                async for item in items:
                    yield item
        except AudioGPTError as exc:
            raise httpx2.ReadError(exc.message, request=self._request) from exc

    async def aclose(self) -> None:
        await self._items.aclose()


def _refusal(status: int, message: str, retry_after_s: float | None) -> httpx2.Response:
    headers = {"content-type": JSON} | ({} if retry_after_s is None else {"retry-after": f"{retry_after_s:g}"})
    return httpx2.Response(status, headers=headers, json={"error": {"message": message}})


def _deadline(request: httpx2.Request) -> float:
    """Return when the client stops waiting, in seconds of `time.time()`."""
    allowed_s = (request.extensions.get("timeout") or {}).get("read")
    return time.time() + (WAKING_S if allowed_s is None else allowed_s)
