import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from model_wrappers.contract.errors import StorageUnavailable
from router.records.database import Database
from router.usage.calls import CallUsage
from router.usage.ledger import MAX_BATCH, Ledger
from router.usage.store import UsageStore

NEVER_S = 3_600.0


def call(number: int = 0) -> CallUsage:
    return CallUsage("acme", "", f"r{number}", "s", 1, "text-to-speech", "sine", at=1_800_000_000.0)


class Flaky(UsageStore):
    """A store whose database is away for the first writes, once after it had taken one."""

    def __init__(self, database: Database, refusals: list[bool]) -> None:
        super().__init__(database)
        self.refusals = refusals

    def add(self, calls: Sequence[CallUsage]) -> None:
        taken = self.refusals.pop(0) if self.refusals else None
        if taken is not False:
            super().add(calls)
        if taken is not None:
            raise StorageUnavailable("The database did not answer.")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'usage.sqlite3'}")


def counted(store: UsageStore) -> int:
    return sum(row.usage.calls for row in store.rows("tenant", 0.0, 4e9))


async def test_calls_are_written_by_themselves_soon(database: Database) -> None:
    store = UsageStore(database)
    ledger = Ledger(store, write_s=0.0)
    ledger.start()
    ledger.note(call())
    while not await asyncio.to_thread(counted, store):  # noqa: ASYNC110 - a database tells nobody
        await asyncio.sleep(0.01)
    assert counted(store) == 1
    await ledger.close()


async def test_many_calls_do_not_wait(database: Database) -> None:
    store = UsageStore(database)
    ledger = Ledger(store, write_s=NEVER_S)
    ledger.start()
    for number in range(MAX_BATCH):
        ledger.note(call(number))
    while await asyncio.to_thread(counted, store) < MAX_BATCH:  # noqa: ASYNC110 - a database tells nobody
        await asyncio.sleep(0.01)
    await ledger.close()


@pytest.mark.parametrize("refusals", [[False], [False, False, True], [True, True]])
async def test_what_the_database_did_not_take_is_written_once_it_does(database: Database, refusals: list[bool]) -> None:
    store = Flaky(database, refusals)
    ledger = Ledger(store, write_s=0.0)
    ledger.start()
    for number in range(3):
        ledger.note(call(number))
    while store.refusals or await asyncio.to_thread(counted, store) < 3:  # noqa: ASYNC110 - a database tells nobody
        await asyncio.sleep(0.01)
    await ledger.close()
    assert counted(store) == 3


async def test_closing_writes_the_rest(database: Database) -> None:
    store = UsageStore(database)
    ledger = Ledger(store, write_s=NEVER_S)
    ledger.note(call())
    await ledger.close()
    assert counted(store) == 1


async def test_a_database_that_stays_away_costs_bounded_memory_and_is_told(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store = Flaky(database, [False] * 100)
    ledger = Ledger(store, write_s=NEVER_S, max_waiting=2)
    for number in range(3):
        ledger.note(call(number))
    assert "this call is not counted" in caplog.text
    await ledger.close()
    assert "The usage of 2 calls was not written" in caplog.text


async def test_what_can_never_be_written_does_not_keep_the_rest(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store = UsageStore(database)
    ledger = Ledger(store, write_s=NEVER_S)
    broken = call()
    broken.task = None  # type: ignore[assignment]
    ledger.note(broken)
    await ledger.flush()
    ledger.note(call(1))
    await ledger.flush()
    assert counted(store) == 1
    assert "cannot be written" in caplog.text
