"""The offline planner in processes of its own, so that a request it comes to no end with costs that request alone.

A template process loads the planner once; the processes that plan are forks of it, which share its memory and take
milliseconds to replace. Each lets the kernel end it when a plan takes too long: nothing else ends a running pattern.
"""

import gc
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, cast

from llm_planner.plans.plan import Outcome, Unsupported
from llm_planner.plans.request import PlanRequest
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import AudioGPTError, DeadlineExceeded
from model_wrappers.contract.sessions import Session

logger = logging.getLogger(__name__)

OFFLINE = "llm_planner.offline:OfflinePlanner"
CPU_LIMIT_S = 1.5  # a plan takes some 10 ms
WALL_LIMIT_S = 10.0  # for plans that wait instead of compute, and for busy machines
TOO_HARD = Unsupported(
    reason="I could not work out within two seconds what this request asks for. Say it in shorter sentences, ask for "
    "less at once, and put texts to be spoken or sung in quotes."
)
FAILED = Unsupported(reason="I failed to read this request. Please say it in other words.")
WARM_UP = PlanRequest(text="say hello", session=Session(id="", tenant="nobody"), catalog=Catalog(), deadline=0.0)


@dataclass(frozen=True)
class Limits:
    """Seconds one plan may take."""

    cpu_s: float = CPU_LIMIT_S
    wall_s: float = WALL_LIMIT_S


class PlannerProcesses:
    """Plans in other processes, one request each at a time; used from any number of threads."""

    def __init__(self, planner: str = OFFLINE, limits: Limits = Limits(), count: int = 2) -> None:
        """Start the processes and wait until they can plan.

        Args:
            planner: `module:class` of what plans; see `llm_planner.planner.LocalPlanner`.
            limits: Of one plan; a process that passes them is replaced.
            count: How many requests are planned at a time; with several, others go on while one is replaced.
        """
        self._limits = limits
        self._template = _Template(planner, limits)
        self._idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(self._template.fork())

    def plan(self, request: PlanRequest) -> Outcome:
        """Return what the planner does, or a refusal in plain words if it came to no end or failed.

        Raises:
            PlanError: The planner's own.
            DeadlineExceeded: If no process was free in time.
        """
        try:
            process = self._idle.get(timeout=max(0.0, request.deadline - time.time()))
        except queue.Empty as exc:
            raise DeadlineExceeded("The planner had no time for the request before its deadline.") from exc
        answer: Outcome | AudioGPTError | None = None
        try:
            process.send(request)
            if process.poll(2 * self._limits.wall_s):
                answer = process.recv()
        except (EOFError, OSError):
            logger.error("A request of %d characters was given up after %s s", len(request.text), self._limits.cpu_s)
        finally:
            self._idle.put(process if answer is not None else self._replaced(process))
        if isinstance(answer, AudioGPTError):
            raise answer
        return TOO_HARD if answer is None else answer

    def close(self) -> None:
        """End the processes."""
        self._template.close()
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _replaced(self, process: Connection) -> Connection:
        process.close()
        return self._template.fork()


class _Template:
    """The process whose forks plan."""

    def __init__(self, planner: str, limits: Limits) -> None:
        self._command = (planner, str(limits.cpu_s), str(limits.wall_s))
        self._turn = threading.Lock()
        self._control, self._process = self._start()

    def fork(self) -> Connection:
        """Return the connection to a new process."""
        ours, theirs = socket.socketpair()
        with self._turn, theirs:
            try:
                socket.send_fds(self._control, [b"f"], [theirs.fileno()])
            except OSError:
                logger.error("The template of the planner's processes is gone; starting another.")
                self._control, self._process = self._start()
                socket.send_fds(self._control, [b"f"], [theirs.fileno()])
        return Connection(ours.detach())

    def close(self) -> None:
        """End the process; its forks end when their connections close."""
        self._control.close()
        self._process.wait()

    def _start(self) -> "tuple[socket.socket, subprocess.Popen[bytes]]":
        ours, theirs = socket.socketpair()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-m", __name__, str(theirs.fileno()), *self._command]
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL
            )
        if not ours.recv(1):  # it is sent when the planner is loaded
            raise RuntimeError(f"The planner's process ended with {process.wait()} before it could plan.")
        return ours, process


def _run_template(control: socket.socket, planner: str, limits: Limits) -> None:
    """Load the planner and fork for every connection that comes, until the control ends."""
    module, _, name = planner.partition(":")
    local = getattr(import_module(module), name)()
    local.plan(WARM_UP)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    control.sendall(b"r")
    while True:
        asked, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not asked:
            return
        if os.fork() == 0:
            control.close()
            _plan_for(Connection(descriptors[0]), local, limits)
            os._exit(0)
        os.close(descriptors[0])


def _plan_for(parent: Connection, local: Any, limits: Limits) -> None:
    """Answer requests until the parent is gone; the timers' signals end the process by default."""
    while True:
        try:
            request = cast(PlanRequest, parent.recv())
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, limits.cpu_s)
        signal.setitimer(signal.ITIMER_REAL, limits.wall_s)
        try:
            answer = local.plan(request)
        except AudioGPTError as exc:
            answer = exc
        except Exception:
            logger.exception("The offline planner failed on a request of %d characters", len(request.text))
            answer = FAILED
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        parent.send(answer)


if __name__ == "__main__":
    _run_template(socket.socket(fileno=int(sys.argv[1])), sys.argv[2], Limits(float(sys.argv[3]), float(sys.argv[4])))
