"""How much of the processor a system takes that this process started."""

import asyncio
import re
from collections import Counter

import psutil

IDLE_S = 20.0  # over which the idle system is measured; its background work comes in bursts of seconds
REPLICA = re.compile(r"ServeReplica:[^:]*:([\w.-]+)")  # in the title of a replica's process
PLATFORM = "platform"  # Ray, its proxies and Serve's controller


def tree_cpu_s() -> float:
    """Return the CPU seconds all descendants of this process have used: the system, and not its clients."""
    return sum(cpu_by_deployment().values())


def cpu_by_deployment() -> Counter[str]:
    """Return the CPU seconds of all descendants by deployment; a replica's own children count to it."""
    found: Counter[str] = Counter()
    for child in psutil.Process().children():
        _add(child, PLATFORM, found)
    return found


def _add(process: psutil.Process, parent: str, found: Counter[str]) -> None:
    try:
        title = REPLICA.search(" ".join(process.cmdline()))
        times, children = process.cpu_times(), process.children()
    except psutil.Error:  # it has ended
        return
    deployment = title[1] if title else parent
    found[deployment] += times.user + times.system
    for child in children:
        _add(child, deployment, found)


def own_cpu_s() -> float:
    """Return the CPU seconds of this process."""
    times = psutil.Process().cpu_times()
    return times.user + times.system


async def idle_cpu_share() -> float:
    """Return the CPU seconds the system uses per second when nobody asks anything."""
    before = tree_cpu_s()
    await asyncio.sleep(IDLE_S)
    return (tree_cpu_s() - before) / IDLE_S
