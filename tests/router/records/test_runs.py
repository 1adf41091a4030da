import json
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from llm_planner.plans.plan import Chat
from llm_planner.plans.results import StepResult
from model_wrappers.contract.errors import InvalidInput, LimitExceeded, NotFound, TooLarge
from router.events import Event, Failed, Planned, Replied, StepEnded, StepProgress, StepStarted
from router.records import run_log
from router.records.database import Database
from router.records.run_queue import LEASE_S, MAX_ATTEMPTS, RunQueue
from router.records.runs import RunStore
from router.records.sessions import SessionStore
from router.records.tables import run_events, run_steps, runs
from tests.router.clock import Clock

TTL_S = 1000.0
EVENTS: tuple[Event, ...] = (
    Planned(outcome=Chat(reply="Hello"), planner="offline", duration_s=0.01),
    StepStarted(step="s1", task="text-to-speech", model="hibari", at_s=0.2),
    StepProgress(step="s1", fraction=0.5),
)
REPLY = Replied(session_id="a" * 32, turn=0, text="Hello", outcome=Chat(reply="Hello"))
ANN = "ann"


@pytest.fixture
def store(database: Database) -> RunStore:
    return RunStore(database, TTL_S, max_runs=3)


@pytest.fixture
def owner(database: Database) -> Callable[[str], RunQueue]:
    return lambda name: RunQueue(database, SessionStore(database, TTL_S), name)


@pytest.fixture
def queue(owner: Callable[[str], RunQueue]) -> RunQueue:
    return owner("first")


def queued(store: RunStore, tenant: str = ANN, deadline_s: float = 1e6) -> str:
    return store.create("{}", tenant=tenant, deadline_s=deadline_s)


def test_a_run_goes_from_queued_over_running_to_done(store: RunStore, queue: RunQueue) -> None:
    run_id = queued(store)
    assert len(bytes.fromhex(run_id)) == 16
    assert store.get(run_id, ANN).state == "queued"
    lease = queue.claim()
    assert lease is not None
    assert store.get(run_id, ANN).state == "running"
    queue.append(lease, EVENTS, after=0)
    queue.finish(lease, "done", [REPLY], after=3)
    ended = store.get(run_id, ANN)
    assert (ended.state, ended.ended, ended.last_sequence) == ("done", True, 4)


def test_events_come_back_as_they_were_in_order_and_in_pages(store: RunStore, queue: RunQueue) -> None:
    run_id = queued(store)
    lease = queue.claim()
    assert lease is not None
    queue.append(lease, EVENTS[:1], after=0)
    queue.append(lease, EVENTS[1:], after=1)
    queue.append(lease, [], after=3)
    assert [item.event for item in store.events(run_id, ANN)] == list(EVENTS)
    assert [item.sequence for item in store.events(run_id, ANN)] == [1, 2, 3]
    assert [item.sequence for item in store.events(run_id, ANN, after=1, limit=1)] == [2]
    assert store.events(run_id, ANN, after=3) == []


def test_a_run_of_another_tenant_does_not_exist(store: RunStore) -> None:
    run_id = queued(store)
    for call in (store.get, store.events, store.request_cancel):
        with pytest.raises(NotFound, match="does not exist"):
            call(run_id, "bob")


def test_a_run_that_waits_is_cancelled_at_once(store: RunStore, queue: RunQueue) -> None:
    run_id = queued(store)
    assert store.request_cancel(run_id, ANN).state == "cancelled"
    last = store.events(run_id, ANN)[-1].event
    assert isinstance(last, Failed)
    assert last.error.code == "cancelled"
    assert queue.claim() is None
    assert store.request_cancel(run_id, ANN).last_sequence == 1


def test_a_run_whose_owners_all_died_is_given_up(store: RunStore, queue: RunQueue, clock: Clock) -> None:
    run_id = queued(store)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        lease = queue.claim()
        assert lease is not None
        assert lease.attempt == attempt
        clock.now += LEASE_S + 1
    assert queue.claim() is None
    assert store.get(run_id, ANN).state == "failed"
    last = store.events(run_id, ANN)[-1].event
    assert isinstance(last, Failed)
    assert (last.error.code, str(MAX_ATTEMPTS) in last.error.message) == ("model_lost", True)


def test_a_run_that_nobody_takes_ends_at_its_deadline(store: RunStore, clock: Clock) -> None:
    run_id = queued(store, deadline_s=100)
    clock.now += 99
    assert store.get(run_id, ANN).state == "queued"
    clock.now += 2
    assert store.get(run_id, ANN).state == "failed"
    last = store.events(run_id, ANN)[-1].event
    assert isinstance(last, Failed)
    assert last.error.code == "deadline_exceeded"


def test_runs_of_one_tenant_are_limited(store: RunStore) -> None:
    ids = [queued(store) for _ in range(3)]
    with pytest.raises(LimitExceeded, match="at most 3") as caught:
        queued(store)
    assert caught.value.retry_after_s == 10
    queued(store, "bob")
    store.request_cancel(ids[0], ANN)
    queued(store)


def test_runs_given_up_do_not_count_against_the_limit(store: RunStore, clock: Clock) -> None:
    for _ in range(3):
        queued(store, deadline_s=10)
    clock.now += 11
    assert store.get(queued(store), ANN).state == "queued"


def test_a_sweep_removes_runs_that_ended_long_ago(store: RunStore, queue: RunQueue, clock: Clock) -> None:
    ended = queued(store)
    lease = queue.claim()
    assert lease is not None
    queue.finish(lease, "done", [], after=0)
    going = queued(store)
    assert queue.claim() is not None
    clock.now += TTL_S
    queue.renew()
    assert store.sweep() == 1
    with pytest.raises(NotFound):
        store.get(ended, ANN)
    assert store.get(going, ANN).state == "running"


@pytest.mark.parametrize(("after", "limit"), [(-1, 10), (0, 0), (0, 1001)])
def test_pages_of_events_have_bounds(store: RunStore, after: int, limit: int) -> None:
    with pytest.raises(InvalidInput, match="allowed are"):
        store.events(queued(store), ANN, after=after, limit=limit)


def test_too_many_events_are_refused(store: RunStore, queue: RunQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "MAX_EVENTS", 4)
    run_id = queued(store)
    lease = queue.claim()
    assert lease is not None
    queue.append(lease, EVENTS, after=0)
    with pytest.raises(TooLarge, match="at most 4"):
        queue.append(lease, EVENTS, after=3)
    assert store.get(run_id, ANN).last_sequence == 3


def test_what_a_newer_program_adds_to_an_event_hides_none(store: RunStore, queue: RunQueue, database: Database) -> None:
    run_id = queued(store)
    lease = queue.claim()
    assert lease is not None
    told = (*EVENTS, StepEnded(result=StepResult(id="s1", task="text-to-speech", state="done")))
    queue.append(lease, told, after=0)
    with database.writing() as connection:
        for table, column in ((run_events, "content"), (run_steps, "result"), (runs, "plan")):
            for row in connection.execute(select(table)).all():
                content = {**json.loads(row._mapping[column]), "added_later": {"by": 1}}
                same = [key == row._mapping[key.name] for key in table.primary_key]
                connection.execute(update(table).where(*same).values({column: json.dumps(content)}))
    assert [item.event for item in store.events(run_id, ANN)] == list(told)
    queue.release(lease)
    again = queue.claim()
    assert again is not None
    assert again.planned is not None
    assert again.results.keys() == {"s1"}
