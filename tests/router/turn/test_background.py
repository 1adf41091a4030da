"""Every run comes to its end in the store, whoever is cancelled, stops, sleeps or dies."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from llm_planner.plans.plan import Plan, PlanOutcome, Step
from model_wrappers.contract.errors import Conflict, InvalidInput, NotFound, StorageUnavailable
from router.events import Failed, Replied, Resumed, RunEvent, RunInfo, StepEnded, StepStarted
from router.principal import Principal
from router.records.run_feed import RunFeed
from router.records.run_queue import RunQueue
from router.records.runs import RunStore
from router.scope import Scope
from router.turn import run_record
from router.turn import runner as runner_module
from router.turn.background import queue_run
from router.turn.conversation import Conversation, Message
from router.turn.rerun import StepChange, rerun
from router.turn.runner import Runner
from tests.router.conversing import TTL_S, talking
from tests.router.dispatching import LONG_S
from tests.router.models import GATES, STARTED, STOPPED, spec

POLL_S = 0.01
ANN = "ann"


class Site:
    """Runners over one database, as in several processes."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.database = conversation.sessions._database
        self.store = RunStore(self.database, TTL_S)
        self.runners: list[Runner] = []

    def runner(self, name: str, lease_s: float = LONG_S) -> Runner:
        queue = RunQueue(self.database, self.conversation.sessions, name, lease_s=lease_s)
        new = Runner(queue, self.database, self.conversation)
        new.start()
        self.runners.append(new)
        return new

    async def start(self, *steps: Step, session_id: str | None = None) -> RunInfo:
        scope = Scope.lasting(20 * LONG_S, Principal(ANN), "request")
        message = Message(scope, session_id=session_id, plan=Plan(steps=steps))
        return await queue_run(message, self.store, self.conversation.sessions)

    async def ended(self, run_id: str) -> RunInfo:
        async with asyncio.timeout(LONG_S):
            async for _ in self.following(run_id):
                pass
        return await asyncio.to_thread(self.store.get, run_id, ANN)

    async def wait_for(self, run_id: str, kind: type[Any]) -> None:
        """Return once the run told an event of this kind."""
        async with asyncio.timeout(LONG_S):
            async for item in self.following(run_id):
                if item is not None and isinstance(item.event, kind):
                    return

    def following(self, run_id: str) -> AsyncGenerator[RunEvent | None, None]:
        return RunFeed(self.store, self.database).follow(run_id, ANN, quiet_s=LONG_S)

    def told(self, run_id: str) -> list[Any]:
        return [item.event for item in self.store.events(run_id, ANN)]


@pytest.fixture
async def site(tmp_path: Path, name: str) -> AsyncIterator[Site]:
    async with talking(tmp_path, [spec("patient", "Patient", name=name), spec("sine", "Sine")], clock=Time()) as talk:
        site = Site(talk.conversation)
        yield site
        await asyncio.gather(*(each.stop() for each in site.runners))


class Time:
    """The database's clock, which a test sets forward."""

    ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


def speak(step_id: str, text: Any = "hi") -> Step:
    return Step(id=step_id, task="text-to-speech", arguments={"text": text})


def wait(step_id: str) -> Step:
    """A step that works until it is cancelled."""
    arguments = {"text": "x", "target_language": "es"}
    return Step(id=step_id, task="speech-translation", arguments=arguments, model="patient")


WAITING = speak("s1"), wait("s2"), speak("s3", {"from": "s2.text"})


async def test_a_run_leaves_its_events_its_reply_and_its_turn(site: Site) -> None:
    site.runner("a")
    run = await site.start(speak("s1"))
    assert (await site.ended(run.id)).state == "done"
    assert [type(event).__name__ for event in site.told(run.id)] == ["Planned", "StepStarted", "StepEnded", "Replied"]
    last = site.told(run.id)[-1]
    assert isinstance(last, Replied)
    assert last.session_id == run.session_id
    session = site.conversation.sessions.get(str(run.session_id), ANN)
    assert [turn.reply for turn in session.turns] == [last.text]


async def test_a_run_waits_until_there_is_a_runner(site: Site) -> None:
    run = await site.start(speak("s1"))
    assert site.store.get(run.id, ANN).state == "queued"
    site.runner("a")
    assert (await site.ended(run.id)).state == "done"


async def test_a_run_cancelled_while_it_works_stops_its_model(site: Site, name: str) -> None:
    site.runner("a")
    run = await site.start(*WAITING)
    assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
    for _ in range(5):
        await asyncio.to_thread(site.store.request_cancel, run.id, ANN)
    ended = await site.ended(run.id)
    assert (ended.state, ended.cancel_requested) == ("cancelled", True)
    last = site.told(run.id)[-1]
    assert isinstance(last, Failed)
    assert last.error.code == "cancelled"
    assert StepStarted in map(type, site.told(run.id))
    assert await asyncio.to_thread(STOPPED[name].wait, LONG_S)


async def test_a_runner_that_stops_hands_its_runs_to_another(site: Site, name: str) -> None:
    first = site.runner("first")
    run = await site.start(*WAITING)
    assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
    await first.stop()
    assert await asyncio.to_thread(STOPPED[name].wait, LONG_S)
    assert site.store.get(run.id, ANN).state == "queued"
    GATES[name].set()
    site.runner("second")
    assert (await site.ended(run.id)).state == "done"
    assert times_done(site.told(run.id)) == {"s1": 1, "s2": 1, "s3": 1}


