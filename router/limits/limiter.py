"""The limits of tenants, where they are asked for: before a request is read, and before a model is called."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Self

from redis.exceptions import RedisError

from model_wrappers.contract.errors import InvalidInput, LimitExceeded, StorageUnavailable
from router.limits.counters import MEMORY, Count, Counters, whole
from router.limits.leases import RENEW_S, Leases, LocalLeases, SharedLeases
from router.principal import Principal
from router.settings import Settings
from router.telemetry import metrics
from router.telemetry.tenants import class_of
from router.usage.calls import CallUsage

logger = logging.getLogger(__name__)

AMOUNTS = {  # limit -> what of a `Spending` it counts
    "audio_s_per_min": "audio_s",
    "audio_s_per_day": "audio_s",
    "characters_per_day": "characters",
    "llm_tokens_per_day": "llm_tokens",
}
WORDS = {
    "requests_per_min": "requests a minute",
    "audio_s_per_min": "seconds of audio a minute",
    "audio_s_per_day": "seconds of audio a day",
    "characters_per_day": "characters a day",
    "llm_tokens_per_day": "tokens of the language model a day",
    "concurrent_calls": "requests at a time",
    "sockets": "spoken conversations at a time",
}
HELD_AGAIN_S = 1.0  # after which a place may be free


@dataclass
class Spending:
    """Amounts that work costs: what is expected, then what it was."""

    audio_s: float = 0.0
    characters: int = 0
    llm_tokens: int = 0

    def is_of(self, call: CallUsage) -> None:
        """Take over what a call came to so far."""
        self.audio_s, self.characters = call.audio_in_s + call.audio_out_s, call.characters


@dataclass(frozen=True)
class Held:
    """A place that is held, and how many of how many are."""

    taken: int
    most: int


class Limiter:
    """Counts what tenants use and refuses what exceeds their limits; one that has none costs nothing."""

    def __init__(self, counters: Counters, leases: Leases) -> None:
        """Count with `counters`, and hold places by `leases`."""
        self._counters = counters
        self._leases = leases

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Count where the settings say."""
        url = settings.limits_url.get_secret_value()
        return cls(Counters(url), LocalLeases() if url == MEMORY else SharedLeases(url))

    @classmethod
    def local(cls) -> Self:
        """Count in this process."""
        return cls(Counters(MEMORY), LocalLeases())

    async def request(self, principal: Principal) -> Count | None:
        """Count a request, and return what is left of them; None if they are not limited.

        Raises:
            LimitExceeded: If there were too many.
            StorageUnavailable: If they cannot be counted.
        """
        limit = principal.limits.requests_per_min
        if limit is None:
            return None
        with _reachable():
            counted, count = await self._counters.hit(principal.tenant, "requests_per_min", limit)
        if not counted:
            raise _exceeded(principal, "requests_per_min", count)
        return count

    @asynccontextmanager
    async def spending(self, principal: Principal, expected: Callable[[], Spending]) -> AsyncIterator[Spending]:
        """Count amounts that work is expected to cost; the block sets what it really was, and nothing if it failed.

        Args:
            principal: Who asks.
            expected: Returns them; called only where there are limits.

        Raises:
            LimitExceeded: If one of the limits does not allow it.
            StorageUnavailable: If they cannot be counted.
        """
        limits = {name: limit for name in AMOUNTS if (limit := getattr(principal.limits, name)) is not None}
        spent = Spending()
        if not limits:
            yield spent
            return
        reserved = await self._reserve(principal, limits, expected())
        try:
            yield spent
        finally:
            with _reachable():
                for name, amount in reserved.items():
                    by = whole(getattr(spent, AMOUNTS[name])) - amount
                    await self._counters.correct(principal.tenant, name, limits[name], by)

    @asynccontextmanager
    async def holding(self, principal: Principal, name: str) -> AsyncIterator[Held | None]:
        """Hold one of the places that a tenant has, such as those for `sockets`; None if they are not limited.

        Raises:
            LimitExceeded: If all are taken.
            StorageUnavailable: If that cannot be told.
        """
        most = getattr(principal.limits, name)
        if most is None:
            yield None
            return
        with _reachable():
            lease, taken = await self._leases.take(principal.tenant, name, most)
        if lease is None:
            raise _exceeded(principal, name, Count(most, 0, HELD_AGAIN_S))
        try:
            yield Held(taken, most)
        finally:
            try:
                await self._leases.give_back(principal.tenant, name, lease)
            except RedisError as exc:  # it ends by itself
                logger.warning("A lease could not be given back: %s", exc)

    async def renew_regularly(self) -> None:
        """Keep the places that this process holds, until cancelled."""
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                await self._leases.renew()
            except RedisError as exc:
                logger.warning("Leases could not be renewed: %s", exc)

    async def _reserve(self, principal: Principal, limits: dict[str, int], expected: Spending) -> dict[str, int]:
        reserved: dict[str, int] = {}
        with _reachable():
            for name, limit in limits.items():
                amount = whole(getattr(expected, AMOUNTS[name]))
                if not amount:
                    reserved[name] = 0
                    continue
                counted, count = await self._counters.add(principal.tenant, name, limit, amount)
                if not counted:
                    for other, much in reserved.items():
                        await self._counters.correct(principal.tenant, other, limits[other], -much)
                    raise _exceeded(principal, name, count)
                reserved[name] = amount
        return reserved


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except RedisError as exc:
        logger.error("Limits cannot be counted: %s", exc)
        raise StorageUnavailable("The store that counts limits cannot be reached; try again later.") from exc


def _exceeded(principal: Principal, name: str, count: Count) -> LimitExceeded:
    metrics.LIMITS_REFUSED.add(limit=name, tenant_class=class_of(principal.tenant))
    return LimitExceeded(
        f"The tenant '{principal.tenant}' may have {count.limit:,} {WORDS[name]}, and {count.remaining:,} are left. "
        "Try again later, or ask for less.",
        param=name,
        retry_after_s=max(1.0, count.reset_s),
    )


def check_counting(settings: Settings, processes: int) -> None:
    """Raise if several processes would each count for themselves.

    Raises:
        InvalidInput: If so.
    """
    if processes > 1 and settings.limits_url.get_secret_value() == MEMORY:
        raise InvalidInput(
            f"There may be {processes} replicas of ingresses and runners, and each would count the limits of tenants "
            "for itself: set AUDIOGPT_LIMITS_URL to a Redis that all reach, redis://host:port/database, or have one "
            "ingress that executes the runs, too.",
            param="AUDIOGPT_LIMITS_URL",
        )
