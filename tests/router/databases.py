"""Databases the store tests run on: a fresh SQLite file, and Postgres where its URL is given."""

import os
from collections.abc import Iterator
from pathlib import Path

from router.database import Database, metadata

POSTGRES_URL = os.environ.get("AUDIOGPT_TEST_DATABASE_URL")  # of a database whose tables may be emptied
KINDS = ["sqlite", *(["postgres"] if POSTGRES_URL else [])]


class Clock:
    """Time that passes when told to."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def fresh_url(kind: str, tmp_path: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/audiogpt.sqlite3"
    assert POSTGRES_URL is not None
    return POSTGRES_URL


def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    with database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "audiogpt_schema":
                connection.execute(table.delete())
    yield database
    database.close()
