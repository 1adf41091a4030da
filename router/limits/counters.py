"""Counts of what tenants used within a minute or a day, in this process or, for several of them, in Redis."""

import math
import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter

from router.limits.connections import connections

MEMORY = "memory://"


@dataclass(frozen=True)
class Count:
    """How much of a limit is used; `reset_s` are the seconds until all of it is there again."""

    limit: int
    remaining: int
    reset_s: float


class Counters:
    """Counts of tenants, by name and window."""

    def __init__(self, url: str) -> None:
        """Count in this process, or in Redis.

        Args:
            url: `memory://`, or `redis://host:port/database`.
        """
        self._storage = MemoryStorage() if url == MEMORY else _redis(url)
        self._sliding = SlidingWindowCounterRateLimiter(self._storage)
        self._fixed = FixedWindowRateLimiter(self._storage)

    async def hit(self, tenant: str, name: str, per_minute: int) -> tuple[bool, Count]:
        """Count one thing unless there were as many within the last minute; tell whether it was, and what is left."""
        item = RateLimitItemPerMinute(per_minute)
        counted = await self._sliding.hit(item, tenant, name)
        stats = await self._sliding.get_window_stats(item, tenant, name)
        return counted, Count(per_minute, max(0, stats.remaining), max(0.0, stats.reset_time - time.time()))

    async def add(self, tenant: str, name: str, limit: int, amount: int) -> tuple[bool, Count]:
        """Count an amount unless it exceeds what a minute or a day may hold; these begin with their first amount.

        Args:
            tenant: Whose it is.
            name: Of the limit; it ends with `per_min` or `per_day`.
            limit: The most.
            amount: To be counted; any amount is while nothing else was.
        """
        item = _item(name, limit)
        key = item.key_for(tenant, name)
        total = await self._storage.incr(key, item.get_expiry(), amount=amount)
        counted = total <= limit or total == amount
        if not counted:
            await self._storage.incr(key, item.get_expiry(), amount=-amount)
        stats = await self._fixed.get_window_stats(item, tenant, name)
        return counted, Count(limit, max(0, stats.remaining), max(0.0, stats.reset_time - time.time()))

    async def correct(self, tenant: str, name: str, limit: int, by: int) -> None:
        """Count more, or less, of what was counted before."""
        item = _item(name, limit)
        key = item.key_for(tenant, name)
        if by > 0 or (by < 0 and await self._storage.get(key) >= -by):  # not if its window has passed meanwhile
            await self._storage.incr(key, item.get_expiry(), amount=by)


def whole(amount: float) -> int:
    """Return an amount as it is counted."""
    return math.ceil(amount)


def _item(name: str, limit: int) -> RateLimitItem:
    return RateLimitItemPerMinute(limit) if name.endswith("per_min") else RateLimitItemPerDay(limit)


def _redis(url: str) -> RedisStorage:
    pool: Any = connections(url)  # options are annotated as if all were plain
    return RedisStorage(url, implementation="redispy", connection_pool=pool)
