"""The run store: plans that outlive their connection, visible to every process."""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Self

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from llm_planner.plans.results import ErrorInfo
from model_wrappers.contract.errors import Conflict, InvalidInput, ModelLost, ModelOverloaded, NotFound, TooLarge
from router.events import ACTIVE, EndState, Event, Failed, RunEvent, RunInfo
from router.records.database import Database, run_events, runs
from router.settings import Settings

HEARTBEAT_S = 5.0  # how often an owner should say that it lives
LOST_AFTER_S = 30.0  # six heartbeats missed
MAX_EVENTS = 50_000  # of one run: 32 steps that each report progress 1,500 times
MAX_PAGE = 1_000
RETRY_AFTER_S = 10.0

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class RunStore:
    """Runs in a database: their owner writes, every process reads and may ask to cancel.

    Methods block; call them off the event loop. An owner whose heartbeat stays away has lost its run for good: its
    later writes raise `Conflict`.
    """

    def __init__(
        self,
        database: Database,
        time_to_live_s: float,
        *,
        max_runs: int = 32,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep runs in `database`.

        Args:
            database: An open database.
            time_to_live_s: Seconds a run is kept after it ended.
            max_runs: Most runs of one tenant that have not ended.
            clock: Seconds since 1970.
        """
        self._database = database
        self._time_to_live_s = time_to_live_s
        self._max_runs = max_runs
        self._clock = clock

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Open the store the settings name."""
        database = Database(settings.database_url.get_secret_value())
        return cls(database, settings.artifact_ttl_s, max_runs=settings.max_runs)

    def create(self, tenant: str, session_id: str | None = None) -> str:
        """Queue a run and return its id, 128 random bits; the caller owns it and owes it heartbeats from now on.

        Raises:
            ModelOverloaded: If the tenant has `max_runs` runs that have not ended.
        """
        run_id, now = secrets.token_hex(16), self._clock()
        with self._database.writing() as connection:
            self._bury(connection)
            active = select(func.count()).where(runs.c.tenant == tenant, runs.c.state.in_(ACTIVE))
            if (count := connection.scalar(active) or 0) >= self._max_runs:
                raise ModelOverloaded(
                    f"{count} runs have not ended; at most {self._max_runs} are allowed. Wait for one or cancel it.",
                    retry_after_s=RETRY_AFTER_S,
                )
            connection.execute(
                insert(runs).values(
                    id=run_id,
                    tenant=tenant,
                    session_id=session_id,
                    state="queued",
                    heartbeat=now,
                    created=now,
                    updated=now,
                )
            )
        return run_id

    def start(self, run_id: str, session_id: str | None = None) -> None:
        """Say that a queued run is running, and in which session if that was not known before."""
        values = {"state": "running"} | ({"session_id": session_id} if session_id else {})
        with self._database.writing() as connection:
            self._change(connection, run_id, runs.c.state == "queued", **values)

    def heartbeat(self, run_id: str) -> bool:
        """Say that the owner lives, at least every `HEARTBEAT_S`, and learn whether somebody asked to cancel.

        Raises:
            Conflict: If the run has ended, or was given up for lost.
            NotFound: If it was deleted.
        """
        with self._database.writing() as connection:
            self._change(connection, run_id)
            return bool(connection.scalar(select(runs.c.cancel_requested).where(runs.c.id == run_id)))

    def append(self, run_id: str, events: Sequence[Event]) -> int:
        """Add events in one write, and return the sequence of the last.

        Raises:
            Conflict: If the run has ended, or was given up for lost.
            NotFound: If it was deleted.
            TooLarge: If it would have more than `MAX_EVENTS` events.
        """
        with self._database.writing() as connection:
            self._change(connection, run_id)
            return self._add(connection, run_id, events)

    def finish(self, run_id: str, state: EndState, events: Sequence[Event] = ()) -> None:
        """Add the last events and end the run, both at once; raises what `append` raises."""
        with self._database.writing() as connection:
            self._change(connection, run_id, state=state)
            self._add(connection, run_id, events)

    def get(self, run_id: str, tenant: str) -> RunInfo:
        """Return a run.

        Raises:
            NotFound: If the tenant has none of that id.
        """
        self._bury_stale()
        with self._database.reading() as connection:
            return _info(self._row(connection, run_id, tenant))

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
            return [RunEvent(sequence=row.sequence, at=row.at, event=_EVENT.validate_json(row.content)) for row in rows]

    def request_cancel(self, run_id: str, tenant: str) -> RunInfo:
        """Ask the owner to cancel a run; none the worse if it has ended already. Raise `NotFound`."""
        with self._database.writing() as connection:
            self._row(connection, run_id, tenant)
            connection.execute(
                update(runs).where(runs.c.id == run_id, runs.c.state.in_(ACTIVE)).values(cancel_requested=True)
            )
            return _info(self._row(connection, run_id, tenant))

    def sweep(self) -> int:
        """Give up stale runs, remove those that ended long ago, and return how many were removed."""
        oldest = self._clock() - self._time_to_live_s
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

    def _change(self, connection: Connection, run_id: str, *conditions: ColumnElement[bool], **values: object) -> None:
        now = self._clock()
        alive = (runs.c.id == run_id, runs.c.state.in_(ACTIVE), *conditions)
        changed = connection.execute(update(runs).where(*alive).values(heartbeat=now, updated=now, **values))
        if changed.rowcount == 1:
            return
        state = connection.scalar(select(runs.c.state).where(runs.c.id == run_id))
        if state is None:
            raise NotFound(f"Run '{run_id}' does not exist any more.", param="run_id")
        raise Conflict(f"Run '{run_id}' is {state}; its owner can write no more.", param="run_id")

    def _add(self, connection: Connection, run_id: str, events: Sequence[Event]) -> int:
        query = (
            update(runs)
            .where(runs.c.id == run_id)
            .values(last_sequence=runs.c.last_sequence + len(events))
            .returning(runs.c.last_sequence)
        )
        last = int(connection.execute(query).scalar_one())
        if last > MAX_EVENTS:
            raise TooLarge(f"Run '{run_id}' has {last:,} events; at most {MAX_EVENTS:,} are kept.")
        first, now = last - len(events) + 1, self._clock()
        rows = [
            {"run_id": run_id, "sequence": sequence, "at": now, "content": _EVENT.dump_json(event).decode()}
            for sequence, event in enumerate(events, first)
        ]
        if rows:
            connection.execute(insert(run_events), rows)
        return last

    def _bury_stale(self) -> None:
        """Look before writing: almost always nothing is stale."""
        with self._database.reading() as connection:
            found = connection.scalar(select(runs.c.id).where(*self._stale()).limit(1))
        if found is not None:
            with self._database.writing() as connection:
                self._bury(connection)

    def _bury(self, connection: Connection) -> None:
        """Mark the runs lost whose owner has been silent, so that those who follow their events get an end."""
        lost = update(runs).where(*self._stale()).values(state="lost", updated=self._clock()).returning(runs.c.id)
        for run_id in connection.scalars(lost).all():
            error = ModelLost("The process that ran this has died; start the run again.")
            self._add(connection, run_id, [Failed(error=ErrorInfo.of(error))])

    def _stale(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return runs.c.state.in_(ACTIVE), runs.c.heartbeat < self._clock() - LOST_AFTER_S


def _info(row: Row[tuple[object, ...]]) -> RunInfo:
    return RunInfo.model_validate({name: row._mapping[name] for name in RunInfo.model_fields})
