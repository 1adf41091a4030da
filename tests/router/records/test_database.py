import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from model_wrappers.contract.errors import InvalidInput, StorageFull, StorageUnavailable
from router.records.database import Database
from router.records.schema import HEAD
from tests.router.postgres import postgres

TRIES = 600  # each takes 0.05 s
SYSTEM = "FROM pg_stat_activity WHERE application_name LIKE 'audiogpt-%'"


def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/new/folder/audiogpt.sqlite3"


def test_the_folder_and_tables_are_made_once(tmp_path: Path) -> None:
    for _ in range(2):
        database = Database(url(tmp_path))
        with database.reading() as connection:
            assert connection.scalar(text("SELECT count(*) FROM sessions")) == 0
        database.close()


def test_replicas_that_start_at_once_share_one_new_database(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def open_database(_: int) -> Database:
        start.wait()
        return Database(url(tmp_path))

    with ThreadPoolExecutor(8) as pool:
        databases = list(pool.map(open_database, range(8)))
    for database in databases:
        with database.reading() as connection:
            assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [HEAD]
        database.close()


def test_readers_and_one_writer_work_side_by_side(tmp_path: Path) -> None:
    database = Database(url(tmp_path))
    with database.reading() as reader, database.writing() as writer:
        assert reader.scalar(text("SELECT count(*) FROM runs")) == 0
        writer.execute(text("INSERT INTO sessions VALUES ('a', 't', '', '', 0, 1.0, 1.0)"))
        assert reader.scalar(text("SELECT count(*) FROM sessions")) == 0


def test_a_failed_block_leaves_nothing_behind(tmp_path: Path) -> None:
    database = Database(url(tmp_path))

    def insert_and_fail() -> None:
        with database.writing() as connection:
            connection.execute(text("INSERT INTO sessions VALUES ('a', 't', '', '', 0, 1.0, 1.0)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        insert_and_fail()
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sessions")) == 0


@pytest.mark.parametrize("bad", ["sqlite://", "sqlite:///:memory:", "no url", "nosuch://host/name"])
def test_a_url_that_cannot_work_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInput, match="sqlite:////path"):
        Database(bad)


def test_a_file_that_cannot_be_opened_is_the_operators_error(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageUnavailable, match="did not answer"):
        Database(f"sqlite:///{tmp_path}/folder")


def test_no_more_connections_are_opened_to_postgres_than_allowed() -> None:
    with postgres() as server:
        held = Database(server.url, connections=2)
        kept_none = Database(server.url, connections=0)
        assert _settles(held)
        with ThreadPoolExecutor(6) as callers:
            assert list(callers.map(_used_by_system, [held] * 12)) == [True] * 12
        with kept_none.reading() as connection:
            connection.execute(text("SELECT 1"))
        assert _settles(held)
        held.close()


def _settles(database: Database) -> bool:
    """Tell whether no more connections are left than allowed, once those that were closed have ended."""
    return any(_used_by_system(database) for _ in range(TRIES))


def _used_by_system(database: Database) -> bool:
    with database.reading() as connection:
        return bool(connection.scalar(text(f"SELECT count(*) <= 2 {SYSTEM} AND pg_sleep(0.05) IS NOT NULL")))


WITHOUT_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'konnte Datei nicht erweitern' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION no_room();
"""


def test_postgres_without_room_refuses_what_is_new_while_reads_and_deletes_go_on(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.writing() as connection:
        connection.execute(text("INSERT INTO sessions VALUES ('full', 't', '', '', 0, 1.0, 1.0)"))
        connection.execute(text(WITHOUT_ROOM))
    try:
        with pytest.raises(StorageFull, match="no room left"), database.writing() as connection:
            connection.execute(text("INSERT INTO sessions VALUES ('more', 't', '', '', 0, 1.0, 1.0)"))
        with database.reading() as connection:
            assert connection.scalar(text("SELECT count(*) FROM sessions WHERE id = 'full'")) == 1
        with database.writing() as connection:
            connection.execute(text("DELETE FROM sessions WHERE id = 'full'"))
        with database.reading() as connection:
            assert connection.scalar(text("SELECT count(*) FROM sessions WHERE id = 'full'")) == 0
    finally:
        with database.writing() as connection:
            connection.execute(text("DROP FUNCTION no_room CASCADE"))
        database.close()
