"""What many followers of runs cost one ingress over HTTP: statements and CPU a second, while their runs tell events.

Usage: python -m benchmarks.costs.followers [--followers 1000] [--runs 100] [--seconds 20] [--events-s 1]
"""

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from sqlalchemy import event

from deployments.api.app import create_app
from deployments.api.services import Services
from llm_planner.planner import Planner
from router.artifacts.store import ArtifactStore
from router.events import StepProgress
from router.in_process import InProcessDispatcher
from router.records.database import Database
from router.records.run_queue import RunQueue
from router.records.sessions import SessionStore
from router.settings import Settings
from tests.router.conversing import Greeter
from tests.router.postgres import postgres

TTL_S = 3600.0
TENANT = "default"
HOST = "127.0.0.1"
Figures = dict[str, float]


def tell(url: str, seconds: float, events_s: float) -> int:
    """Own all runs in another process, add events to each at even distances, end them; return how many each has."""
    database = Database(url)
    queue = RunQueue(database, SessionStore(database, TTL_S), "owner", lease_s=TTL_S)
    leases = []
    while lease := queue.claim():
        leases.append(lease)
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


def follow_all(port: int, ids: Sequence[str], followers: int, follow_s: float) -> list[int]:
    """Follow the runs over HTTP from another process, and return how many events each follower was told."""
    return asyncio.run(_follow_all(port, ids, followers, follow_s))


async def _follow_all(port: int, ids: Sequence[str], followers: int, follow_s: float) -> list[int]:
    async with asyncio.timeout(follow_s):
        return list(await asyncio.gather(*(_follow(port, ids[n % len(ids)]) for n in range(followers))))


async def _follow(port: int, run_id: str) -> int:
    """Read one stream to its end; nothing but its events' numbers is looked at, to leave the cores to the server."""
    reader, writer = await asyncio.open_connection(HOST, port)
    head = f"GET /v1/runs/{run_id}/events?stream=true HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.readline()
    assert answer.split()[1] == b"200", f"a follower was refused: {answer + await reader.read()!r}"
    told = 0
    async for line in reader:
        if line.startswith(b"id: "):
            told += 1
            assert int(line[4:]) == told, "a follower missed an event, or was told one twice"
    writer.close()
    return told


async def measure(url: str, folder: Path, followers: int, runs: int, seconds: float, events_s: float) -> Figures:
    """Serve followers of runs that another process owns; return events, statements and CPU of this process a second."""
    settings = Settings(home=folder, database_url=SecretStr(url), max_runs=runs)
    artifacts = ArtifactStore.from_settings(settings)
    models = InProcessDispatcher([], artifacts)
    planner = Planner(Greeter())
    services = Services.assemble(
        settings, artifacts=artifacts, dispatcher=models, planner=planner, catalog=models.catalog
    )
    ids = [services.runs.create("{}", tenant=TENANT, deadline_s=TTL_S) for _ in range(runs)]
    context = multiprocessing.get_context("spawn")
    async with serving(services) as port:
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            loop = asyncio.get_running_loop()
            following = loop.run_in_executor(pool, follow_all, port, ids, followers, TTL_S)
            while services.feed.followers < followers and not following.done():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            telling = loop.run_in_executor(pool, tell, url, seconds, events_s)
            while not (await asyncio.to_thread(services.runs.get, ids[-1], TENANT)).last_sequence:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            with counted(services.database) as statements:
                cpu_s, began = time.process_time(), time.perf_counter()
                received = await following
                took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_s
            told = await telling
    services.database.close()
    assert set(received) == {told}, "a follower missed events"
    return {
        "events told a second": (sum(received) - followers) / took_s,  # but for the first of each
        "statements a second": statements[0] / took_s,
        "cores": cpu_s / took_s,
    }


@asynccontextmanager
async def serving(services: Services) -> AsyncIterator[int]:
    """Serve the API in this process, as an ingress does, and give its port."""
    server = uvicorn.Server(uvicorn.Config(create_app(services), host=HOST, port=0, log_level="warning"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await task


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
    rows: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        for name, url in (("SQLite", f"sqlite:///{folder}/audiogpt.sqlite3"), ("Postgres", server.url)):
            rows[name] = asyncio.run(measure(url, Path(folder), *options))
    table = Table("database", *next(iter(rows.values())))
    for name, figures in rows.items():
        table.add_row(name, *(f"{figure:,.2f}" for figure in figures.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
