"""A write in one process wakes those who wait in another: over Postgres by its own means, also after it was away."""

import logging
import threading
import time

import pytest
from sqlalchemy import text

from router.records.database import Database
from tests.router.postgres import postgres

TRIES, EACH_S = 300, 0.2


def rung(waiting: Database, ringing: Database) -> bool:
    """Tell whether what one writes is heard at the other; it may need a while to begin to listen."""
    heard = threading.Event()
    take_down = waiting._bells.hang("news", heard.set)
    try:
        for _ in range(TRIES):
            with ringing.writing() as connection:
                ringing.notify(connection, "news")
            if heard.wait(EACH_S):
                return True
        return False
    finally:
        take_down()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in caplog.records if record.name == "router.records.bells"]


def test_a_write_rings_in_other_processes(postgres_url: str) -> None:
    one, other = Database(postgres_url), Database(postgres_url)
    one.bell("news")
    assert rung(one, other)
    one.close()
    other.close()


def test_a_listener_that_was_cut_off_listens_again(caplog: pytest.LogCaptureFixture) -> None:
    with postgres() as server:
        one, other = Database(server.url), Database(server.url)
        one.bell("news")
        assert rung(one, other)
        with caplog.at_level(logging.ERROR, "router.records.bells"), other.reading() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
            )
        tries = TRIES
        while not told(caplog) and (tries := tries - 1):  # until then it hears what was on its way
            time.sleep(EACH_S)
        assert rung(one, other)
        assert told(caplog) == ["ERROR"]
        one.close()
        other.close()


def test_a_rolled_back_write_rings_nowhere(database: Database) -> None:
    heard = threading.Event()
    database._bells.hang("news", heard.set)

    def ring_and_fail() -> None:
        with database.writing() as connection:
            database.notify(connection, "news")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ring_and_fail()
    with database.writing() as connection:
        database.notify(connection, "other")
    assert not heard.is_set()
