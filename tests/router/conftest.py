import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from router.artifacts.store import ArtifactStore
from router.records.database import Database
from router.records.tables import metadata
from tests.router.clock import Clock
from tests.router.models import GATES
from tests.router.postgres import postgres

GIVEN_POSTGRES_URL = os.environ.get("AUDIOGPT_TEST_DATABASE_URL")  # of a database whose tables may be emptied


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name of the test's own, for the models that write down what they did."""
    return str(request.node.name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    """An empty artifact store."""
    return ArtifactStore(str(tmp_path / "artifacts"), time_to_live_s=3600)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Where Postgres is: the database given, or a server started for this process."""
    if GIVEN_POSTGRES_URL:
        yield GIVEN_POSTGRES_URL
        return
    with postgres() as server:
        yield server.url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where `database` is: a fresh SQLite file, and Postgres."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/audiogpt.sqlite3"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(database_url: str, clock: Clock) -> Iterator[Database]:
    """A database with empty tables, in which time passes when told to."""
    database = Database(database_url, clock)
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # else the audit log refuses
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    yield database
    database.close()


@pytest.fixture(autouse=True)
def open_gates() -> Iterator[None]:
    """Let every waiting model go at the end, so that a failing test leaves no thread behind."""
    yield
    for gate in GATES.values():
        gate.set()
