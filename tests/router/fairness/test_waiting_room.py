import asyncio
import time

import pytest

from model_wrappers.contract.errors import ModelOverloaded, WouldMissDeadline
from router.fairness.costs import ENOUGH
from router.fairness.waiting_room import WaitingRoom
from router.scope import Flow
from tests.router.dispatching import LONG_S

ANN, BOB = Flow("ann"), Flow("bob")


def later(seconds: float = LONG_S) -> float:
    return time.time() + seconds


def measured(seconds_a_unit: float, *, servers: int = 1, places: int = 100) -> WaitingRoom:
    """Return a room in which work was measured."""
    room = WaitingRoom("The model", servers=servers, places=places)
    for _ in range(ENOUGH):
        turn = room.enter(ANN, later(), "work", 1.0)
        room.begin([turn])
        room.ran([turn], seconds_a_unit)
        room.leave(turn)
    return room


async def test_a_full_room_takes_who_has_fewer_places_and_tells_who_loses_one() -> None:
    room = WaitingRoom("The model", servers=1, places=4)
    told: list[str] = []

    async def wait(flow: Flow, name: str) -> None:
        try:
            with room.place(flow, later(), "work", 1.0):
                await asyncio.Event().wait()
        except ModelOverloaded as exc:
            told.append(f"{name}: {exc.message}")

    anns = [asyncio.create_task(wait(ANN, f"ann {number}")) for number in range(5)]
    await asyncio.sleep(0)
    assert told == ["ann 4: The model has 4 requests waiting and takes no more; try again later."]
    bobs = [asyncio.create_task(wait(BOB, f"bob {number}")) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [line.partition(":")[0] for line in told[1:]] == ["bob 2", "ann 3", "ann 2"]
    assert [next(turns).flow for turns in [room.ordered()]] == [ANN]
    for task in (*anns, *bobs):
        task.cancel()
    await asyncio.gather(*anns, *bobs, return_exceptions=True)
    assert room.waiting == 0


async def test_a_cancelled_task_stays_cancelled() -> None:
    room = WaitingRoom("The model", servers=1, places=2)
    room.enter(ANN, later(), "work", 1.0)

    async def wait() -> None:
        with room.place(ANN, later(), "work", 1.0):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    room.enter(BOB, later(), "work", 1.0)  # takes its place before it has noticed
    with pytest.raises(asyncio.CancelledError):
        await task


def test_what_would_come_too_late_is_refused_and_told_when_to_come_back() -> None:
    room = measured(2.0)
    for _ in range(10):
        room.enter(ANN, later(), "work", 1.0)
    with pytest.raises(WouldMissDeadline, match=r"need about 24.2 s .* passes in 10.0 s") as caught:
        room.enter(ANN, later(10.0), "work", 1.0)
    assert caught.value.retry_after_s == 15
    assert room.waiting == 10
    room.enter(BOB, later(10.0), "work", 1.0)  # comes before all of them


def test_what_is_taken_leaves_others_their_share() -> None:
    room = measured(1.0)
    room.enter(BOB, later(), "work", 1.0)
    for _ in range(4):
        room.enter(ANN, later(10.0), "work", 1.0)
    with pytest.raises(WouldMissDeadline):  # Bob may still send as much
        room.enter(ANN, later(9.0), "work", 1.0)


def test_several_servers_are_counted() -> None:
    room = measured(2.0, servers=4)
    for _ in range(8):
        room.enter(ANN, later(), "work", 1.0)
    room.enter(ANN, later(7.0), "work", 1.0)


def test_what_is_served_counts_with_what_is_left_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    room = measured(10.0)
    turn = room.enter(ANN, later(), "work", 1.0)
    room.begin([turn])
    with pytest.raises(WouldMissDeadline):
        room.enter(BOB, later(15.0), "work", 1.0)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 8.0)
    room.enter(BOB, later(15.0), "work", 1.0)


def test_nothing_is_refused_by_what_was_hardly_measured() -> None:
    room = WaitingRoom("The model", servers=1, places=100)
    for _ in range(50):
        room.enter(ANN, later(1.0), "work", 100.0)


def test_an_idle_server_takes_what_it_was_slow_at_once() -> None:
    room = measured(1.0)
    for _ in range(20):
        turn = room.enter(ANN, later(), "work", 1.0)
        room.begin([turn])
        room.ran([turn], 30.0)
        room.leave(turn)
    room.enter(ANN, later(5.0), "work", 1.0)


def test_an_idle_server_refuses_what_it_never_did_in_that_time() -> None:
    with pytest.raises(WouldMissDeadline):
        measured(1.0).enter(ANN, later(5.0), "work", 60.0)