async def test_a_silent_runner_loses_its_run_and_the_next_one_goes_on(site: Site, name: str) -> None:
    clock = site.database._clock
    assert isinstance(clock, Time)
    site.runner("first", lease_s=LONG_S)
    run = await site.start(*WAITING)
    assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
    await site.wait_for(run.id, StepEnded)
    clock.ahead_s = LONG_S + 1
    site.runner("second", lease_s=LONG_S)
    await site.wait_for(run.id, Resumed)
    GATES[name].set()
    assert (await site.ended(run.id)).state == "done"
    told = site.told(run.id)
    assert times_done(told) == {"s1": 1, "s2": 1, "s3": 1}
    assert [event.attempt for event in told if isinstance(event, Resumed)] == [2]
    assert [item.sequence for item in site.store.events(run.id, ANN)] == list(range(1, len(told) + 1))
    session = site.conversation.sessions.get(str(run.session_id), ANN)
    assert len(session.turns) == 1


async def test_a_database_that_is_away_for_a_while_costs_nothing(
    site: Site, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_record, "RETRY_S", POLL_S)
    site.runner("a")
    run = await site.start(*WAITING)
    assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
    away, writing = True, site.database.writing

    def write() -> Any:
        if away:
            raise StorageUnavailable("The database did not answer: gone", retry_after_s=1.0)
        return writing()

    monkeypatch.setattr(site.database, "writing", write)
    GATES[name].set()
    await asyncio.sleep(20 * POLL_S)
    away = False
    assert (await site.ended(run.id)).state == "done"
    assert times_done(site.told(run.id)) == {"s1": 1, "s2": 1, "s3": 1}


async def test_a_store_that_is_away_when_a_run_needs_it_does_not_fail_the_run(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "PAUSE_S", POLL_S)
    times, sessions = iter(range(3)), site.conversation.sessions
    get = sessions.get

    def away(session_id: str, tenant: str) -> Any:
        if next(times, None) is not None:
            raise StorageUnavailable("The database did not answer: gone", retry_after_s=1.0)
        return get(session_id, tenant)

    run = await site.start(speak("s1"))
    monkeypatch.setattr(sessions, "get", away)
    site.runner("a")
    assert (await site.ended(run.id)).state == "done"
    assert not [event for event in site.told(run.id) if isinstance(event, Resumed)]


async def test_two_runs_of_one_session_both_keep_their_turns(site: Site, name: str) -> None:
    site.runner("a")
    slow = await site.start(*WAITING)
    assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
    quick = await site.start(speak("s1"), session_id=slow.session_id)
    assert (await site.ended(quick.id)).state == "done"
    GATES[name].set()
    assert (await site.ended(slow.id)).state == "done"
    session = site.conversation.sessions.get(str(slow.session_id), ANN)
    assert [turn.index for turn in session.turns] == [0, 1]
    names = [artifact.name for artifact in session.artifacts]
    assert len(set(names)) == len(names) == 4


async def test_a_step_whose_sound_is_gone_is_run_again(site: Site, name: str) -> None:
    first = site.runner("first")
    run = await site.start(*WAITING)
    await site.wait_for(run.id, StepEnded)
    await first.stop()
    (sound,) = (
        e.result.artifacts["audio"] for e in site.told(run.id) if isinstance(e, StepEnded) and e.result.artifacts
    )
    site.conversation.artifacts.delete(sound)
    GATES[name].set()
    site.runner("second")
    assert (await site.ended(run.id)).state == "done"
    assert times_done(site.told(run.id)) == {"s1": 2, "s2": 1, "s3": 1}


async def test_a_run_that_cannot_be_read_fails_and_holds_up_no_other(site: Site) -> None:
    unreadable = site.store.create("{}", tenant=ANN, deadline_s=LONG_S)
    site.runner("a")
    other = await site.start(speak("s1"))
    assert (await site.ended(other.id)).state == "done"
    assert (await site.ended(unreadable)).state == "failed"
    (last,) = site.told(unreadable)
    assert isinstance(last, Failed)
    assert "another version of this program" in last.error.message


async def test_a_step_is_run_again_with_what_depends_on_it_and_nothing_else(site: Site, name: str) -> None:
    GATES[name].set()
    site.runner("a")
    first = await site.start(*WAITING)
    assert (await site.ended(first.id)).state == "done"
    scope = Scope.lasting(LONG_S, Principal(ANN), "again")
    again = await rerun(first.id, StepChange("s2", {"text": "y"}), site.store, scope)
    assert (await site.ended(again.id)).state == "done"
    told = site.told(again.id)
    assert [event.step for event in told if isinstance(event, StepStarted)] == ["s2", "s3"]
    assert times_done(told) == {"s1": 1, "s2": 1, "s3": 1}
    last = told[-1]
    assert isinstance(last, Replied)
    assert isinstance(last.outcome, PlanOutcome)
    assert last.outcome.plan.step("s2").arguments["text"] == "y"
    assert (last.session_id, last.turn) == (first.session_id, 1)


async def test_a_run_that_goes_on_or_lacks_the_step_is_not_run_again(site: Site, name: str) -> None:
    site.runner("a")
    run = await site.start(*WAITING)
    scope = Scope.lasting(LONG_S, Principal(ANN), "again")
    with pytest.raises(Conflict, match="has not ended"):
        await rerun(run.id, StepChange("s2", {}), site.store, scope)
    GATES[name].set()
    await site.ended(run.id)
    with pytest.raises(InvalidInput, match="no step 's9'; it has: s1, s2, s3"):
        await rerun(run.id, StepChange("s9", {}), site.store, scope)
    with pytest.raises(NotFound):
        await rerun(run.id, StepChange("s2", {}), site.store, Scope.lasting(LONG_S, Principal("bob"), "again"))


def times_done(events: list[Any]) -> dict[str, int]:
    """Count how often each step got done."""
    done = [event.result.id for event in events if isinstance(event, StepEnded) and event.result.state == "done"]
    return {step: done.count(step) for step in done}
