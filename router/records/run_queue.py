"""The run queue: which process owns which run, by leases on the database's clock."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from llm_planner.plans.request import PlannedOutcome
from llm_planner.plans.results import StepResult
from model_wrappers.contract.errors import Conflict, NotFound
from router.events import ACTIVE, EndState, Event, Planned
from router.records.database import Database
from router.records.run_log import add_events, steps_done
from router.records.sessions import SessionStore, SessionTurn
from router.records.tables import runs
from router.telemetry import metrics
from router.telemetry.tenants import class_of

LEASE_S = 30.0  # after this much silence of its owner another process may take a run over
MAX_ATTEMPTS = 3  # owners that may die over a run before it is given up

WAITING = runs.c.state == "queued"


def stale(now: ColumnElement[float], lease_s: float = LEASE_S) -> ColumnElement[bool]:
    """Return what holds of runs that another process may take over: their owner has been silent for too long."""
    return and_(runs.c.state == "running", runs.c.request.is_not(None), runs.c.heartbeat < now - lease_s)


@dataclass(frozen=True)
class Lease:
    """A run in the hands of one owner, and what owners before it got done."""

    run_id: str
    tenant: str
    fence: int
    attempt: int
    request: str
    deadline_s: float  # seconds left when it was claimed
    last_sequence: int
    claimed: float  # by `time.monotonic()` of this process
    plan: str | None  # as it is stored, like the steps: one that cannot be read fails its run, not the queue
    steps: tuple[str, ...]

    @cached_property
    def planned(self) -> PlannedOutcome | None:
        """The plan that stands."""
        return None if self.plan is None else Planned.model_validate_json(self.plan, extra="ignore").planned

    @cached_property
    def results(self) -> Mapping[str, StepResult]:
        """The steps that are done, by id."""
        results = [StepResult.model_validate_json(step, extra="ignore") for step in self.steps]
        return {result.id: result for result in results}


class RunQueue:
    """Claims runs for one owner and writes what it does; every write of an owner who lost a run raises `Conflict`.

    Methods block; call them off the event loop.
    """

    def __init__(self, database: Database, sessions: SessionStore, owner: str, *, lease_s: float = LEASE_S) -> None:
        """Own runs in `database`.

        Args:
            database: An open database.
            sessions: Where the turns of runs are kept; in the same database.
            owner: Name of this owner, unlike that of every other process.
            lease_s: Seconds of silence after which an owner loses its runs.
        """
        self.lease_s = lease_s
        self._database = database
        self._sessions = sessions
        self._owner = owner

    def claim(self) -> Lease | None:
        """Take a run that waits, or whose owner fell silent; None if there is none.

        The most urgent come first, then those of tenants with the fewest runs in work, then the oldest.
        """
        now, others = self._database.now, runs.alias()
        in_work = (
            select(func.count())
            .where(others.c.tenant == runs.c.tenant, others.c.state == "running")
            .correlate(runs)
            .scalar_subquery()
        )
        with self._database.writing() as connection:
            due = (
                select(runs.c.id)
                .where(
                    or_(WAITING, and_(stale(now, self.lease_s), runs.c.attempt < MAX_ATTEMPTS)),
                    runs.c.request.is_not(None),
                )
                .order_by(runs.c.priority.desc(), in_work, runs.c.created)
                .limit(1)
                .with_for_update(skip_locked=True)
                .scalar_subquery()
            )
            taken = (
                update(runs)
                .where(runs.c.id == due)
                .values(
                    state="running",
                    owner=self._owner,
                    fence=runs.c.fence + 1,
                    attempt=runs.c.attempt + 1,
                    heartbeat=now,
                    updated=now,
                )
            )
            measures = ((runs.c.deadline - now).label("left_s"), (now - runs.c.created).label("age_s"))
            row = connection.execute(taken.returning(runs, *measures)).one_or_none()
            lease = None if row is None else self._lease(connection, row)
        if row is not None:
            metrics.LEASES.add(event="claimed" if row.attempt == 1 else "taken over")
            if row.attempt == 1:
                metrics.RUN_QUEUE_SECONDS.observe(row.age_s, tenant_class=class_of(row.tenant))
        return lease

    def renew(self) -> dict[str, int]:
        """Renew all leases of this owner at once; return the fence of each run it still owns."""
        renewed = update(runs).where(runs.c.owner == self._owner, runs.c.state == "running")
        with self._database.writing() as connection:
            rows = connection.execute(renewed.values(heartbeat=self._database.now).returning(runs.c.id, runs.c.fence))
            return {row.id: row.fence for row in rows}

    def cancellations(self) -> set[str]:
        """Return the runs of this owner that somebody asked to cancel."""
        asked = select(runs.c.id).where(runs.c.owner == self._owner, runs.c.state == "running", runs.c.cancel_requested)
        with self._database.reading() as connection:
            return set(connection.scalars(asked))

    def append(self, lease: Lease, events: Sequence[Event], *, after: int) -> None:
        """Add events in one write, which renews the lease; those that a write before this one added are not again.

        Args:
            lease: The run.
            events: In order.
            after: Number of the event before the first.

        Raises:
            Conflict: If another process took the run over, or it has ended.
            NotFound: If it was deleted.
            TooLarge: If it would have too many events.
        """
        with self._database.writing() as connection:
            if self._change(connection, lease) == after:
                add_events(connection, lease.run_id, events, self._database.now)
                self._database.notify(connection, "events")

    def finish(
        self, lease: Lease, state: EndState, events: Sequence[Event], turn: SessionTurn | None = None, *, after: int
    ) -> None:
        """Add the last events and the session's turn and end the run, all or nothing; takes what `append` takes.

        Raises:
            Conflict: Also if the session got another turn meanwhile, see `SessionStore.add`.
        """
        with self._database.writing() as connection:
            if self._change(connection, lease, state=state) != after:
                return
            add_events(connection, lease.run_id, events, self._database.now)
            if turn is not None:
                self._sessions.add(connection, turn, lease.tenant)
            self._database.notify(connection, "events")
        metrics.RUNS_ENDED.add(outcome=state, tenant_class=class_of(lease.tenant))
        metrics.RUN_DURATION_SECONDS.observe(time.monotonic() - lease.claimed, outcome=state)

    def release(self, lease: Lease) -> None:
        """Hand a run back, so that another process takes it over at once; raises what `append` raises."""
        with self._database.writing() as connection:
            self._change(connection, lease, state="queued", owner=None, attempt=runs.c.attempt - 1)
            self._database.notify(connection, "queued")
        metrics.LEASES.add(event="released")

    def _lease(self, connection: Connection, row: Row[tuple[object, ...]]) -> Lease:
        return Lease(
            run_id=row.id,
            tenant=row.tenant,
            fence=row.fence,
            attempt=row.attempt,
            request=row.request,
            deadline_s=row.left_s,
            last_sequence=row.last_sequence,
            claimed=time.monotonic(),
            plan=row.plan,
            steps=steps_done(connection, row.id),
        )

    def _change(self, connection: Connection, lease: Lease, **values: object) -> int:
        """Renew the lease and set values, if the run is still this owner's; return the number of its last event.

        A write whose answer was lost on the way is asked for again: it finds what it did.
        """
        now = self._database.now
        changed = (
            update(runs)
            .where(runs.c.id == lease.run_id, runs.c.fence == lease.fence, runs.c.state == "running")
            .values(**{"heartbeat": now, "updated": now, **values})
            .returning(runs.c.last_sequence)
        )
        if (last := connection.scalar(changed)) is not None:
            return int(last)
        row = connection.execute(select(runs).where(runs.c.id == lease.run_id)).one_or_none()
        if row is None:
            raise NotFound(f"Run '{lease.run_id}' does not exist any more.", param="run_id")
        if row.fence == lease.fence and row.state == values.get("state", "running"):
            return int(row.last_sequence)
        became = "is in other hands" if row.state in ACTIVE else f"is {row.state}"
        raise Conflict(f"Run '{lease.run_id}' {became}; this owner can write no more.", param="run_id")
