"""Every run comes to an end in the store, whenever it is cancelled and whoever goes away."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from llm_planner.plans.plan import Plan, Step
from router.events import Failed, Replied, RunInfo, StepStarted
from router.records.database import Database
from router.records.runs import LOST_AFTER_S, RunStore
from router.turn.background import BackgroundRuns
from router.turn.conversation import Message
from tests.router.conversing import TTL_S, talking
from tests.router.dispatching import LONG_S, TENANT, scope
from tests.router.models import STARTED, STOPPED, spec

POLL_S = 0.01


@pytest.fixture
async def background(tmp_path: Path, name: str) -> AsyncIterator[BackgroundRuns]:
    store = RunStore(Database(f"sqlite:///{tmp_path / 'runs.sqlite3'}"), TTL_S)
    async with talking(tmp_path, [spec("patient", "Patient", name=name), spec("sine", "Sine")]) as talk:
        background = BackgroundRuns(store, talk.conversation)
        yield background
        await background.stop()


def message(task: str, **arguments: Any) -> Message:
    """A request with one step, written by hand."""
    return Message(scope(), plan=Plan(steps=(Step(id="s1", task=task, arguments=arguments),)))


WAIT = {"text": "x", "target_language": "es"}


async def started(background: BackgroundRuns, name: str) -> str:
    """Start a run that waits for its cancellation, and return its id once its model works."""
    run = await background.start(message("speech-translation", **WAIT))
    assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
    return run.id


async def ended(background: BackgroundRuns, run_id: str) -> RunInfo:
    """Wait for the end of a run."""
    async with asyncio.timeout(LONG_S):
        while not (run := await asyncio.to_thread(background.store.get, run_id, TENANT)).ended:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
    return run


def hold(
    background: BackgroundRuns, call: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[threading.Event, threading.Event, list[Any]]:
    """Make a call of the store wait; return what is set when it came, what lets it go on, and what it returned."""
    came, go, method = threading.Event(), threading.Event(), getattr(background.store, call)
    returned: list[Any] = []

    def held(*arguments: Any) -> Any:
        came.set()
        assert go.wait(LONG_S)
        returned.append(method(*arguments))
        return returned[-1]

    monkeypatch.setattr(background.store, call, held)
    return came, go, returned


async def test_run_leaves_its_events_and_its_reply(background: BackgroundRuns) -> None:
    run = await background.start(message("text-to-speech", text="hi"))
    assert (await ended(background, run.id)).state == "done"
    events = [item.event for item in background.store.events(run.id, TENANT)]
    assert [type(event).__name__ for event in events] == ["Planned", "StepStarted", "StepEnded", "Replied"]
    assert isinstance(events[-1], Replied)
    assert events[-1].session_id == run.session_id


async def test_run_cancelled_before_its_start_is_written_ends_cancelled(
    background: BackgroundRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, go, _ = hold(background, "start", monkeypatch)
    run = await background.start(message("speech-translation", **WAIT))
    assert await asyncio.to_thread(came.wait, LONG_S)
    await background.cancel(run.id, TENANT)
    go.set()
    assert (await ended(background, run.id)).state == "cancelled"


async def test_run_cancelled_again_and_again_ends_cancelled_and_stops_its_model(
    background: BackgroundRuns, name: str
) -> None:
    run_id = await started(background, name)
    for _ in range(5):
        await background.cancel(run_id, TENANT)
    run = await ended(background, run_id)
    last = background.store.events(run_id, TENANT)[-1].event
    assert (run.state, run.cancel_requested) == ("cancelled", True)
    assert isinstance(last, Failed)
    assert last.error.code == "cancelled"
    assert await asyncio.to_thread(STOPPED[name].wait, LONG_S)


async def test_events_told_before_the_cancellation_are_kept(
    background: BackgroundRuns, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, go, _ = hold(background, "append", monkeypatch)
    run_id = await started(background, name)
    assert await asyncio.to_thread(came.wait, LONG_S)
    await background.cancel(run_id, TENANT)
    go.set()
    assert (await ended(background, run_id)).state == "cancelled"
    assert StepStarted in [type(item.event) for item in background.store.events(run_id, TENANT)]


async def test_run_cancelled_in_another_process_ends_cancelled(background: BackgroundRuns, name: str) -> None:
    run_id = await started(background, name)
    background.store.request_cancel(run_id, TENANT)
    assert (await ended(background, run_id)).state == "cancelled"
    assert await asyncio.to_thread(STOPPED[name].wait, LONG_S)


async def test_caller_who_leaves_while_the_run_is_queued_leaves_a_run_that_ends(
    background: BackgroundRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, go, made = hold(background, "create", monkeypatch)
    starting = asyncio.create_task(background.start(message("text-to-speech", text="hi")))
    assert await asyncio.to_thread(came.wait, LONG_S)
    starting.cancel()
    await asyncio.wait({starting})
    go.set()
    async with asyncio.timeout(LONG_S):
        while not made:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(POLL_S)
    assert (await ended(background, made[0])).state == "done"


async def test_run_given_up_as_lost_stops_its_model(background: BackgroundRuns, tmp_path: Path, name: str) -> None:
    run_id = await started(background, name)
    later = RunStore(
        Database(f"sqlite:///{tmp_path / 'runs.sqlite3'}"), TTL_S, clock=lambda: time.time() + 2 * LOST_AFTER_S
    )
    later.sweep()
    assert await asyncio.to_thread(STOPPED[name].wait, LONG_S)
    assert background.store.get(run_id, TENANT).state == "lost"


async def test_stopping_the_process_ends_its_runs(background: BackgroundRuns, name: str) -> None:
    run_id = await started(background, name)
    await background.stop()
    assert background.store.get(run_id, TENANT).state == "cancelled"
    assert await asyncio.to_thread(STOPPED[name].wait, LONG_S)
