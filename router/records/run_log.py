"""What is written of a run: its events, and from them the plan that stands and the steps that are done."""

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from llm_planner.plans.plan import PlanOutcome, Step
from llm_planner.plans.results import StepResult
from model_wrappers.contract.errors import TooLarge
from router.events import Event, Failed, Planned, Replied, StepEnded
from router.records.outbox import announce_end
from router.records.tables import run_events, run_steps, runs

MAX_EVENTS = 50_000  # of one run: 32 steps that each report progress 1,500 times

EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def add_events(connection: Connection, run_id: str, events: Sequence[Event], now: ColumnElement[float]) -> int:
    """Add events to a run that exists, note what they decide, and return the sequence of the last.

    Args:
        connection: In a transaction that may write.
        run_id: The run.
        events: In order.
        now: Seconds since 1970, by the database.

    Raises:
        TooLarge: If it would have more than `MAX_EVENTS` events.
    """
    counted = (
        update(runs)
        .where(runs.c.id == run_id)
        .values(last_sequence=runs.c.last_sequence + len(events))
        .returning(runs.c.last_sequence)
    )
    last = int(connection.execute(counted).scalar_one())
    if last > MAX_EVENTS:
        raise TooLarge(f"Run '{run_id}' has {last:,} events; at most {MAX_EVENTS:,} are kept.")
    if not events:
        return last
    first, at = last - len(events) + 1, connection.scalar(select(now))
    rows = [
        {"run_id": run_id, "sequence": sequence, "at": at, "content": EVENT.dump_json(event).decode()}
        for sequence, event in enumerate(events, first)
    ]
    connection.execute(insert(run_events), rows)
    done: list[StepResult] = []
    for event in events:
        if isinstance(event, Planned):
            keep_steps(connection, run_id, done)
            done = []
            _keep_plan(connection, run_id, event)
        elif isinstance(event, StepEnded) and event.result.state == "done":
            done.append(event.result)
        elif isinstance(event, (Replied, Failed)):
            announce_end(connection, run_id, now)
    keep_steps(connection, run_id, done)
    return last


def keep_steps(connection: Connection, run_id: str, results: Sequence[StepResult]) -> None:
    """Note steps that are done, in place of what was noted of them before."""
    latest = {result.id: result for result in results}
    if not latest:
        return
    _forget_steps(connection, run_id, set(latest))
    tenant = connection.scalar(select(runs.c.tenant).where(runs.c.id == run_id))
    rows = [
        {"run_id": run_id, "step": step, "result": result.model_dump_json(), "tenant": tenant, "key": result.key}
        for step, result in latest.items()
    ]
    connection.execute(insert(run_steps), rows)


def step_done_before(connection: Connection, key: str, tenant: str) -> str | None:
    """Return a step that a run of the tenant got done by equal work, as it is stored."""
    found = select(run_steps.c.result).where(run_steps.c.tenant == tenant, run_steps.c.key == key).limit(1)
    return connection.scalar(found)


def steps_done(connection: Connection, run_id: str) -> tuple[str, ...]:
    """Return the steps of a run that are done, as they are stored."""
    return tuple(connection.scalars(select(run_steps.c.result).where(run_steps.c.run_id == run_id)))


def _keep_plan(connection: Connection, run_id: str, planned: Planned) -> None:
    """Note the plan; what another plan before it made counts only where the two are alike."""
    before = connection.scalar(select(runs.c.plan).where(runs.c.id == run_id))
    connection.execute(update(runs).where(runs.c.id == run_id).values(plan=planned.model_dump_json()))
    if before is None:
        return
    now, old = _steps(planned), _steps(Planned.model_validate_json(before, extra="ignore"))
    _forget_steps(connection, run_id, {step_id for step_id, step in old.items() if now.get(step_id) != step})


def _steps(planned: Planned) -> dict[str, Step]:
    return {step.id: step for step in planned.outcome.plan.steps} if isinstance(planned.outcome, PlanOutcome) else {}


def _forget_steps(connection: Connection, run_id: str, step_ids: set[str]) -> None:
    if step_ids:
        connection.execute(delete(run_steps).where(run_steps.c.run_id == run_id, run_steps.c.step.in_(step_ids)))
