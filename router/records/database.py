"""The database of sessions and runs: SQLite on one machine, Postgres for several."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Double,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from model_wrappers.contract.errors import InvalidInput, StorageUnavailable
from router.records.schema import upgrade

BUSY_TIMEOUT_S = 10.0  # how long a write waits for another process's write, and a caller for a connection

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("summary", Text, nullable=False, default=""),
    Column("next_turn", Integer, nullable=False, default=0),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Index("sessions_by_age", "tenant", "updated"),
)

turns = Table(
    "turns",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", Text, nullable=False),
)

session_artifacts = Table(
    "session_artifacts",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("turn", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("content", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("session_id", String(32), nullable=True),
    Column("state", String(16), nullable=False),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("last_sequence", Integer, nullable=False, default=0),
    Column("heartbeat", Double, nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Index("runs_by_age", "tenant", "created"),
    Index("runs_by_state", "state", "heartbeat"),
)

run_events = Table(
    "run_events",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("content", Text, nullable=False),
)


class Database:
    """A pool of connections and the two ways to use one."""

    def __init__(self, url: str) -> None:
        """Connect, and make the tables or bring them up to date.

        Args:
            url: `sqlite:////absolute/path` or `postgresql+psycopg://user:password@host/name`.

        Raises:
            InvalidInput: If the URL is not understood, or a newer program made the tables.
            StorageUnavailable: If the database cannot be reached.
        """
        self._engine = _open(url)
        with self.writing() as connection:
            self.found = upgrade(connection)  # revision before this process came; None if the database was empty

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database."""
        with _database_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that is kept if the block ends well; on SQLite it alone writes meanwhile."""
        with _database_errors(), self._engine.connect() as connection:
            connection = connection.execution_options(audiogpt_writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _open(url: str) -> Engine:
    try:
        parsed = make_url(url)
        opener = {"sqlite": _open_sqlite, "postgresql": _open_postgres}.get(parsed.get_backend_name())
        if opener is None:
            raise ArgumentError(f"no support for '{parsed.get_backend_name()}'")
        return opener(parsed)
    except (ArgumentError, NoSuchModuleError, ImportError) as exc:
        raise InvalidInput(
            f"The database URL is not usable ({exc}); use sqlite:////path/to/file or "
            "postgresql+psycopg://user:password@host/name.",
            param="database_url",
        ) from exc


def _open_postgres(url: URL) -> Engine:
    bounds = {
        "connect_timeout": math.ceil(BUSY_TIMEOUT_S),
        "options": f"-c lock_timeout={math.ceil(BUSY_TIMEOUT_S * 1000)}",
    }
    return create_engine(url, pool_pre_ping=True, pool_timeout=BUSY_TIMEOUT_S, connect_args=bounds)


def _open_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise InvalidInput(
            "An SQLite database in memory is private to one connection; name a file: sqlite:////path/to/file.",
            param="database_url",
        )
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageUnavailable(f"The folder of the database '{url.database}' cannot be made: {exc}") from exc
    engine = create_engine(url, pool_timeout=BUSY_TIMEOUT_S, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction of its own; `_begin_sqlite` does
    connection.execute(f"PRAGMA busy_timeout = {math.ceil(BUSY_TIMEOUT_S * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a reader that turns writer fails instead of waiting."""
    writes = connection.get_execution_options().get("audiogpt_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _database_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as exc:
        reason = getattr(exc, "orig", None) or exc
        raise StorageUnavailable(f"The database did not answer: {reason}", retry_after_s=1.0) from exc
