"""What may happen to a part of the system: killed, stopped for a while, cut off, replaced."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.outages.audit import Audit
from benchmarks.outages.site import POLL_S, WAIT_S, Site

STOP_S = 4.0
TITLES = {  # how the processes of a part call themselves
    "model": ("ServeReplica:models:",),
    "planner": ("ServeReplica:planner:",),
    "ingress": ("ServeReplica:ingress:",),
    "runner": ("ServeReplica:runner:",),
    "controller": ("ServeController",),
    "proxy": ("haproxy -",),
}
AWAY_S = 3.0
ROLL_OUT, HELD = "ingress and runner, roll-out", 10


@dataclass(frozen=True)
class Incident:
    """Something that happens to one part; `happen` returns once the system is whole again.

    While it does, the models hold `held` runs or more, so that none of these can end before.
    """

    name: str
    happen: Callable[[], None]
    held: int = 0


class Chaos:
    """Makes incidents in an order of its own."""

    def __init__(self, site: Site, audit: Audit, lease_s: float, seed: int) -> None:
        """Take `site` apart; a runner is stopped for longer than its lease."""
        self._site = site
        self._audit = audit
        self._lease_s = lease_s
        self._random = random.Random(seed)
        self._version = 1

    def round(self) -> list[Incident]:
        """Return every kind of incident once, in random order."""
        incidents = [
            Incident("database connection, cut", self._cut_connection),
            Incident("database connection, SIGSTOP", self._stop_connection),
            Incident("database, away", self._database_away),
            Incident(ROLL_OUT, self._roll_out, held=HELD),
        ]
        for part in TITLES:
            stop_s = 1.4 * self._lease_s if part == "runner" else STOP_S
            incidents += [
                Incident(f"{part}, SIGKILL", lambda part=part: self._kill(part)),
                Incident(f"{part}, SIGSTOP", lambda part=part, stop_s=stop_s: self._stop(part, stop_s)),
            ]
        self._random.shuffle(incidents)
        return incidents

    def _kill(self, part: str) -> None:
        before = _processes(part)
        victim = self._random.choice(before)
        victim.kill()
        self._wait_for(lambda: len(set(_processes(part)) - {victim}) >= len(before), part)
        self._wait_for(lambda: self._site.running.status().ready, f"{part} to be ready")

    def _stop(self, part: str, stop_s: float) -> None:
        victim = self._random.choice(_processes(part))
        _sleep(victim.pid, stop_s)

    def _cut_connection(self) -> None:
        self._audit.cut(self._random.choices(self._audit.connections(), k=3))

    def _stop_connection(self) -> None:
        _sleep(self._random.choice(self._audit.connections()), STOP_S)

    def _database_away(self) -> None:
        with self._site.server.away():
            time.sleep(AWAY_S)

    def _roll_out(self) -> None:
        self._version += 1
        self._site.roll_out(str(self._version))

    def _wait_for(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            with suppress(Exception):  # a controller that comes back answers nothing meanwhile
                if condition():
                    return
            time.sleep(POLL_S)
        raise TimeoutError(f"waited {WAIT_S:.0f} s for {what}")


def _processes(part: str) -> list[psutil.Process]:
    """Return the processes of a part, among those that this one started."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            line = " ".join(process.cmdline())
            if process.status() != psutil.STATUS_ZOMBIE and any(title in line for title in TITLES[part]):
                found.append(process)
    return found


def _sleep(pid: int, stop_s: float) -> None:
    """Stop a process for a while; it may be gone by then."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(stop_s)
        finally:
            os.kill(pid, signal.SIGCONT)
