import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from llm_planner.plans.plan import Chat
from model_wrappers.contract.errors import Conflict, InvalidInput, ModelOverloaded, NotFound, TooLarge
from router.events import Event, Failed, Planned, Replied, StepProgress, StepStarted
from router.records import runs
from router.records.database import Database
from router.records.runs import LOST_AFTER_S, RunStore
from tests.router.clock import Clock
from tests.router.dispatching import TENANT

TTL_S = 1000.0
EVENTS: tuple[Event, ...] = (
    Planned(outcome=Chat(reply="Hello"), planner="offline", duration_s=0.01),
    StepStarted(step="s1", task="text-to-speech", model="hibari", at_s=0.2),
    StepProgress(step="s1", fraction=0.5),
)
REPLY = Replied(session_id="a" * 32, turn=0, text="Hello", outcome=Chat(reply="Hello"))


@pytest.fixture
def store(database: Database, clock: Clock) -> RunStore:
    return RunStore(database, TTL_S, max_runs=3, clock=clock)


def test_a_run_goes_from_queued_over_running_to_done(store: RunStore) -> None:
    run_id = store.create("ann")
    assert len(bytes.fromhex(run_id)) == 16
    assert store.get(run_id, "ann").state == "queued"
    store.start(run_id, session_id="b" * 32)
    assert store.get(run_id, "ann").state == "running"
    assert store.append(run_id, EVENTS) == 3
    store.finish(run_id, "done", [REPLY])
    ended = store.get(run_id, "ann")
    assert (ended.state, ended.ended, ended.session_id, ended.last_sequence) == ("done", True, "b" * 32, 4)


def test_events_come_back_as_they_were_in_order_and_in_pages(store: RunStore) -> None:
    run_id = store.create(TENANT)
    store.start(run_id)
    store.append(run_id, EVENTS[:1])
    store.append(run_id, EVENTS[1:])
    store.append(run_id, [])
    assert [item.event for item in store.events(run_id, TENANT)] == list(EVENTS)
    assert [item.sequence for item in store.events(run_id, TENANT)] == [1, 2, 3]
    assert [item.sequence for item in store.events(run_id, TENANT, after=1, limit=1)] == [2]
    assert store.events(run_id, TENANT, after=3) == []


def test_a_run_of_another_tenant_does_not_exist(store: RunStore) -> None:
    run_id = store.create("ann")
    for call in (store.get, store.events, store.request_cancel):
        with pytest.raises(NotFound, match="does not exist"):
            call(run_id, "bob")


def test_an_ended_run_takes_no_more(store: RunStore) -> None:
    run_id = store.create(TENANT)
    store.start(run_id)
    store.finish(run_id, "failed")
    for call in (
        lambda: store.append(run_id, EVENTS),
        lambda: store.finish(run_id, "done", [REPLY]),
        lambda: store.heartbeat(run_id),
        lambda: store.start(run_id),
    ):
        with pytest.raises(Conflict, match="is failed"):
            call()
    assert store.events(run_id, TENANT) == []


def test_a_run_whose_owner_is_silent_is_lost_for_good(store: RunStore, clock: Clock) -> None:
    run_id = store.create(TENANT)
    store.start(run_id)
    store.append(run_id, EVENTS)
    clock.now += LOST_AFTER_S + 1
    assert store.get(run_id, TENANT).state == "lost"
    last = store.events(run_id, TENANT)[-1].event
    assert isinstance(last, Failed)
    assert last.error.code == "model_lost"
    with pytest.raises(Conflict, match="is lost"):
        store.finish(run_id, "done", [REPLY])
    assert store.get(run_id, TENANT).state == "lost"
    assert store.get(run_id, TENANT).last_sequence == 4


def test_heartbeats_keep_a_run(store: RunStore, clock: Clock) -> None:
    run_id = store.create(TENANT)
    store.start(run_id)
    for _ in range(4):
        clock.now += LOST_AFTER_S - 1
        assert store.heartbeat(run_id) is False
    assert store.get(run_id, TENANT).state == "running"


def test_the_owner_learns_of_a_cancellation_asked_for_elsewhere(
    database_url: str, store: RunStore, clock: Clock
) -> None:
    run_id = store.create(TENANT)
    store.start(run_id)
    elsewhere = Database(database_url)
    asked = RunStore(elsewhere, TTL_S, clock=clock).request_cancel(run_id, TENANT)
    elsewhere.close()
    assert (asked.state, asked.cancel_requested) == ("running", True)
    assert store.heartbeat(run_id) is True
    store.finish(run_id, "cancelled")
    assert store.request_cancel(run_id, TENANT).state == "cancelled"


def test_runs_of_one_tenant_are_limited(store: RunStore) -> None:
    ids = [store.create("ann") for _ in range(3)]
    with pytest.raises(ModelOverloaded, match="at most 3") as caught:
        store.create("ann")
    assert caught.value.retry_after_s == 10
    store.create("bob")
    store.finish(ids[0], "cancelled")
    store.create("ann")


def test_lost_runs_do_not_count_against_the_limit(store: RunStore, clock: Clock) -> None:
    for _ in range(3):
        store.create(TENANT)
    clock.now += LOST_AFTER_S + 1
    assert store.get(store.create(TENANT), TENANT).state == "queued"


def test_a_sweep_removes_runs_that_ended_long_ago(store: RunStore, clock: Clock) -> None:
    ended, going = store.create(TENANT), store.create(TENANT)
    store.finish(ended, "done")
    clock.now += TTL_S
    store.heartbeat(going)
    assert store.sweep() == 1
    assert store.get(going, TENANT).state == "queued"
    with pytest.raises(NotFound):
        store.get(ended, TENANT)
    with pytest.raises(NotFound):
        store.append(ended, EVENTS)


@pytest.mark.parametrize(("after", "limit"), [(-1, 10), (0, 0), (0, 1001)])
def test_pages_of_events_have_bounds(store: RunStore, after: int, limit: int) -> None:
    with pytest.raises(InvalidInput, match="allowed are"):
        store.events(store.create(TENANT), TENANT, after=after, limit=limit)


def test_too_many_events_are_refused(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MAX_EVENTS", 4)
    run_id = store.create(TENANT)
    store.append(run_id, EVENTS)
    with pytest.raises(TooLarge, match="at most 4"):
        store.append(run_id, EVENTS)
    assert store.get(run_id, TENANT).last_sequence == 3


def test_threads_number_their_events_without_gaps(store: RunStore) -> None:
    run_id = store.create(TENANT)
    with ThreadPoolExecutor(8) as pool:
        lasts = list(pool.map(lambda _: store.append(run_id, EVENTS), range(20)))
    assert sorted(lasts) == list(range(3, 61, 3))
    assert [item.sequence for item in store.events(run_id, TENANT)] == list(range(1, 61))


def own_a_run(url: str) -> str:
    """Begin a run in another process and die without ending it."""
    database = Database(url)
    store = RunStore(database, TTL_S)
    run_id = store.create(TENANT)
    store.start(run_id)
    store.append(run_id, EVENTS)
    database.close()
    return run_id


def test_a_run_outlives_the_process_that_owned_it(database_url: str, database: Database) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        run_id = pool.submit(own_a_run, database_url).result()
    here = RunStore(database, TTL_S)
    assert [item.event for item in here.events(run_id, TENANT)] == list(EVENTS)
    assert here.get(run_id, TENANT).state == "running"
