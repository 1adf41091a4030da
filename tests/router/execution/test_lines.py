"""Who waits for a model, and what they are told."""

import asyncio
from contextlib import ExitStack

import pytest

from model_wrappers.contract.catalog import Catalog
from router.calls import ModelCall, OnProgress
from router.events import Event, StepQueued, StepStarted
from router.execution.lines import Lines
from router.scope import Flow
from tests.router.dispatching import scope
from tests.router.scripted import Scripted, catalog, execute, executing, plan, step

Told = list[tuple[int, float | None]]


def line_of(at_once: int) -> Catalog:
    (entry,) = catalog("a").models
    return Catalog(models=(entry.model_copy(update={"at_once": at_once}),))


def enter(lines: Lines, entry: object, told: Told, tenant: str = "ann") -> ExitStack:
    stack = ExitStack()
    stack.enter_context(
        lines.place(entry, Flow(tenant), lambda place, wait_s: told.append((place, wait_s)))  # type: ignore[arg-type]
    )
    return stack


def test_calls_past_what_a_model_runs_at_once_are_told_their_place_until_their_turn() -> None:
    (entry,) = line_of(2).models
    lines, told = Lines(), [Told() for _ in range(4)]
    places = [enter(lines, entry, each) for each in told]
    assert lines.counts() == {"a": (2, 2)}
    places[1].close()
    places[0].close()
    assert told == [[], [], [(1, None), (0, None)], [(2, None), (1, None), (0, None)]]
    assert lines.counts() == {"a": (2, 0)}


def test_another_tenants_call_is_told_that_it_comes_next() -> None:
    (entry,) = line_of(1).models
    lines, anns, bobs = Lines(), [Told() for _ in range(4)], Told()
    _held = [enter(lines, entry, told) for told in anns]
    _bob = enter(lines, entry, bobs, "bob")
    assert bobs == [(1, None)]
    assert [told[-1:] for told in anns] == [[], [(2, None)], [(3, None)], [(4, None)]]


@pytest.mark.parametrize(("at_once", "waits"), [(1, [3.0, 6.0]), (2, [3.0])])
def test_expected_wait_is_that_of_the_rounds_before(at_once: int, waits: list[float]) -> None:
    (entry,) = line_of(at_once).models
    lines, told = Lines(), Told()
    lines.ran(entry, 3.0)
    _held = [enter(lines, entry, told) for _ in range(3)]
    assert [wait_s for _, wait_s in told] == waits


def test_mean_time_follows_the_newest_calls() -> None:
    (entry,) = line_of(1).models
    lines, told = Lines(), Told()
    lines.ran(entry, 10.0)
    for _ in range(30):
        lines.ran(entry, 1.0)
    _held = [enter(lines, entry, each) for each in (Told(), told)]
    ((place, wait_s),) = told
    assert place == 1
    assert wait_s == pytest.approx(1.0, abs=0.1)


async def test_step_behind_another_one_tells_its_place_and_its_turn() -> None:
    told = {place: asyncio.Event() for place in (1, 0)}
    gates = iter(told.values())  # the first call ends once the second has its place, the second at its turn

    async def wait(call: ModelCall, on_progress: OnProgress) -> str:
        await next(gates).wait()
        return "done"

    queued: list[tuple[str, int]] = []

    def emit(event: Event) -> None:
        if isinstance(event, StepQueued):
            queued.append((event.step, event.place))
            told[event.place].set()

    await execute(Scripted(a=wait), plan(step("s"), step("t")), line_of(1), emit=emit)
    assert queued == [("t", 1), ("t", 0)]


@pytest.mark.parametrize(("loaded", "loading"), [(False, True), (True, False), (None, False)])
async def test_step_tells_whether_its_model_has_to_be_loaded(loaded: bool | None, loading: bool) -> None:
    (entry,) = catalog("a").models
    events: list[Event] = []
    models = Catalog(models=(entry.model_copy(update={"loaded": loaded}),))
    await execute(Scripted(), plan(step("s")), models, emit=events.append)
    (started,) = (event for event in events if isinstance(event, StepStarted))
    assert started.loading is loading


async def test_line_is_empty_after_failures_and_cancellations() -> None:
    called = asyncio.Event()

    async def hang(call: ModelCall, on_progress: OnProgress) -> str:
        called.set()
        await asyncio.Event().wait()
        raise AssertionError

    executor = executing(Scripted(a=hang), catalog("a"))
    arguments = {"text": "x", "target_language": "es"}
    work = asyncio.create_task(executor.execute_task("speech-translation", arguments, scope()))
    await called.wait()
    assert executor.lines.counts() == {"a": (1, 0)}
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert executor.lines.counts() == {"a": (0, 0)}
