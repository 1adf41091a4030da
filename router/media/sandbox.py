"""What a process that opens bytes from outside may do: compute, and write into the file it was given."""

import math
import resource
import signal
from pathlib import Path

MAX_MEMORY_BYTES = 768 * 2**20  # beside what the process has when it begins
MAX_OUTPUT_BYTES = 3 * 2**30
MAX_CPU_S = 180.0
STALL_CPU_S = 3.0  # of computing without a block of sound or a frame
STALL_S = 20.0  # the same by the clock, on a busy machine


def confine() -> None:
    """Limit this process for good, once all descriptors it needs are open.

    It can open nothing any more: no file, no socket, no program. A limit on descriptors holds for all of these, on
    every kernel and in every container.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + MAX_MEMORY_BYTES)
    _limit(resource.RLIMIT_FSIZE, MAX_OUTPUT_BYTES)
    _limit(resource.RLIMIT_CPU, math.ceil(cpu_s() + MAX_CPU_S))
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, 0)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    stay_alive()


def stay_alive() -> None:
    """Put off the end that a hanging decoder would find: the kernel kills the process when either clock runs out."""
    signal.setitimer(signal.ITIMER_PROF, STALL_CPU_S)
    signal.setitimer(signal.ITIMER_REAL, STALL_S)


def cpu_s() -> float:
    """Return the seconds of processor this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (most, most))
