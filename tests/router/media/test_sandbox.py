import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from router.media import sandbox


def confined(work: Callable[[], object]) -> int:
    """Do something in a confined process of its own and return its exit status; below 0 the signal that ended it."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            sandbox.confine()
            work()
            status = 0
        except OSError:
            status = 10
        except MemoryError:
            status = 11
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def compute_for_ever() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    "work",
    [
        lambda: open("/etc/hostname"),  # noqa: SIM115
        lambda: socket.socket(socket.AF_INET),
        lambda: socket.socketpair(),
        lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        lambda: os.pipe(),
    ],
    ids=["file", "network", "socket", "program", "pipe"],
)
def test_a_confined_process_opens_nothing(work: Callable[[], object]) -> None:
    assert confined(work) == 10


def test_a_confined_process_that_hangs_is_killed() -> None:
    assert confined(compute_for_ever) == -signal.SIGPROF


def test_a_confined_process_that_sleeps_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "STALL_S", 0.2)
    assert confined(signal.pause) == -signal.SIGALRM


def test_a_confined_process_has_bounded_memory() -> None:
    assert confined(lambda: bytearray(2 * sandbox.MAX_MEMORY_BYTES)) == 11
    assert confined(lambda: bytearray(sandbox.MAX_MEMORY_BYTES // 4)) == 0


def test_work_that_goes_on_is_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "STALL_CPU_S", 0.2)

    def steps() -> None:
        while sandbox.cpu_s() < 3.0:
            sandbox.stay_alive()
            sum(range(10_000))

    assert confined(steps) == 0
