"""Runner processes over one Postgres, whose executions are counted and can be held."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llm_planner.plans.plan import Plan, Step
from router.events import RunInfo, StepEnded
from router.principal import Principal
from router.records.database import Database
from router.records.runs import RunStore
from router.records.sessions import SessionStore
from router.scope import Scope
from router.turn.background import queue_run
from router.turn.conversation import Message
from tests.integration.conftest import PATIENCE_S, ROOT, wait_until
from tests.router.postgres import Server, postgres

LEASE_S = 3.0
TTL_S = 3600.0
ANN = "ann"
STEPS = ("es", "fr", "de", "it", "pt", "nl", "pl", "sv")  # one step into each language, one after the other


class Site:
    """Runner processes over one database."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.database = Database(server.url)
        self.store = RunStore(self.database, TTL_S, max_runs=500)
        self.sessions = SessionStore(self.database, TTL_S)
        self.runners: list[subprocess.Popen[str]] = []

    def add_runner(self, lease_s: float = LEASE_S, ahead_s: float = 0.0, code: Path = ROOT) -> "subprocess.Popen[str]":
        name = f"runner-{len(self.runners)}"
        command = [sys.executable, "-m", "tests.router.runner_process", self.server.url, str(self.folder), name]
        command += [str(lease_s), str(ahead_s)]
        runner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=code)
        self.runners.append(runner)
        said(runner, "ready")
        return runner

    def start(self, *languages: str) -> RunInfo:
        """Queue a chain of translations."""
        steps = []
        for number, language in enumerate(languages, 1):
            text: Any = {"from": f"s{number - 1}.text"} if number > 1 else "word"
            arguments = {"text": text, "target_language": language}
            steps.append(Step(id=f"s{number}", task="speech-translation", arguments=arguments))
        message = Message(Scope.lasting(PATIENCE_S, Principal(ANN), "r"), plan=Plan(steps=tuple(steps)))
        return asyncio.run(queue_run(message, self.store, self.sessions))

    def hold(self, language: str) -> Path:
        """Let executions into a language wait until the file returned is gone."""
        file = self.folder / language
        file.touch()
        return file

    def wait_for_execution(self, language: str) -> None:
        wait_until(lambda: language in self.executed(), f"a step into '{language}'")

    def executed(self) -> Counter[str]:
        file = self.folder / "executed.txt"
        return Counter(file.read_text().split() if file.exists() else ())

    def ended(self, run: RunInfo) -> RunInfo:
        return wait_until(lambda: found if (found := self.store.get(run.id, ANN)).ended else None, "the run's end")

    def told(self, run: RunInfo) -> list[Any]:
        items = self.store.events(run.id, ANN)
        assert [item.sequence for item in items] == list(range(1, len(items) + 1))
        return [item.event for item in items]

    def turns(self, run: RunInfo) -> int:
        return len(self.sessions.get(str(run.session_id), ANN).turns)


@contextmanager
def runner_site(folder: Path) -> Iterator[Site]:
    """Start a Postgres; end it and all runners afterwards."""
    with postgres() as server:
        site = Site(server, folder)
        try:
            yield site
        finally:
            for runner in site.runners:
                runner.kill()
                runner.wait()
            site.database.close()


def said(runner: "subprocess.Popen[str]", words: str) -> None:
    """Read what a runner says until it says this."""
    assert runner.stdout is not None
    assert any(words in line for line in runner.stdout), f"the runner ended without saying '{words}'"


def done_steps(events: list[Any]) -> list[str]:
    return [event.result.id for event in events if isinstance(event, StepEnded) and event.result.state == "done"]
