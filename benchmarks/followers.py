"""What many followers of runs cost one ingress: statements and CPU a second, while their runs tell of progress.

Usage: python -m benchmarks.followers [--followers 1000] [--runs 100] [--seconds 20] [--events-s 1]
"""

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from sqlalchemy import event

from router.events import StepProgress
from router.records.database import Database
from router.records.run_feed import RunFeed
from router.records.run_queue import RunQueue
from router.records.runs import RunStore
from router.records.sessions import SessionStore
from tests.router.postgres import postgres

TTL_S = 3600.0
TENANT = "default"
QUIET_S = 15.0
SETTLE_S = 3.0  # until everybody follows


def tell(url: str, seconds: float, events_s: float) -> int:
    """Own all runs in another process, add events to each at even distances, end them; return how many each has."""
    database = Database(url)
    queue = RunQueue(database, SessionStore(database, TTL_S), "owner", lease_s=TTL_S)
    leases = []
    while lease := queue.claim():
        leases.append(lease)
    time.sleep(SETTLE_S)
    told, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        for lease in leases:
            queue.append(lease, [StepProgress(step="s1", fraction=told / 1e6)], after=told)
        told += 1
        time.sleep(max(0.0, 1 / events_s - (time.monotonic() - began)))
    for lease in leases:
        queue.finish(lease, "done", [StepProgress(step="s1", fraction=1.0)], after=told)
    database.close()
    return told + 1


async def measure(url: str, followers: int, runs: int, seconds: float, events_s: float) -> dict[str, float]:
    """Follow runs that another process owns; return events delivered, statements and CPU of this one, a second."""
    database = Database(url)
    store = RunStore(database, TTL_S, max_runs=runs)
    ids = [store.create("{}", tenant=TENANT, deadline_s=TTL_S) for _ in range(runs)]
    feed, received = RunFeed(store, database), [0] * followers

    async def follow(number: int) -> None:
        async for item in feed.follow(ids[number % runs], TENANT, quiet_s=QUIET_S):
            received[number] += item is not None

    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        telling = asyncio.get_running_loop().run_in_executor(pool, tell, url, seconds, events_s)
        tasks = [asyncio.create_task(follow(number)) for number in range(followers)]
        while not any(received):  # noqa: ASYNC110 - until the first event, all have joined
            await asyncio.sleep(0.1)
        with counted(database) as statements:
            cpu_s, began, before = time.process_time(), time.perf_counter(), sum(received)
            await asyncio.wait(tasks)
            took_s = time.perf_counter() - began
        told = await telling
    database.close()
    assert set(received) == {told}, "a follower missed an event, or was told one twice"
    return {
        "events told a second": (sum(received) - before) / took_s,
        "statements a second": statements[0] / took_s,
        "cores": (time.process_time() - cpu_s) / took_s,
    }


@contextmanager
def counted(database: Database) -> Iterator[list[int]]:
    """Count the statements of this process."""
    found = [0]

    def count(*_: object) -> None:
        found[0] += 1

    event.listen(database._engine, "before_cursor_execute", count)
    try:
        yield found
    finally:
        event.remove(database._engine, "before_cursor_execute", count)


def main() -> None:
    """Measure on SQLite and on Postgres, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--followers", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--events-s", type=float, default=1.0, help="Events a second of each run")
    arguments = parser.parse_args()
    options = (arguments.followers, arguments.runs, arguments.seconds, arguments.events_s)
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        rows["SQLite"] = asyncio.run(measure(f"sqlite:///{folder}/audiogpt.sqlite3", *options))
    with postgres() as server:
        rows["Postgres"] = asyncio.run(measure(server.url, *options))
    table = Table("database", *next(iter(rows.values())))
    for name, figures in rows.items():
        table.add_row(name, *(f"{figure:,.2f}" for figure in figures.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
