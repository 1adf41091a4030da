"""The run store: plans that outlive their connection, seen by every process."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from llm_planner.plans.plan import Plan, PlanOutcome
from llm_planner.plans.results import ErrorInfo, StepResult
from model_wrappers.contract.errors import (
    AudioGPTError,
    Cancelled,
    Conflict,
    DeadlineExceeded,
    InvalidInput,
    LimitExceeded,
    ModelLost,
    NotFound,
)
from router.events import ACTIVE, Failed, Planned, RunEvent, RunInfo, RunState
from router.pages import PAGE, Cursor, Page, page_of
from router.records.database import Database
from router.records.listing import newest_first
from router.records.run_log import EVENT, add_events, keep_steps, step_done_before, steps_done
from router.records.run_queue import LEASE_S, MAX_ATTEMPTS, WAITING, stale
from router.records.tables import run_events, runs
from router.settings import Settings
from router.telemetry import metrics
from router.telemetry.tenants import class_of

MAX_PAGE = 1_000
MAX_GOING_ON = 200
RETRY_AFTER_S = 10.0


@dataclass(frozen=True)
class RunWork:
    """What an ended run was asked and what it did; `answered` says whether its turn is in the session."""

    request: str
    answered: bool
    plan: Plan
    results: tuple[StepResult, ...]


class RunStore:
    """Runs in a database: every process queues them, reads them and may ask to cancel; see `RunQueue` for their owners.

    Methods block; call them off the event loop.
    """

    def __init__(
        self, database: Database, time_to_live_s: float, *, max_runs: int = 32, lease_s: float = LEASE_S
    ) -> None:
        """Keep runs in `database`.

        Args:
            database: An open database.
            time_to_live_s: Seconds a run is kept after it ended.
            max_runs: Most runs of one tenant that have not ended.
            lease_s: Seconds of silence after which an owner loses its runs, the same for all processes.
        """
        self._database = database
        self._lease_s = lease_s
        self._time_to_live_s = time_to_live_s
        self._max_runs = max_runs

    @classmethod
    def from_settings(cls, settings: Settings, database: Database) -> Self:
        """Keep runs in `database` for as long, and as many, as the settings say."""
        return cls(database, settings.artifact_ttl_s, max_runs=settings.max_runs, lease_s=settings.run_lease_s)

    def create(
        self,
        request: str,
        *,
        tenant: str,
        session_id: str | None = None,
        deadline_s: float,
        priority: int = 0,
        most: int | None = None,
        results: Sequence[StepResult] = (),
    ) -> str:
        """Queue a run for whichever process claims it first, and return its id, 128 random bits.

        Args:
            request: All that its owner needs to know.
            tenant: Owner of the run.
            session_id: Session its turn will belong to.
            deadline_s: Seconds from now after which it is of no use.
            priority: Higher is claimed first.
            most: Runs of the tenant that have not ended; `max_runs` if None or more than that.
            results: Steps of its plan that are done already.

        Raises:
            LimitExceeded: If the tenant has so many runs that have not ended.
        """
        run_id, now = secrets.token_hex(16), self._database.now
        with self._database.writing() as connection:
            self._bury(connection)
            active = select(func.count()).where(runs.c.tenant == tenant, runs.c.state.in_(ACTIVE))
            allowed = self._max_runs if most is None else min(most, self._max_runs)
            if (count := connection.scalar(active) or 0) >= allowed:
                metrics.LIMITS_REFUSED.add(limit="runs", tenant_class=class_of(tenant))
                raise LimitExceeded(
                    f"{count} runs have not ended; at most {allowed} are allowed. Wait for one or cancel it.",
                    retry_after_s=RETRY_AFTER_S,
                )
            connection.execute(
                insert(runs).values(
                    id=run_id,
                    tenant=tenant,
                    session_id=session_id,
                    state="queued",
                    request=request,
                    deadline=now + deadline_s,
                    priority=priority,
                    heartbeat=now,
                    created=now,
                    updated=now,
                )
            )
            keep_steps(connection, run_id, results)
            self._database.notify(connection, "queued")
        metrics.RUNS_ACCEPTED.add(tenant_class=class_of(tenant))
        return run_id

    def work(self, run_id: str, tenant: str) -> RunWork:
        """Return what a run was asked and what it did.

        Raises:
            Conflict: If it has not ended.
            InvalidInput: If it had no plan, or is too old for its request to be known.
            NotFound: If the tenant has none of that id.
        """
        with self._database.reading() as connection:
            row = self._row(connection, run_id, tenant)
            if row.state in ACTIVE:
                raise Conflict(f"Run '{run_id}' has not ended; wait for its end or cancel it first.", param="run_id")
            planned = None if row.plan is None else Planned.model_validate_json(row.plan, extra="ignore")
            if row.request is None or planned is None or not isinstance(planned.outcome, PlanOutcome):
                raise InvalidInput(
                    f"Run '{run_id}' had no plan, so that no step of it can be run again.", param="run_id"
                )
            results = [StepResult.model_validate_json(step, extra="ignore") for step in steps_done(connection, run_id)]
            return RunWork(row.request, row.state == "done", planned.outcome.plan, tuple(results))

    def get(self, run_id: str, tenant: str) -> RunInfo:
        """Return a run.

        Raises:
            NotFound: If the tenant has none of that id.
        """
        self._bury_stale()
        with self._database.reading() as connection:
            return _info(self._row(connection, run_id, tenant))

    def page(self, tenant: str, cursor: str | None = None, limit: int = PAGE) -> Page[RunInfo]:
        """Return a page of a tenant's runs, those started last first.

        Raises:
            InvalidInput: If the cursor is none.
        """
        self._bury_stale()
        query = select(runs).where(runs.c.tenant == tenant)
        with self._database.reading() as connection:
            rows = connection.execute(newest_first(query, runs.c.created, runs.c.id, cursor, limit))
            found = [_info(row) for row in rows]
        return page_of(found, limit, lambda run: Cursor((run.created,), run.id))

    def going_on(self) -> tuple[RunInfo, ...]:
        """Return the runs of all tenants that have not ended, the newest first, `MAX_GOING_ON` at most."""
        query = select(runs).where(runs.c.state.in_(ACTIVE)).order_by(runs.c.created.desc(), runs.c.id.desc())
        with self._database.reading() as connection:
            return tuple(_info(row) for row in connection.execute(query.limit(MAX_GOING_ON)))

    def active(self, tenant: str, *, session_id: str | None = None, run_id: str | None = None) -> list[str]:
        """Return the ids of a tenant's runs that have not ended: all, those of a session, or one."""
        query = select(runs.c.id).where(runs.c.tenant == tenant, runs.c.state.in_(ACTIVE))
        if session_id is not None:
            query = query.where(runs.c.session_id == session_id)
        if run_id is not None:
            query = query.where(runs.c.id == run_id)
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def events(self, run_id: str, tenant: str, *, after: int = 0, limit: int = 200) -> list[RunEvent]:
        """Return the events that follow sequence `after`, in order, `limit` at most; raise `NotFound`."""
        if after < 0 or not 1 <= limit <= MAX_PAGE:
            raise InvalidInput(f"'after' is {after} and 'limit' {limit}; allowed are 0 and more, and 1 to {MAX_PAGE}.")
        with self._database.reading() as connection:
            self._row(connection, run_id, tenant)
            rows = connection.execute(
                select(run_events)
                .where(run_events.c.run_id == run_id, run_events.c.sequence > after)
                .order_by(run_events.c.sequence)
                .limit(limit)
            )
            return list(_readable(rows))

    def news(self, run_ids: Sequence[str]) -> dict[str, RunInfo]:
        """Return what is known of several runs at once; one that does not exist is left out."""
        self._bury_stale()
        with self._database.reading() as connection:
            return {row.id: _info(row) for row in connection.execute(select(runs).where(runs.c.id.in_(run_ids)))}

    def events_after(self, positions: Mapping[str, int]) -> dict[str, tuple[RunEvent, ...]]:
        """Return, of several runs at once, the events that follow a sequence each, `MAX_PAGE` in all."""
        wanted = [
            and_(run_events.c.run_id == run_id, run_events.c.sequence > after) for run_id, after in positions.items()
        ]
        query = select(run_events).where(or_(*wanted)).order_by(run_events.c.run_id, run_events.c.sequence)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(MAX_PAGE)).all()
        return {run_id: tuple(_readable(of_one)) for run_id, of_one in groupby(rows, lambda row: row.run_id)}

    def step_done_before(self, key: str, tenant: str) -> StepResult | None:
        """Return a step that a run of the tenant got done by equal work; see `router/execution/reuse.py`."""
        with self._database.reading() as connection:
            found = step_done_before(connection, key, tenant)
        return None if found is None else StepResult.model_validate_json(found, extra="ignore")

    def request_cancel(self, run_id: str, tenant: str) -> RunInfo:
        """Cancel a run that waits, and ask the owner of one that runs to; none the worse if it has ended already.

        Raises:
            NotFound: If the tenant has none of that id.
        """
        with self._database.writing() as connection:
            self._row(connection, run_id, tenant)
            asked = update(runs).where(runs.c.id == run_id, runs.c.state.in_(ACTIVE))
            connection.execute(asked.values(cancel_requested=True))
            self._end(connection, "cancelled", Cancelled("The run was cancelled."), runs.c.id == run_id, WAITING)
            self._database.notify(connection, "cancelled")
            return _info(self._row(connection, run_id, tenant))

    def sweep(self) -> int:
        """End the runs that nobody can end any more, remove those that ended long ago; return how many were removed."""
        oldest = self._database.now - self._time_to_live_s
        with self._database.writing() as connection:
            self._bury(connection)
            old = delete(runs).where(runs.c.state.not_in(ACTIVE), runs.c.updated <= oldest)
            return connection.execute(old).rowcount

    def _row(self, connection: Connection, run_id: str, tenant: str) -> Row[tuple[object, ...]]:
        query = select(runs).where(runs.c.id == run_id, runs.c.tenant == tenant)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"Run '{run_id[:80]}' does not exist or has expired.", param="run_id")
        return row

    def _bury_stale(self) -> None:
        """Look before writing: almost always there is none."""
        with self._database.reading() as connection:
            found = connection.scalar(select(runs.c.id).where(or_(*self._hopeless())).limit(1))
        if found is not None:
            with self._database.writing() as connection:
                self._bury(connection)

    def _bury(self, connection: Connection) -> None:
        """End the runs that no owner will, so that those who follow their events get an end."""
        dead, late, old = self._hopeless()
        times = f"{MAX_ATTEMPTS} times"
        given_up = ModelLost(f"The process that ran this has died {times}; it is given up.")
        self._end(connection, "failed", given_up, dead, outcome="lost")
        self._end(
            connection, "failed", DeadlineExceeded("The run was not done before its deadline."), late, outcome="expired"
        )
        self._end(connection, "lost", ModelLost("The process that ran this has died; start the run again."), old)

    def _hopeless(self) -> tuple[ColumnElement[bool], ColumnElement[bool], ColumnElement[bool]]:
        """Return what holds of runs whose owners have all died, whose time is over, and that cannot be taken over."""
        silent = stale(self._database.now, self._lease_s)
        ownerless = or_(WAITING, silent)
        return (
            and_(silent, runs.c.attempt >= MAX_ATTEMPTS),
            and_(runs.c.state.in_(ACTIVE), ownerless, runs.c.deadline < self._database.now),
            and_(
                runs.c.state.in_(ACTIVE),
                runs.c.request.is_(None),
                runs.c.heartbeat < self._database.now - self._lease_s,
            ),
        )

    def _end(
        self,
        connection: Connection,
        state: RunState,
        error: AudioGPTError,
        *conditions: ColumnElement[bool],
        outcome: str | None = None,
    ) -> None:
        """End the runs of which the conditions hold; `outcome` is what operators see of it, the state if None."""
        now = self._database.now
        ended = update(runs).where(*conditions).values(state=state, updated=now).returning(runs.c.id, runs.c.tenant)
        for run_id, tenant in connection.execute(ended).all():
            add_events(connection, run_id, [Failed(error=ErrorInfo.of(error))], now)
            metrics.RUNS_ENDED.add(outcome=outcome or state, tenant_class=class_of(tenant))


def _info(row: Row[tuple[object, ...]]) -> RunInfo:
    return RunInfo.model_validate({name: row._mapping[name] for name in RunInfo.model_fields})


def _readable(rows: Iterable[Row[tuple[object, ...]]]) -> Iterator[RunEvent]:
    """Yield the events this program knows: one of a newer program may have told of more."""
    for row in rows:
        with suppress(ValidationError):
            yield RunEvent(sequence=row.sequence, at=row.at, event=EVENT.validate_json(row.content, extra="ignore"))
