"""Which process owns a run, when processes die, sleep or hand it back."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from llm_planner.plans.plan import Plan, PlanOutcome, Step
from llm_planner.plans.results import StepResult
from model_wrappers.contract.errors import Conflict
from model_wrappers.contract.sessions import Turn
from router.events import Planned, StepEnded, StepProgress
from router.records.database import Database
from router.records.run_queue import LEASE_S, Lease, RunQueue
from router.records.runs import RunStore
from router.records.sessions import SessionStore, SessionTurn
from tests.router.clock import Clock

TTL_S = 1000.0
ANN = "ann"
STEPS = tuple(Step(id=f"s{n}", task="text-to-speech", arguments={"text": "x"}) for n in (1, 2))
PLANNED = Planned(outcome=PlanOutcome(plan=Plan(steps=STEPS)), planner="offline", duration_s=0.1)


@pytest.fixture
def store(database: Database) -> RunStore:
    return RunStore(database, TTL_S, max_runs=500)


@pytest.fixture
def owner(database: Database) -> Callable[[str], RunQueue]:
    return lambda name: RunQueue(database, SessionStore(database, TTL_S), name)


def done(step: str) -> StepEnded:
    return StepEnded(result=StepResult(id=step, task="text-to-speech", state="done", outputs={"text": step}))


def said(index: int) -> Turn:
    return Turn(index=index, text="x", reply="y", outcome="plan", created=0.0)


def claimed(queue: RunQueue) -> Lease:
    lease = queue.claim()
    assert lease is not None
    return lease


def create(store: RunStore, request: str = "{}", tenant: str = ANN, **options: float) -> str:
    return store.create(
        request, tenant=tenant, deadline_s=options.get("deadline_s", 1e6), priority=int(options.get("priority", 0))
    )


def test_the_most_urgent_is_claimed_first_then_the_oldest(
    store: RunStore, owner: Callable[[str], RunQueue], clock: Clock
) -> None:
    expected = []
    for priority in (0, 0, 5):
        clock.now += 1
        expected.append(create(store, priority=priority))
    queue = owner("a")
    assert [claimed(queue).run_id for _ in range(3)] == [expected[2], expected[0], expected[1]]
    assert queue.claim() is None


def test_tenants_with_fewer_runs_in_work_are_claimed_first(
    store: RunStore, owner: Callable[[str], RunQueue], clock: Clock
) -> None:
    for tenant in ("ann", "ann", "ann", "bob", "bob"):
        clock.now += 1
        create(store, tenant=tenant)
    queue = owner("a")
    assert [claimed(queue).tenant for _ in range(5)] == ["ann", "bob", "ann", "bob", "ann"]


def test_a_silent_owner_loses_its_run_and_all_its_late_writes(
    store: RunStore, owner: Callable[[str], RunQueue], clock: Clock
) -> None:
    run_id = create(store, "the request")
    first, second = owner("first"), owner("second")
    lost = claimed(first)
    first.append(lost, [PLANNED, done("s1")], after=0)
    clock.now += LEASE_S - 1
    assert second.claim() is None
    clock.now += 2
    lease = claimed(second)
    assert (lease.run_id, lease.request, lease.attempt, lease.fence) == (run_id, "the request", 2, 2)
    assert lease.planned == PLANNED.planned
    assert list(lease.results) == ["s1"]
    assert first.renew() == {}
    turn = SessionTurn("a" * 32, said(0))
    for write in (
        lambda: first.append(lost, [StepProgress(step="s2", fraction=0.5)], after=2),
        lambda: first.finish(lost, "done", [], turn, after=2),
        lambda: first.release(lost),
    ):
        with pytest.raises(Conflict, match="in other hands"):
            write()
    second.append(lease, [done("s2")], after=2)
    second.finish(lease, "done", [], after=3)
    assert [item.sequence for item in store.events(run_id, ANN)] == [1, 2, 3]


def test_renewing_keeps_every_run_of_an_owner(store: RunStore, owner: Callable[[str], RunQueue], clock: Clock) -> None:
    for _ in range(3):
        create(store)
    first, second = owner("first"), owner("second")
    held = {claimed(first).run_id for _ in range(3)}
    for _ in range(4):
        clock.now += LEASE_S - 1
        assert first.renew() == dict.fromkeys(held, 1)
    assert second.claim() is None


def test_a_run_handed_back_is_nobodys_failure(store: RunStore, owner: Callable[[str], RunQueue]) -> None:
    create(store)
    first, second = owner("first"), owner("second")
    for _ in range(5):
        first.release(claimed(first))
    assert claimed(second).attempt == 1


def test_another_plan_keeps_only_the_steps_it_shares(
    store: RunStore, owner: Callable[[str], RunQueue], clock: Clock
) -> None:
    create(store)
    queue = owner("a")
    lease = claimed(queue)
    queue.append(lease, [PLANNED, done("s1"), done("s2")], after=0)
    other = Plan(steps=(STEPS[0], STEPS[1].model_copy(update={"arguments": {"text": "y"}})))
    queue.append(lease, [PLANNED.model_copy(update={"outcome": PlanOutcome(plan=other)})], after=3)
    clock.now += LEASE_S + 1
    assert list(claimed(owner("b")).results) == ["s1"]


def test_a_turn_is_kept_with_the_end_of_its_run_or_not_at_all(
    database: Database, store: RunStore, owner: Callable[[str], RunQueue]
) -> None:
    sessions = SessionStore(database, TTL_S)
    session = sessions.create(ANN)
    run_id = create(store)
    queue = owner("a")
    lease = claimed(queue)
    with pytest.raises(Conflict, match="next turn is 0"):
        queue.finish(lease, "done", [], SessionTurn(session.id, said(3)), after=0)
    assert store.get(run_id, ANN).state == "running"
    queue.finish(lease, "done", [], SessionTurn(session.id, said(0)), after=0)
    assert store.get(run_id, ANN).state == "done"
    assert [turn.text for turn in sessions.get(session.id, ANN).turns] == ["x"]


def test_a_write_whose_answer_was_lost_is_not_done_twice(store: RunStore, owner: Callable[[str], RunQueue]) -> None:
    run_id = create(store)
    queue = owner("a")
    lease = claimed(queue)
    for _ in range(2):
        queue.append(lease, [PLANNED], after=0)
    for _ in range(2):
        queue.finish(lease, "done", [done("s1")], after=1)
    assert [item.event for item in store.events(run_id, ANN)] == [PLANNED, done("s1")]


def test_the_owner_learns_of_a_cancellation(store: RunStore, owner: Callable[[str], RunQueue]) -> None:
    run_id = create(store)
    queue = owner("a")
    lease = claimed(queue)
    asked = store.request_cancel(run_id, ANN)
    assert (asked.state, asked.cancel_requested) == ("running", True)
    assert queue.cancellations() == {run_id}
    queue.finish(lease, "cancelled", [], after=0)
    assert store.get(run_id, ANN).state == "cancelled"


def test_the_deadline_is_told_as_time_that_is_left(
    store: RunStore, owner: Callable[[str], RunQueue], clock: Clock
) -> None:
    create(store, deadline_s=100)
    clock.now += 30
    assert claimed(owner("a")).deadline_s == pytest.approx(70)


def test_every_run_is_claimed_once_by_whoever_comes(store: RunStore, owner: Callable[[str], RunQueue]) -> None:
    created = {create(store) for _ in range(60)}

    def take_all(name: str) -> list[str]:
        queue, taken = owner(name), []
        while (lease := queue.claim()) is not None:
            taken.append(lease.run_id)
        return taken

    with ThreadPoolExecutor(3) as pool:
        taken = [run_id for ids in pool.map(take_all, "abc") for run_id in ids]
    assert len(taken) == 60
    assert set(taken) == created


def own_a_run(url: str) -> str:
    """Begin a run in another process and die without ending it."""
    database = Database(url)
    run_id = RunStore(database, TTL_S).create("{}", tenant=ANN, deadline_s=1e6)
    queue = RunQueue(database, SessionStore(database, TTL_S), "elsewhere")
    lease = queue.claim()
    assert lease is not None
    queue.append(lease, [PLANNED], after=0)
    database.close()
    return run_id


def test_a_run_outlives_the_process_that_owned_it(database_url: str, database: Database) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        run_id = pool.submit(own_a_run, database_url).result()
    assert [item.event for item in RunStore(database, TTL_S).events(run_id, ANN)] == [PLANNED]
