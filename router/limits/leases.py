"""Leases: what tenants hold at a time, which ends by itself if the process that holds it dies."""

import secrets
from collections import Counter
from typing import Any, Protocol, cast

from redis.asyncio import Redis

from router.limits.connections import connections

LEASE_S = 25.0  # after which what a silent process holds is free
RENEW_S = 8.0

# Takes one of the places unless all are taken, by Redis' clock. Returns whether it did, and how many are taken.
TAKE = """
local now = redis.call('TIME'); now = now[1] + now[2] / 1e6
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local taken = redis.call('ZCARD', KEYS[1])
if taken >= tonumber(ARGV[2]) then return {0, taken} end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[3]) * 2)
return {1, taken + 1}
"""
RENEW = """
local now = redis.call('TIME'); now = now[1] + now[2] / 1e6
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[1]) * 2)
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], ARGV[i]) end
"""


class Leases(Protocol):
    """Places of tenants, by name."""

    async def take(self, tenant: str, name: str, most: int) -> tuple[str | None, int]:
        """Take one of `most` places; return the lease, None if all are taken, and how many are taken now."""
        ...

    async def give_back(self, tenant: str, name: str, lease: str) -> None:
        """End a lease."""
        ...

    async def renew(self) -> None:
        """Keep all leases of this process; call it every `RENEW_S`."""
        ...


class LocalLeases:
    """Places of this process alone, which end with it."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._taken: Counter[tuple[str, str]] = Counter()

    async def take(self, tenant: str, name: str, most: int) -> tuple[str | None, int]:
        """Take a place; see `Leases`."""
        taken = self._taken[tenant, name]
        if taken >= most:
            return None, taken
        self._taken[tenant, name] += 1
        return secrets.token_hex(8), taken + 1

    async def give_back(self, tenant: str, name: str, lease: str) -> None:
        """End a lease; see `Leases`."""
        self._taken[tenant, name] -= 1
        self._taken += Counter()  # forgets who holds nothing

    async def renew(self) -> None:
        """Do nothing."""


class SharedLeases:
    """Places that all processes share, in Redis."""

    def __init__(self, url: str, lease_s: float = LEASE_S) -> None:
        """Keep them in the Redis of an URL."""
        self._redis = Redis(connection_pool=connections(url))
        self._lease_s = lease_s
        self._held: dict[str, set[str]] = {}

    async def take(self, tenant: str, name: str, most: int) -> tuple[str | None, int]:
        """Take a place; see `Leases`."""
        key, lease = _key(tenant, name), secrets.token_hex(16)
        taken, count = await self._run(TAKE, key, lease, most, self._lease_s)
        if not taken:
            return None, count
        self._held.setdefault(key, set()).add(lease)
        return lease, count

    async def give_back(self, tenant: str, name: str, lease: str) -> None:
        """End a lease; see `Leases`."""
        key = _key(tenant, name)
        held = self._held.get(key, set())
        held.discard(lease)
        if not held:
            self._held.pop(key, None)
        await cast(Any, self._redis.zrem(key, lease))

    async def renew(self) -> None:
        """Keep all leases of this process; see `Leases`."""
        for key, held in list(self._held.items()):
            await self._run(RENEW, key, self._lease_s, *held)

    async def _run(self, script: str, key: str, *arguments: str | float) -> Any:
        return await cast(Any, self._redis.eval(script, 1, key, *arguments))


def _key(tenant: str, name: str) -> str:
    return f"audiogpt:leases:{name}:{tenant}"
