"""How much of the processor a system takes that this process started."""

import asyncio

import psutil

IDLE_S = 20.0  # over which the idle system is measured; its background work comes in bursts of seconds


def tree_cpu_s() -> float:
    """Return the CPU seconds all descendants of this process have used: the system, and not its clients."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def own_cpu_s() -> float:
    """Return the CPU seconds of this process."""
    times = psutil.Process().cpu_times()
    return times.user + times.system


async def idle_cpu_share() -> float:
    """Return the CPU seconds the system uses per second when nobody asks anything."""
    before = tree_cpu_s()
    await asyncio.sleep(IDLE_S)
    return (tree_cpu_s() - before) / IDLE_S
