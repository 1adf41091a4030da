"""Databases of every age are brought up to date in place, and no row is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url, text

from model_wrappers.contract.errors import InvalidInput
from router.events import StepStarted
from router.records.database import Database
from router.records.runs import RunStore
from router.records.schema import HEAD, MIGRATIONS
from router.records.sessions import SessionStore
from router.records.tables import metadata
from tests.router.clock import Clock
from tests.router.dispatching import TENANT

TTL_S = 1_000.0
OLD = Path(__file__).with_name("before_revisions.sql")  # as commit 5c64130 made it, with a row in every table
SESSION, RUN = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"


@pytest.fixture
def empty_url(database_url: str) -> Iterator[str]:
    """A database without tables."""
    if database_url.startswith("sqlite"):
        yield database_url
        return
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE revisions"))
        yield make_url(database_url).set(database="revisions").render_as_string(hide_password=False)
        connection.execute(text("DROP DATABASE revisions WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database made before there were revisions."""
    script = OLD.read_text()
    if empty_url.startswith("postgresql"):
        script = script.replace(" DOUBLE ", " DOUBLE PRECISION ")
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    engine.dispose()
    return empty_url


def test_revisions_make_the_tables_that_the_program_uses(empty_url: str) -> None:
    database = Database(empty_url)
    with database.writing() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()
    assert differences == []


def test_old_database_is_brought_up_to_date_and_keeps_its_rows(old_url: str, clock: Clock) -> None:
    database = Database(old_url, clock)
    session = SessionStore(database, TTL_S).get(SESSION, TENANT)
    (event,) = RunStore(database, TTL_S).events(RUN, TENANT)
    with database.writing() as connection:
        revisions = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()
    assert database.found == "0001"
    assert revisions == [HEAD]
    assert (session.summary, session.turns[0].text) == ("Before that.", "Clean this up")
    assert event.event == StepStarted(step="s1", task="text-to-speech", model="hibari", at_s=0.1)
    assert [change[0] for change in differences] == ["remove_table"]  # the old count of versions


def test_tables_to_which_a_newer_program_added_are_worked_on_and_left_alone(empty_url: str) -> None:
    Database(empty_url).close()
    added = f"{int(HEAD) + 1:04}"
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE sessions ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'"))
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{added}'"))
    engine.dispose()
    database = Database(empty_url)
    sessions = SessionStore(database, TTL_S)
    made = sessions.create(TENANT)
    assert sessions.get(made.id, TENANT) == made
    with database.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == added
    database.close()


def test_database_that_a_newer_program_changed_for_good_is_refused_and_left_alone(empty_url: str) -> None:
    database = Database(empty_url)
    assert database.found is None
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InvalidInput, match=f"revision 9999; this program knows revisions up to {HEAD}"):
        Database(empty_url)
    with database.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    database.close()


def test_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
