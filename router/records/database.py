"""The database of sessions, runs and keys: SQLite on one machine, Postgres for several."""

import logging
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Engine,
    cast,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool, QueuePool

from model_wrappers.contract.errors import InvalidInput, StorageFull, StorageUnavailable
from router.records.bells import CHANNEL, Bell, Bells, PostgresListener
from router.records.reserve import Reserve
from router.records.schema import upgrade
from router.telemetry import metrics

FULL = ("database or disk is full", "No space left on device")  # SQLite's words, and those of the system
DISK_FULL = "53100"  # SQLSTATE; Postgres' words are in its operator's language
ROOM = "Ask the operator for room."
CONNECTIONS = 6  # of a pool to Postgres, unless told: its usual 100 are for all processes
BUSY_TIMEOUT_S = 10.0  # how long a write waits for another process's write, and a caller for a connection

logger = logging.getLogger(__name__)


class Database:
    """A pool of connections, the two ways to use one, and the clock that all processes share."""

    def __init__(self, url: str, clock: Callable[[], float] | None = None, *, connections: int = CONNECTIONS) -> None:
        """Connect, and make the tables or bring them up to date.

        Args:
            url: `sqlite:////absolute/path` or `postgresql+psycopg://user:password@host/name`.
            clock: Seconds since 1970; the database's own clock if None.
            connections: Most to Postgres, which allows few to all processes together; 0 keeps none between uses.

        Raises:
            InvalidInput: If the URL is not understood, or a newer program made the tables.
            StorageUnavailable: If the database cannot be reached.
        """
        self._engine = _open(url, connections)
        file = self._engine.url.database if self._engine.dialect.name == "sqlite" else None
        self._reserve = Reserve(Path(file)) if file else None
        self._clock = clock
        self._bells = Bells()
        self._listener: PostgresListener | None = None
        self._listening = threading.Lock()
        with self.writing() as connection:
            self.found = upgrade(connection)  # revision before this process came; None if the database was empty

    @property
    def now(self) -> ColumnElement[float]:
        """Seconds since 1970, read when the statement runs; the same for all processes, whatever their clocks say."""
        if self._clock is not None:
            return literal(self._clock(), Double)
        if self._engine.dialect.name == "postgresql":
            return cast(func.extract("epoch", func.clock_timestamp()), Double)
        return (func.julianday("now") - 2440587.5) * 86400.0  # days since 1970 from those since -4713

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database."""
        with _measured("read"), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that is kept if the block ends well; on SQLite it alone writes meanwhile."""
        with _measured("write"), self._engine.connect() as connection:
            connection = connection.execution_options(audiogpt_writes=True)
            connection.info.pop(CHANNEL, None)
            with connection.begin():
                yield connection
            topics = connection.info.pop(CHANNEL, ())
        for topic in topics:
            self._bells.ring(topic)

    @contextmanager
    def deleting(self) -> Iterator[Connection]:
        """Give a transaction that frees room and so may use what is kept for a full disk; see `writing`."""
        with self._reserve.spent(self.wipe) if self._reserve else nullcontext(), self.writing() as connection:
            yield connection

    def notify(self, connection: Connection, topic: str) -> None:
        """Ring the bells of a topic once the transaction is kept; in every process with Postgres, else in this one."""
        if self._engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_notify(CHANNEL, topic)))
        else:
            connection.info[CHANNEL] = {*connection.info.get(CHANNEL, ()), topic}

    def check(self) -> None:
        """Return if the database answers; raise `StorageUnavailable` if not."""
        with self.reading() as connection:
            connection.execute(select(1))

    def bell(self, topic: str) -> Bell:
        """Return what waits for news of a topic."""
        with self._listening:
            if self._listener is None and self._engine.dialect.name == "postgresql":
                self._listener = PostgresListener(self._engine, self._bells)
        return Bell(self._bells, topic)

    def wipe(self) -> None:
        """Have SQLite's log let go of what was deleted; Postgres' own vacuum does that in time."""
        if self._engine.dialect.name == "sqlite":
            with _measured("wipe"), closing(self._engine.raw_connection()) as connection:  # outside any transaction
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def note_connections(self) -> None:
        """Note how many connections of the pool are in use, and how many there may be."""
        pool = self._engine.pool
        if isinstance(pool, QueuePool):
            metrics.DATABASE_CONNECTIONS.set(pool.checkedout(), state="in use")
            metrics.DATABASE_CONNECTIONS.set(pool.size() + pool._max_overflow, state="most")

    def close(self) -> None:
        """Close all connections."""
        if self._listener is not None:
            self._listener.stop()
        self._engine.dispose()


def _open(url: str, connections: int) -> Engine:
    try:
        parsed = make_url(url)
        match parsed.get_backend_name():
            case "sqlite":
                return _open_sqlite(parsed)
            case "postgresql":
                return _open_postgres(parsed, connections)
            case other:
                raise ArgumentError(f"no support for '{other}'")
    except (ArgumentError, NoSuchModuleError, ImportError) as exc:
        raise InvalidInput(
            f"The database URL is not usable ({exc}); use sqlite:////path/to/file or "
            "postgresql+psycopg://user:password@host/name.",
            param="database_url",
        ) from exc


def _open_postgres(url: URL, connections: int) -> Engine:
    if "application_name" not in url.query:  # for whoever asks Postgres which process does what
        url = url.update_query_dict({"application_name": f"audiogpt-{socket.gethostname()[:40]}-{os.getpid()}"})
    bounds = {
        "connect_timeout": math.ceil(BUSY_TIMEOUT_S),
        "options": f"-c lock_timeout={math.ceil(BUSY_TIMEOUT_S * 1000)}",
    }
    pool: dict[str, Any] = {"poolclass": NullPool}
    if connections:
        pool = {"pool_size": connections, "max_overflow": 0, "pool_timeout": BUSY_TIMEOUT_S, "pool_pre_ping": True}
    engine = create_engine(url, connect_args=bounds, hide_parameters=True, **pool)
    event.listen(engine, "before_cursor_execute", _without_nul, retval=True)
    return engine


def _without_nul(
    _connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """Leave out the one character that Postgres' texts cannot hold, wherever the text came from."""
    return statement, _plain(parameters)


def _plain(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "")
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return type(value)(map(_plain, value))
    return value


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
    engine = create_engine(
        url, pool_timeout=BUSY_TIMEOUT_S, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction of its own; `_begin_sqlite` does
    connection.execute(f"PRAGMA busy_timeout = {math.ceil(BUSY_TIMEOUT_S * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only let go


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a reader that turns writer fails instead of waiting."""
    writes = connection.get_execution_options().get("audiogpt_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _measured(kind: str) -> Iterator[None]:
    """Time a transaction, and say in the project's words that the database did not answer."""
    began = time.perf_counter()
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as exc:
        metrics.DATABASE_ERRORS.add(kind=kind)
        logger.error("The database did not answer: %s", exc)
        if getattr(exc.__cause__, "sqlstate", None) == DISK_FULL or any(words in str(exc) for words in FULL):
            raise StorageFull("The database has no room left; what is stored can be read.", hint=ROOM) from exc
        raise StorageUnavailable("The database did not answer; try again later.", retry_after_s=1.0) from exc
    finally:
        metrics.DATABASE_SECONDS.observe(time.perf_counter() - began, kind=kind)
