"""The session store: what each dialogue remembers, apart by tenant."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from model_wrappers.contract.errors import Conflict, NotFound, TooLarge
from model_wrappers.contract.sessions import Session, SessionArtifact, SessionInfo, Turn
from router.pages import PAGE, Cursor, Page, page_of
from router.records.database import Database
from router.records.listing import newest_first
from router.records.tables import session_artifacts, sessions, turns
from router.settings import Settings

MAX_TURN_BYTES = 2**20  # a two-hour transcript is about 120 KB
MAX_ARTIFACTS = 500  # rows of the artifact table; the oldest are dropped
MAX_SUMMARY_CHARACTERS = 20_000
TITLE_CHARACTERS = 80


@dataclass(frozen=True)
class SessionTurn:
    """What a request adds to its session."""

    session_id: str
    turn: Turn
    artifacts: tuple[SessionArtifact, ...] = ()
    summary: str | None = None  # of the turns no longer kept; as it was if None


class SessionStore:
    """Sessions in a database.

    Methods block; call them off the event loop. Any number of threads and processes may use the same database.
    """

    def __init__(self, database: Database, time_to_live_s: float, *, max_turns: int = 100) -> None:
        """Keep sessions in `database`.

        Args:
            database: An open database.
            time_to_live_s: Seconds a session is kept after its last turn.
            max_turns: Turns a session remembers; older ones are dropped.
        """
        self._database = database
        self._time_to_live_s = time_to_live_s
        self._max_turns = max_turns

    @classmethod
    def from_settings(cls, settings: Settings, database: Database) -> Self:
        """Keep sessions in `database` for as long, and of as many turns, as the settings say."""
        return cls(database, settings.artifact_ttl_s, max_turns=settings.max_session_turns)

    def create(self, tenant: str) -> Session:
        """Begin a session under a random id of 128 bits."""
        session = Session(id=secrets.token_hex(16), tenant=tenant)
        now = self._database.now
        with self._database.writing() as connection:
            connection.execute(insert(sessions).values(id=session.id, tenant=tenant, created=now, updated=now))
        return session

    def get(self, session_id: str, tenant: str) -> Session:
        """Return a session with the turns and artifacts it remembers.

        Raises:
            NotFound: If the tenant has none of that id, or its time is over.
        """
        with self._database.reading() as connection:
            row = self._row(connection, session_id, tenant)
            said = connection.scalars(
                select(turns.c.content).where(turns.c.session_id == session_id).order_by(turns.c.number)
            )
            held = connection.scalars(
                select(session_artifacts.c.content)
                .where(session_artifacts.c.session_id == session_id)
                .order_by(session_artifacts.c.turn, session_artifacts.c.position)
            )
            return Session(
                id=session_id,
                tenant=tenant,
                summary=row.summary,
                turns=tuple(Turn.model_validate_json(content, extra="ignore") for content in said),
                artifacts=tuple(SessionArtifact.model_validate_json(content, extra="ignore") for content in held),
            )

    def page(self, tenant: str, cursor: str | None = None, limit: int = PAGE) -> Page[SessionInfo]:
        """Return a page of a tenant's sessions, those used last first.

        Raises:
            InvalidInput: If the cursor is none.
        """
        query = select(sessions).where(sessions.c.tenant == tenant, sessions.c.updated > self._oldest())
        with self._database.reading() as connection:
            rows = connection.execute(newest_first(query, sessions.c.updated, sessions.c.id, cursor, limit))
            found = [
                SessionInfo(id=row.id, title=row.title, turns=row.next_turn, created=row.created, updated=row.updated)
                for row in rows
            ]
        return page_of(found, limit, lambda session: Cursor((session.updated,), session.id))

    def append(self, addition: SessionTurn, tenant: str) -> None:
        """Add a turn in a transaction of its own; raises what `add` raises."""
        with self._database.writing() as connection:
            self.add(connection, addition, tenant)

    def add(self, connection: Connection, addition: SessionTurn, tenant: str) -> None:
        """Add a turn within a transaction, so that it is kept with whatever else that writes, or not at all.

        Of two turns that both follow the same one, the first to be added is kept.

        Raises:
            Conflict: If the session has a turn of that index already, or lacks the one before, or an artifact's name
                is taken.
            NotFound: If the tenant has no such session.
            TooLarge: If the turn exceeds `MAX_TURN_BYTES`, or the summary `MAX_SUMMARY_CHARACTERS`.
        """
        session_id, turn = addition.session_id, addition.turn
        content = turn.model_dump_json()
        if len(content.encode()) > MAX_TURN_BYTES:
            raise TooLarge(f"The turn takes {len(content):,} characters; a session keeps {MAX_TURN_BYTES:,} bytes.")
        self._advance(connection, session_id, tenant, turn)
        connection.execute(insert(turns).values(session_id=session_id, number=turn.index, content=content))
        _add_artifacts(connection, session_id, turn.index, addition.artifacts)
        self._forget_oldest(connection, session_id, turn.index)
        if addition.summary is not None:
            _set_summary(connection, session_id, addition.summary)

    def take_back(self, session_id: str, tenant: str, index: int) -> None:
        """Forget the turn of an index and those after it, with what came in them.

        Raises:
            NotFound: If the tenant has no such session, or the session no such turn.
        """
        with self._database.writing() as connection:
            self._row(connection, session_id, tenant)
            for table, column in ((session_artifacts, session_artifacts.c.turn), (turns, turns.c.number)):
                found = connection.execute(delete(table).where(table.c.session_id == session_id, column >= index))
            if found.rowcount == 0:
                raise NotFound(f"Session '{session_id}' remembers no turn {index}.", param="index")
            connection.execute(update(sessions).where(sessions.c.id == session_id).values(next_turn=index))

    def delete(self, session_id: str, tenant: str) -> None:
        """Forget a session; its artifacts stay until their own time is over. Raise `NotFound` if there is none."""
        with self._database.deleting() as connection:
            self._row(connection, session_id, tenant)
            connection.execute(delete(sessions).where(sessions.c.id == session_id))

    def sweep(self) -> int:
        """Remove the sessions whose time is over, and return how many."""
        with self._database.deleting() as connection:
            return connection.execute(delete(sessions).where(sessions.c.updated <= self._oldest())).rowcount

    def _oldest(self) -> ColumnElement[float]:
        return self._database.now - self._time_to_live_s

    def _row(self, connection: Connection, session_id: str, tenant: str) -> Row[tuple[object, ...]]:
        query = select(sessions).where(
            sessions.c.id == session_id, sessions.c.tenant == tenant, sessions.c.updated > self._oldest()
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(
                f"Session '{session_id[:80]}' does not exist or has expired; begin a new one.", param="session_id"
            )
        return row

    def _advance(self, connection: Connection, session_id: str, tenant: str, turn: Turn) -> None:
        """Take the turn's place: of several writers only one finds the counter as it expects it."""
        row = self._row(connection, session_id, tenant)
        taken = connection.execute(
            update(sessions)
            .where(sessions.c.id == session_id, sessions.c.next_turn == turn.index)
            .values(
                next_turn=turn.index + 1,
                updated=self._database.now,
                title=row.title if turn.index else turn.text[:TITLE_CHARACTERS],
            )
        )
        if taken.rowcount != 1:
            expected = self._row(connection, session_id, tenant).next_turn
            raise Conflict(
                f"Turn {turn.index} cannot be added to session '{session_id}', whose next turn is {expected}: another "
                "request was answered meanwhile; send this one again.",
                param="session_id",
            )

    def _forget_oldest(self, connection: Connection, session_id: str, newest: int) -> None:
        too_old = newest - self._max_turns
        connection.execute(delete(turns).where(turns.c.session_id == session_id, turns.c.number <= too_old))
        names = (
            select(session_artifacts.c.name)
            .where(session_artifacts.c.session_id == session_id)
            .order_by(session_artifacts.c.turn.desc(), session_artifacts.c.position.desc())
        )
        if extra := connection.scalars(names.offset(MAX_ARTIFACTS)).all():
            connection.execute(
                delete(session_artifacts).where(
                    session_artifacts.c.session_id == session_id, session_artifacts.c.name.in_(extra)
                )
            )


def _set_summary(connection: Connection, session_id: str, summary: str) -> None:
    if len(summary) > MAX_SUMMARY_CHARACTERS:
        raise TooLarge(f"The summary has {len(summary):,} characters; at most {MAX_SUMMARY_CHARACTERS:,} are kept.")
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(summary=summary))


def _add_artifacts(connection: Connection, session_id: str, turn: int, artifacts: Sequence[SessionArtifact]) -> None:
    rows = [
        {
            "session_id": session_id,
            "name": artifact.name,
            "turn": turn,
            "position": position,
            "content": artifact.model_dump_json(exclude_none=True),
        }
        for position, artifact in enumerate(artifacts)
    ]
    if not rows:
        return
    try:
        connection.execute(insert(session_artifacts), rows)
    except IntegrityError as exc:
        names = ", ".join(artifact.name for artifact in artifacts)
        raise Conflict(f"Session '{session_id}' has an artifact of one of these names already: {names}.") from exc
