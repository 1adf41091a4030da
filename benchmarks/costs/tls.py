"""What TLS between nodes costs a call to a replica on another node, beside the same call without.

Usage: python -m benchmarks.costs.tls [--calls 1000] [--rounds 3]
"""

import argparse
import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ray
from ray import serve
from ray.cluster_utils import Cluster
from ray.serve.handle import DeploymentHandle
from rich.console import Console
from rich.table import Table

from deployments.local.launch import BEFORE_RAY
from deployments.local.loopback import LOOPBACK, loopback_environment
from tests import patience
from tests.nodes.certificates import make_authority, make_certificate

ROOT = Path(__file__).parents[2]
SIZES = (100, 100_000, 1_000_000)  # bytes there, and back
AT_ONCE = (1, 16)
WARM_UP = 50
MEASURED = "measured: "  # before the figures of one cluster
OBJECT_STORE_BYTES = 80 * 2**20


class Echo:
    """Answers with what it was sent."""

    def __call__(self, content: bytes) -> bytes:
        """Return the same."""
        return content


class Caller:
    """Calls a replica on another node."""

    def __init__(self, echo: DeploymentHandle[Echo]) -> None:
        """Call by this handle."""
        self._echo = echo

    async def measure(self, calls: int, size: int, at_once: int) -> float:
        """Return the milliseconds of a call, of so many in a row."""
        content = os.urandom(size)
        for _ in range(WARM_UP):
            await self._echo.remote(content)
        began = time.perf_counter()
        for _ in range(calls // at_once):
            await asyncio.gather(*(self._echo.remote(content) for _ in range(at_once)))
        return (time.perf_counter() - began) / (calls // at_once * at_once) * 1e3


async def measure(calls: int) -> dict[str, float]:
    """Return the milliseconds of a call by size and number at once, on a cluster of two nodes of this process' own."""
    patience.be_patient()
    sizes = {"num_cpus": 2, "object_store_memory": OBJECT_STORE_BYTES}
    cluster = Cluster(True, head_node_args={**sizes, "include_dashboard": False, "resources": {"here": 1}})
    cluster.add_node(**sizes, resources={"there": 1})
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        serve.start(proxy_location="Disabled")
        echo, caller = (
            serve.deployment(name=made.__name__, ray_actor_options={"resources": {place: 1}}, max_ongoing_requests=100)(
                made
            )
            for made, place in ((Echo, "there"), (Caller, "here"))
        )
        handle = await asyncio.to_thread(serve.run, caller.bind(echo.bind()), route_prefix=None)
        return {
            f"{size:,} bytes, {at_once} at once": await handle.measure.remote(calls, size, at_once)
            for size in SIZES
            for at_once in AT_ONCE
        }
    finally:
        ray.shutdown()
        cluster.shutdown()


def on_a_cluster(tls: bool, calls: int) -> dict[str, float]:
    """Measure in a process of its own, because Ray reads its variables when it is imported."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ag") as folder:
        own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "PYTHONPATH": str(ROOT)}
        environment = os.environ | BEFORE_RAY | loopback_environment(Path(folder)) | patience.VARIABLES | own
        if tls:
            make_authority(Path(folder))
            environment |= make_certificate(Path(folder), Path(folder), "localhost", LOOPBACK)
        command = [sys.executable, "-m", "benchmarks.costs.tls", "--here", "--calls", str(calls)]
        done = subprocess.run(command, env=environment | {"RAY_TMPDIR": folder}, stdout=subprocess.PIPE, check=True)
    line = next(line for line in done.stdout.decode().splitlines() if line.startswith(MEASURED))
    return dict(json.loads(line.removeprefix(MEASURED)))


def main() -> None:
    """Read the options, measure in turn and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        sys.stdout.write(f"{MEASURED}{json.dumps(asyncio.run(measure(arguments.calls)))}\n")
        return
    rounds = [[on_a_cluster(tls, arguments.calls) for tls in (False, True)] for _ in range(arguments.rounds)]
    table = Table("call to another node", "plain [ms]", "TLS [ms]", "more [ms]")
    for name in rounds[0][0]:
        plain, tls = (statistics.median(each[side][name] for each in rounds) for side in (0, 1))
        table.add_row(name, f"{plain:.2f}", f"{tls:.2f}", f"{tls - plain:+.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
