"""Runs on Postgres whose runners are killed, put to sleep or cut off: each ends once, and what was done stays done."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llm_planner.plans.plan import Plan, Step
from router.events import Failed, Resumed, RunInfo, StepEnded
from router.principal import Principal
from router.records.database import Database
from router.records.run_queue import MAX_ATTEMPTS
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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with postgres() as server:
        site = Site(server, tmp_path)
        yield site
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


def test_a_runner_killed_in_the_fifth_of_eight_steps_costs_that_step_at_most(site: Site) -> None:
    first = site.add_runner()
    gate = site.hold(STEPS[4])
    run = site.start(*STEPS)
    site.wait_for_execution(STEPS[4])
    site.add_runner()
    first.send_signal(signal.SIGKILL)
    gate.unlink()
    assert site.ended(run).state == "done"
    assert [site.executed()[step] for step in STEPS] == [1, 1, 1, 1, 2, 1, 1, 1]
    told = site.told(run)
    assert done_steps(told) == [f"s{number}" for number in range(1, 9)]
    assert [event.attempt for event in told if isinstance(event, Resumed)] == [2]
    assert site.turns(run) == 1


def test_a_runner_that_sleeps_too_long_finds_its_writes_refused(site: Site) -> None:
    first = site.add_runner()
    gate = site.hold(STEPS[1])
    run = site.start(*STEPS[:3])
    site.wait_for_execution(STEPS[1])
    first.send_signal(signal.SIGSTOP)
    site.add_runner()
    wait_until(lambda: site.executed()[STEPS[1]] == 2, "the second runner at the same step")
    gate.unlink()
    assert site.ended(run).state == "done"
    told = site.told(run)
    first.send_signal(signal.SIGCONT)
    said(first, f"Run {run.id} is in other hands")
    later = site.start(STEPS[0])  # by either of the two, both of which live
    assert site.ended(later).state == "done"
    assert first.poll() is None
    assert site.told(run) == told
    assert site.turns(run) == 1


def test_a_database_that_is_away_for_less_than_a_lease_costs_nothing(site: Site) -> None:
    site.add_runner()
    gate = site.hold(STEPS[1])
    run = site.start(*STEPS[:4])
    site.wait_for_execution(STEPS[1])
    with site.server.away():
        gate.unlink()
        wait_until(lambda: site.executed()[STEPS[3]] == 1, "the steps to go on without a database")
    assert site.ended(run).state == "done"
    told = site.told(run)
    assert done_steps(told) == ["s1", "s2", "s3", "s4"]
    assert not [event for event in told if isinstance(event, Resumed)]


def test_a_run_that_kills_its_runners_is_given_up_and_others_are_not(site: Site) -> None:
    site.hold(STEPS[0])
    deadly = site.start(STEPS[0])
    for attempt in range(1, MAX_ATTEMPTS + 1):
        runner = site.add_runner()
        wait_until(lambda: site.executed()[STEPS[0]] == attempt, "the deadly step")  # noqa: B023
        runner.send_signal(signal.SIGKILL)
        runner.wait()
    site.add_runner()
    harmless = site.start(STEPS[1])
    assert site.ended(harmless).state == "done"
    with site.database.writing() as connection:  # the store's own lease is ten times that of these runners
        connection.exec_driver_sql("UPDATE runs SET heartbeat = heartbeat - 60 WHERE state = 'running'")
    assert site.ended(deadly).state == "failed"
    last = site.told(deadly)[-1]
    assert isinstance(last, Failed)
    assert last.error.code == "model_lost"


def test_clocks_five_minutes_apart_bury_no_run(site: Site) -> None:
    runs = [site.start(*STEPS[:2]) for _ in range(6)]
    for ahead_s in (300.0, -300.0):
        site.add_runner(ahead_s=ahead_s)
    for run in runs:
        assert site.ended(run).state == "done"
        assert done_steps(site.told(run)) == ["s1", "s2"]


def test_two_hundred_runs_are_claimed_once_each_by_three_runners(site: Site) -> None:
    runs = [site.start(STEPS[0]) for _ in range(200)]
    for _ in range(3):
        site.add_runner(lease_s=PATIENCE_S)
    assert [site.ended(run).state for run in runs] == ["done"] * len(runs)
    assert site.executed()[STEPS[0]] == len(runs)
    with site.database.reading() as connection:
        claims = connection.exec_driver_sql("SELECT fence, count(*) FROM runs GROUP BY fence").all()
    assert [tuple(row) for row in claims] == [(1, len(runs))]
