"""What it costs a step that its run survives the loss of any process: a chain of no-op models, with and without.

Usage: python -m benchmarks.costs.durability [--rounds 200]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from llm_planner.planner import Planner
from llm_planner.plans.plan import Plan
from router.artifacts.store import ArtifactStore
from router.execution.executor import Executor
from router.principal import Principal
from router.records.database import Database
from router.records.run_queue import RunQueue
from router.records.runs import RunStore
from router.records.sessions import SessionStore
from router.scope import Scope
from router.turn.background import queue_run
from router.turn.conversation import Conversation, Message
from router.turn.earlier import EarlierRuns
from router.turn.run_record import RunRecord
from tests.router.conversing import Greeter
from tests.router.dispatching import dispatching
from tests.router.models import spec
from tests.router.postgres import postgres
from tests.router.scripted import step

STEPS = 8
TTL_S = 3600.0
WARM_UP = 10
PLAN = Plan.model_validate({"steps": [step(f"s{n}", {"from": f"s{n - 1}.text"} if n else "x") for n in range(STEPS)]})


class Bench:
    """One conversation over one database, with both ways to answer."""

    def __init__(self, folder: Path, url: str) -> None:
        """Open the stores."""
        self._artifacts = ArtifactStore(str(folder / "artifacts"), TTL_S)
        self._database = Database(url)
        self._sessions = SessionStore(self._database, TTL_S)
        self._runs = RunStore(self._database, TTL_S, max_runs=10**6)
        self._queue = RunQueue(self._database, self._sessions, "bench")

    async def measure(self, rounds: int) -> list[dict[str, float]]:
        """Return seconds a chain took as a chat, as a run, and as a run that looks for earlier work, in turn."""
        async with dispatching(self._artifacts, spec("echo", "Echo")) as dispatcher:
            earlier = EarlierRuns(self._runs, self._artifacts)
            executor = Executor(dispatcher, self._artifacts, dispatcher.catalog, earlier=earlier)
            talk = Conversation(Planner(Greeter()), executor, self._artifacts, self._sessions)
            found = [
                {
                    "chat": await self._chat(talk),
                    "run": await self._run(talk, n, False),
                    "reuse": await self._run(talk, n, True),
                }
                for n in range(WARM_UP + rounds)
            ]
        self._database.close()
        return found[WARM_UP:]

    async def _chat(self, talk: Conversation) -> float:
        message = self._message(-1, False)
        began = time.perf_counter()
        await talk.respond(message, lambda event: None)
        return time.perf_counter() - began

    async def _run(self, talk: Conversation, number: int, reuse: bool) -> float:
        """Claim a run and carry it out as a runner does."""
        await queue_run(self._message(number, reuse), self._runs, self._sessions)
        began = time.perf_counter()
        lease = await asyncio.to_thread(self._queue.claim)
        assert lease is not None
        record = RunRecord(self._queue, lease, lambda: True, lambda: None)
        async with record.writing():
            session = self._runs.get(lease.run_id, lease.tenant).session_id
            await talk.respond(self._message(number, reuse, session), record.emit, record)
        return time.perf_counter() - began

    def _message(self, number: int, reuse: bool, session_id: str | None = None) -> Message:
        """Return a request whose text is new, so that no step was done before."""
        steps = list(PLAN.steps)
        first = steps[0].model_copy(update={"arguments": {**steps[0].arguments, "text": f"{number} {reuse}"}})
        scope = Scope.lasting(TTL_S, Principal("default"), "bench")
        plan = Plan(steps=(first, *steps[1:]))
        return Message(Scope(scope.principal, scope.deadline, "bench", reuse=reuse), plan=plan, session_id=session_id)


def main() -> None:
    """Measure on SQLite and on Postgres, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    table = Table("database", "chat, ms a step", "run, ms a step more", "with a look for earlier work, ms a step more")
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        for name, url in (("SQLite", f"sqlite:///{folder}/audiogpt.sqlite3"), ("Postgres", server.url)):
            found = asyncio.run(Bench(Path(folder) / name, url).measure(rounds))
            chat = statistics.median(each["chat"] for each in found)
            more = [statistics.median(each[way] - each["chat"] for each in found) for way in ("run", "reuse")]
            table.add_row(name, *(f"{1e3 * seconds / STEPS:.2f}" for seconds in (chat, *more)))
    Console().print(table)


if __name__ == "__main__":
    main()
