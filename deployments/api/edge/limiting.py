"""Limits at the edge: how often and how much at a time a tenant asks, and its share of the places there are."""

from collections import Counter
from contextlib import AsyncExitStack

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.edge.access import is_work, permission_for
from deployments.api.edge.refusals import refuse
from model_wrappers.contract.errors import AudioGPTError, ModelOverloaded
from router.limits.counters import Count
from router.limits.limiter import Held, Limiter
from router.principal import Principal

OWN_SHARE = 0.75  # of the places, for one of several tenants
RETRY_AFTER_S = 2.0


class Limiting:
    """Refuse requests past a tenant's limits before anything of them is read, and tell in headers what is left."""

    def __init__(self, app: ASGIApp, limiter: Limiter, places: int) -> None:
        """Wrap an application; the principal of its requests must be known.

        Args:
            app: The application.
            limiter: Counts what tenants with limits use.
            places: Most requests and sockets at a time.
        """
        self._app = app
        self._limiter = limiter
        self._places = places
        self._held: Counter[str] = Counter()  # requests, by tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] not in ("http", "websocket") or permission_for(scope["path"]) is None:
            await self._app(scope, receive, send)
            return
        principal: Principal = scope["state"]["principal"]
        headers: dict[str, str] = {}

        async def told(message: Message) -> None:
            if headers and message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        async with AsyncExitStack() as held:
            try:
                await self._enter(scope, principal, headers, held)
            except AudioGPTError as exc:
                await refuse(exc, scope, receive, told)
                return
            await self._app(scope, receive, told)

    async def _enter(self, scope: Scope, principal: Principal, headers: dict[str, str], held: AsyncExitStack) -> None:
        self._check_places(principal)
        self._held[principal.tenant] += 1
        held.callback(self._leave, principal.tenant)
        if scope["type"] == "websocket":
            await held.enter_async_context(self._limiter.holding(principal, "sockets"))
            return
        limit = principal.limits.requests_per_min
        if limit is not None:
            headers |= _requests(Count(limit, 0, 60.0))  # what a refusal tells
        if (count := await self._limiter.request(principal)) is not None:
            headers |= _requests(count)
        if is_work(scope["method"], scope["path"]):
            if (most := principal.limits.concurrent_calls) is not None:
                headers |= _concurrency(Held(most, most))
            place = await held.enter_async_context(self._limiter.holding(principal, "concurrent_calls"))
            headers |= {} if place is None else _concurrency(place)

    def _check_places(self, principal: Principal) -> None:
        """Raise if there is no place, or the tenant, where there are several, has its share."""
        own = self._held[principal.tenant] if principal.key is not None else 0
        if self._held.total() >= self._places or own >= OWN_SHARE * self._places:
            raise ModelOverloaded(
                f"{self._held.total()} requests are being answered and no more are taken now; try again later.",
                retry_after_s=RETRY_AFTER_S,
            )

    def _leave(self, tenant: str) -> None:
        self._held[tenant] -= 1
        if not self._held[tenant]:
            del self._held[tenant]


def _requests(count: Count) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": str(count.limit),
        "x-ratelimit-remaining-requests": str(count.remaining),
        "x-ratelimit-reset-requests": f"{count.reset_s:.0f}s",
    }


def _concurrency(place: Held) -> dict[str, str]:
    return {
        "current-concurrent-requests": str(place.taken),
        "maximum-concurrent-requests": str(place.most),
    }
