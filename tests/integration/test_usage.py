"""What calls came to, on real Serve, beside a ledger of the test: replicas that are killed, models that step in."""

import json
import os
import signal
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.integration.conftest import PATIENCE_S, System, wait_until
from tests.integration.models import BEGAN, CANCELLED, DONE
from tests.integration.test_replicas import over, replicas

MORTAL = "mortal"  # a model that no other test calls
LOST = "model_lost"
Attempt = tuple[str, str]  # model, outcome


@dataclass
class Ledger:
    """Keeps what was done for one request: what its caller heard of it, and what the models wrote down."""

    system: System
    http: httpx.Client
    name: str
    heard: list[Attempt] = field(default_factory=list)
    killed: set[int] = field(default_factory=set)

    def ask(self, *, leave: bool = False) -> None:
        """Have the name worked on, by the mortal model if that can, and listen until the end, or until one works."""
        model = ""
        with closing(self._events()) as events:
            for event in events:
                if event["type"] == "step_retried":
                    self.heard.append((model, event["error"]["code"]))
                if event["type"] == "step_ended":
                    self.heard.append((model, event["result"]["state"]))
                if event["type"] in ("step_started", "step_retried"):
                    model = event["model"]
                    if leave and wait_until(self.journal, "work to leave"):
                        self.heard.append((model, CANCELLED))
                        return

    def _events(self) -> Generator[dict[str, Any], None, None]:
        body = {**over((MORTAL,), self.name, "la"), "stream": True}  # Latin, which only test models take
        with self.http.stream("POST", "/v1/chat", json=body, headers={"X-Request-Id": self.name}) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    def journal(self) -> list[tuple[str, int, str]]:
        """Return what the models wrote down: model, process and event."""
        path = self.system.path(self.name, "journal")
        lines = path.read_text().splitlines() if path.exists() else []
        return [(model, int(pid), event) for model, pid, event in (line.split() for line in lines)]

    def kill(self) -> bool:
        """Kill the processes of the mortal model that work on the name, and tell whether there was one."""
        alive = {pid for model, pid, event in self.journal() if (model, event) == (MORTAL, BEGAN)} - self.killed
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
        self.killed |= alive
        return bool(alive)

    def another_works(self) -> bool:
        """Kill the mortal model again if need be, and tell whether another one works on the name."""
        self.kill()
        return any(model != MORTAL for model, _, _ in self.journal())

    def counted(self) -> list[dict[str, Any]]:
        """Return the calls that the server counted, as soon as there are some."""
        answer = wait_until(self._asked_for, f"the usage of '{self.name}'")
        calls: list[dict[str, Any]] = answer.json()["calls"]
        return calls

    def _asked_for(self) -> httpx.Response | None:
        answer = self.http.get(f"/v1/usage/requests/{self.name}")
        return answer if answer.is_success else None

    def check(self) -> None:
        """Compare: each attempt once, as it ended; each piece of work of a model in one of them."""
        counted = self.counted()
        assert [call["attempt"] for call in counted] == list(range(1, len(counted) + 1))
        assert [(call["model"], call["outcome"]) for call in counted] == self.heard
        ends = Counter((model, event) for model, _, event in self.journal())
        outcomes = Counter(self.heard)
        for model in {model for model, _ in ends}:
            assert ends[model, BEGAN] == ends[model, DONE] + ends[model, CANCELLED] + self._killed(model)
            assert ends[model, DONE] == outcomes[model, DONE]
            assert ends[model, CANCELLED] == outcomes[model, CANCELLED]
            assert self._killed(model) <= outcomes[model, LOST]  # a call may also find nobody at all
        assert all(call["model_s"] > 0 for call in counted if call["outcome"] == DONE)

    def _killed(self, model: str) -> int:
        return len(self.killed) if model == MORTAL else 0


@pytest.fixture
def since(system: System) -> Iterator[str]:
    """When the test began; it ends once the mortal model lives again."""
    yield datetime.now(UTC).isoformat()
    wait_for_the_mortal_model()


def wait_for_the_mortal_model() -> None:
    wait_until(lambda: replicas(MORTAL) == 1, "the mortal model's new process")


def test_usage_equals_a_ledger_beside_it_through_kills_fallbacks_and_callers_who_leave(
    system: System, http: httpx.Client, since: str
) -> None:
    retried, inherited, left = (Ledger(system, http, name) for name in ("retried", "inherited", "left-alone"))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(retried.ask)
        wait_until(retried.kill, "work to kill")
        system.release(retried.name)
        answer.result(timeout=PATIENCE_S)
        answer = pool.submit(inherited.ask)
        wait_until(inherited.another_works, "another model to step in")
        system.release(inherited.name)
        answer.result(timeout=PATIENCE_S)
    wait_for_the_mortal_model()
    left.ask(leave=True)
    wait_until(lambda: any(event == CANCELLED for _, _, event in left.journal()), "the model to stop")
    for ledger in (retried, inherited, left):
        ledger.check()
    assert retried.heard[-1][1] == inherited.heard[-1][1] == DONE
    assert len(retried.killed) == 1
    assert {LOST} == {outcome for model, outcome in inherited.heard if model == MORTAL}
    assert left.heard[-1][1] == CANCELLED
    attempts = Counter(model for ledger in (retried, inherited, left) for model, _ in ledger.heard)
    hours = http.get("/v1/usage", params={"by": "model", "since": since}).raise_for_status().json()["rows"]
    assert {row["of"]: row["usage"]["calls"] for row in hours}[MORTAL] == attempts[MORTAL]
