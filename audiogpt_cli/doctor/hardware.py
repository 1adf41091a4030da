"""Memory, disk, GPUs and the port that a serve config needs of this machine."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audiogpt_cli.doctor.findings import Finding

if TYPE_CHECKING:
    from deployments.placement.packing import Demand

MIB = 2**20
LEAST_FREE_MB = 2_048  # a day's uploads and what is made of them
OBJECT_STORE_MB = 200  # what Ray keeps in shared memory
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
MEMINFO = Path("/proc/meminfo")
ASKED_S = 20.0


def look_at_hardware(demands: Sequence["Demand"], home: Path, address: tuple[str, int] | None) -> Iterator[Finding]:
    """Yield what is there and what is missing.

    Args:
        demands: What the models' replicas take.
        home: Where everything is kept.
        address: Host and port the server will listen on, None where it does already.
    """
    yield from _memory(demands)
    yield from _disk(home)
    yield from _gpus(demands)
    if address is not None:
        yield _port(*address)


def _memory(demands: Sequence["Demand"]) -> Iterator[Finding]:
    here = memory_mb()
    largest = max((demand.memory_mb for demand in demands), default=0)
    always = sum(demand.memory_mb * demand.min_replicas for demand in demands)
    most = sum(demand.memory_mb * demand.max_replicas for demand in demands)
    needs = (
        f"the models take {always:,} MiB at least, the largest {largest:,} MiB and all of them together {most:,} MiB"
    )
    if here < max(largest, always):
        advice = "Give the machine more memory, or take models out of the config."
        yield Finding(area="memory", state="missing", what=f"{here:,} MiB are free; {needs}.", how=advice)
    elif here < most:
        what = f"{here:,} MiB are free; {needs}: they will not all fit at once."
        yield Finding(area="memory", state="note", what=what)
    else:
        yield Finding(area="memory", state="ok", what=f"{here:,} MiB are free; {needs}.")


def memory_mb(meminfo: Path = MEMINFO, cgroup: Path = CGROUP_LIMIT) -> int:
    """Return the memory that is free for new processes, no more than a container's limit, in MiB."""
    free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MIB
    if meminfo.exists():
        rows = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        free = int(rows["MemAvailable"].split()[0]) // 1024
    limit = cgroup.read_text().strip() if cgroup.exists() else "max"
    return free if limit == "max" else min(free, int(limit) // MIB)


def _disk(home: Path) -> Iterator[Finding]:
    places = {
        home: ("what is kept", LEAST_FREE_MB),
        Path(tempfile.gettempdir()): ("temporary files", LEAST_FREE_MB),
        SHARED_MEMORY: ("what processes pass to each other", OBJECT_STORE_MB),
    }
    for place, (purpose, least) in places.items():
        existing = next((folder for folder in (place, *place.parents) if folder.exists()), None)
        if existing is None:
            continue
        free = shutil.disk_usage(existing).free // MIB
        what = f"{free:,} MiB are free in {place}, for {purpose}; {least:,} MiB are needed"
        if not os.access(existing, os.W_OK):
            advice = "Make it writable, or name another place with AUDIOGPT_HOME or TMPDIR."
            yield Finding(area="disk", state="missing", what=f"{existing} cannot be written to.", how=advice)
        elif free < least:
            yield Finding(area="disk", state="missing", what=f"{what}.", how=f"Make room in {place}.")
        else:
            yield Finding(area="disk", state="ok", what=f"{what}.")


def _gpus(demands: Sequence["Demand"]) -> Iterator[Finding]:
    from deployments.serve.gpus import needed_mb

    wanting = [demand for demand in demands if demand.num_gpus]
    gpus = _found_gpus()
    here = ", ".join(f"{name} with {free:,} of {total:,} MiB free" for name, total, free in gpus) or "none"
    if not wanting:
        yield Finding(area="gpu", state="ok", what=f"No model of the config asks for a GPU; here: {here}.")
        return
    least = max(needed_mb(demand.gpu_memory_mb) for demand in wanting)
    together = sum(needed_mb(demand.gpu_memory_mb) * max(1, demand.min_replicas) for demand in wanting)
    needs = f"{len(wanting)} models ask for a GPU, the largest for {least:,} MiB, one of each for {together:,} MiB"
    if max((free for _, _, free in gpus), default=0) < least:
        advice = "Run the config on a machine with such GPUs; `audiogpt config check` shows how it packs a cluster."
        yield Finding(area="gpu", state="missing", what=f"{needs}; here: {here}.", how=advice)
    else:
        fits = sum(free for _, _, free in gpus) >= together
        yield Finding(area="gpu", state="ok" if fits else "note", what=f"{needs}; here: {here}.")


def _found_gpus() -> list[tuple[str, int, int]]:
    """Return name, memory and free memory in MiB of each GPU."""
    query = ["nvidia-smi", "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, timeout=ASKED_S, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[cell.strip() for cell in line.split(",")] for line in told.splitlines()]
    return [(name, int(total), int(free)) for name, total, free in rows]


def _port(host: str, port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            advice = f"Stop what listens on port {port}, or start with `audiogpt serve --port`."
            what = f"Port {port} on {host} cannot be had: {exc.strerror}."
            return Finding(area="port", state="missing", what=what, how=advice)
    return Finding(area="port", state="ok", what=f"Port {port} on {host} is free.")
