"""More patience than Ray has with its own processes, for machines that are busy."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import psutil
from ray._private import services

Started = TypeVar("Started")

START_S = 180.0  # longer than a raylet waits for its agent, after which the node is started again
ATTEMPTS = 4
POLL_S = 0.2
VARIABLES = {
    "RAY_raylet_start_wait_time_s": "180",
    "RAY_agent_register_timeout_ms": "180000",
    "RAY_worker_register_timeout_seconds": "300",
}


def be_patient() -> None:
    """Let Ray wait for a node that starts; 30 s are fixed in its code."""
    ask = services.get_node

    def get_node(gcs_address: str, node_id: str) -> Any:
        until = time.monotonic() + START_S
        while True:
            try:
                return ask(gcs_address, node_id)
            except RuntimeError:  # not known yet
                if time.monotonic() > until:
                    raise
                time.sleep(POLL_S)

    services.get_node = get_node


def patiently(start: Callable[[], Started]) -> Started:
    """Start a node, again where its own processes waited in vain for each other."""
    for attempt in range(1, ATTEMPTS + 1):
        others = set(psutil.Process().children(recursive=True))
        try:
            return start()
        except Exception as exc:
            if "timed out during startup" not in str(exc) or attempt == ATTEMPTS:
                raise
            for process in set(psutil.Process().children(recursive=True)) - others:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
    raise AssertionError("unreachable")
