"""Limits of tenants, counted in this process and in a real Redis."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from model_wrappers.contract.errors import InvalidInput, LimitExceeded, StorageUnavailable
from router.limits.counters import MEMORY, Counters
from router.limits.leases import LEASE_S, LocalLeases, SharedLeases
from router.limits.limiter import Limiter, Spending, check_counting
from router.principal import Principal, TenantLimits
from router.settings import Settings
from router.telemetry import metrics
from router.telemetry.metric import Metric, recording
from router.telemetry.tenants import STANDARD
from tests.router.dispatching import LONG_S
from tests.router.redis_server import redis_server

HOLDER = """
import asyncio, sys
from router.limits.leases import SharedLeases
async def hold():
    leases = SharedLeases(sys.argv[1], lease_s=float(sys.argv[2]))
    for _ in range(2):
        await leases.take("acme", "sockets", 2)
    print("held", flush=True)
    while True:
        await leases.renew()
        await asyncio.sleep(0.1)
asyncio.run(hold())
"""


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    return MEMORY if request.param == "memory" else str(request.getfixturevalue("redis"))


def limiter(url: str) -> Limiter:
    return Limiter(Counters(url), LocalLeases() if url == MEMORY else SharedLeases(url))


def tenant(name: str, **limits: int) -> Principal:
    return Principal(name, "key", limits=TenantLimits(**limits))


async def admitted(limiters: list[Limiter], who: Principal, asked: int) -> int:
    """Return how many of so many requests, sent to the limiters in turn, are let through."""

    async def ask(one: Limiter) -> bool:
        try:
            await one.request(who)
        except LimitExceeded:
            return False
        return True

    return sum(await asyncio.gather(*(ask(limiters[number % len(limiters)]) for number in range(asked))))


async def test_requests_of_a_minute_are_counted_exactly(url: str) -> None:
    one = limiter(url)
    assert await admitted([one], tenant("exact", requests_per_min=60), 150) == 60
    assert await admitted([one], tenant("other", requests_per_min=60), 10) == 10


async def test_two_ingresses_with_redis_admit_what_one_does(redis: str) -> None:
    assert await admitted([limiter(redis), limiter(redis)], tenant("two", requests_per_min=60), 200) == 60


async def test_what_is_left_is_told_and_when_there_is_more(url: str) -> None:
    who, one = tenant("told", requests_per_min=2), limiter(url)
    left = [await one.request(who) for _ in range(2)]
    assert [count.remaining for count in left if count] == [1, 0]
    with pytest.raises(LimitExceeded, match="2 requests a minute, and 0 are left") as caught:
        await one.request(who)
    assert 1 <= (caught.value.retry_after_s or 0) <= 120


async def test_without_limits_nothing_is_counted() -> None:
    one, free = limiter("redis://127.0.0.1:1/0"), Principal("free")  # where nobody listens
    assert await one.request(free) is None
    async with one.spending(free, lambda: pytest.fail("nobody needs to know")) as spent:
        spent.audio_s = 1e9
    async with one.holding(free, "sockets") as held:
        assert held is None


async def test_amounts_are_reserved_and_settled_by_what_work_really_took(url: str) -> None:
    who, one = tenant("spent", audio_s_per_min=100, characters_per_day=1_000), limiter(url)
    async with one.spending(who, lambda: Spending(audio_s=60.0, characters=10)) as spent:
        with pytest.raises(LimitExceeded, match="100 seconds of audio a minute, and 40 are left"):
            async with one.spending(who, lambda: Spending(audio_s=50.0)):
                pytest.fail("it was let through")
        spent.audio_s = 20.5
    async with one.spending(who, lambda: Spending(audio_s=79.0)) as spent:  # 21 of 100 are used
        spent.audio_s = 79.0
    with pytest.raises(LimitExceeded):
        async with one.spending(who, lambda: Spending(audio_s=1.0)):
            pytest.fail("it was let through")


async def test_work_that_fails_or_exceeds_another_limit_costs_nothing(url: str) -> None:
    who, one = tenant("failed", audio_s_per_day=100, characters_per_day=10), limiter(url)
    with pytest.raises(RuntimeError):
        async with one.spending(who, lambda: Spending(audio_s=90.0)):
            raise RuntimeError
    async with one.spending(who, lambda: Spending(characters=9)) as spent:
        spent.characters = 9
    for _ in range(3):
        with pytest.raises(LimitExceeded, match="characters a day"):
            async with one.spending(who, lambda: Spending(audio_s=90.0, characters=2)):
                pytest.fail("it was let through")
    async with one.spending(who, lambda: Spending(audio_s=100.0)):
        pass


async def test_places_are_held_and_given_back(url: str) -> None:
    who, one = tenant("held", concurrent_calls=2), limiter(url)
    async with AsyncExitStack() as stack:
        taken = [await stack.enter_async_context(one.holding(who, "concurrent_calls")) for _ in range(2)]
        assert [held.taken for held in taken if held] == [1, 2]
        with pytest.raises(LimitExceeded, match="2 requests at a time"):
            async with one.holding(who, "concurrent_calls"):
                pytest.fail("it was let through")
    async with one.holding(who, "concurrent_calls") as held:
        assert held is not None
        assert (held.taken, held.most) == (1, 2)


async def test_a_killed_process_frees_what_it_held(redis: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDER, redis, "10"]
    holder = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, env=environment)
    try:
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"held\n"
        leases = SharedLeases(redis, lease_s=LONG_S)
        assert await leases.take("acme", "sockets", 2) == (None, 2)
    finally:
        holder.kill()
        await holder.wait()
    async with asyncio.timeout(LONG_S):
        while (await leases.take("acme", "sockets", 2))[0] is None:  # noqa: ASYNC110 - nobody tells that one ended
            await asyncio.sleep(0.1)
    assert LEASE_S < 30


async def test_a_lease_lasts_as_long_as_it_is_renewed(redis: str) -> None:
    keeping, asking = SharedLeases(redis, lease_s=LONG_S), SharedLeases(redis, lease_s=LONG_S)
    lease, _ = await keeping.take("kept", "sockets", 1)
    assert lease is not None
    await keeping.renew()
    assert await asking.take("kept", "sockets", 1) == (None, 1)
    await keeping.give_back("kept", "sockets", lease)
    await keeping.renew()  # brings nothing back
    assert (await asking.take("kept", "sockets", 1))[1] == 1


async def test_a_redis_that_is_away_is_told() -> None:
    with pytest.raises(StorageUnavailable, match="counts limits cannot be reached"):
        await limiter("redis://127.0.0.1:1/0").request(tenant("acme", requests_per_min=1))


def test_several_processes_do_not_count_in_memory() -> None:
    settings = Settings.from_environment()
    check_counting(settings, 1)
    with pytest.raises(InvalidInput, match=r"3 replicas .* AUDIOGPT_LIMITS_URL"):
        check_counting(settings, 3)
    check_counting(Settings(limits_url="redis://redis:6379/0"), 3)


class Kept:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.found: list[tuple[Metric, dict[str, str]]] = []

    def record(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        self.found.append((metric, labels))


async def test_what_a_limit_refuses_is_counted_by_limit_and_class() -> None:
    one, who = limiter(MEMORY), tenant("acme", requests_per_min=1, sockets=1)
    with recording(kept := Kept()):
        await one.request(who)
        assert kept.found == []
        with pytest.raises(LimitExceeded):
            await one.request(who)
        async with one.holding(who, "sockets"):
            with pytest.raises(LimitExceeded):
                async with one.holding(who, "sockets"):
                    pass
    assert kept.found == [
        (metrics.LIMITS_REFUSED, {"limit": name, "tenant_class": STANDARD}) for name in ("requests_per_min", "sockets")
    ]
