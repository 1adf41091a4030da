"""A whole system of a benchmark's own, on this machine and with nothing but the models it measures."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from deployments.local.launch import run_locally, wait_until_ready

ROOT = Path(__file__).parents[1]
PORT = 18_441
START_S = 300.0
SETTLE_S = 3.0  # until the catalog has seen the models

Entry = dict[str, Any]


@contextmanager
def local_system(models: Sequence[Entry], *others: Entry, prepare: Callable[[], None] = lambda: None) -> Iterator[str]:
    """Serve models with planner and ingress, one replica each, and give the URL of the API.

    Args:
        models: As under `models` in a serve config.
        others: Further applications of the serve config.
        prepare: Called before anything starts, once the environment is set.
    """
    application = {
        "name": "audiogpt",
        "route_prefix": "/",
        "import_path": "deployments.builders:system",
        "args": {"defaults": {"num_cpus": 0, "min_replicas": 1, "max_replicas": 1}, "models": list(models)},
        "deployments": single_replicas("ingress", "planner"),
    }
    config = {
        "proxy_location": "HeadOnly",
        "http_options": {"host": "127.0.0.1", "port": PORT},
        "logging_config": {"enable_access_log": False},
        "applications": [application, *others],
    }
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"AUDIOGPT_HOME": str(Path(folder) / "home"), "PYTHONPATH": str(ROOT)}
        path = Path(folder) / "serve_config.yaml"
        path.write_text(yaml.safe_dump(config))
        prepare()
        with run_locally(path, PORT, dashboard=False) as system:
            wait_until_ready(system, START_S, lambda status: None)
            time.sleep(SETTLE_S)
            yield system.api_url


def single_replicas(*deployments: str) -> list[Entry]:
    """Return the entries of deployments that always have one replica and reserve no core."""
    return [{"name": name, "num_replicas": 1, "ray_actor_options": {"num_cpus": 0}} for name in deployments]
