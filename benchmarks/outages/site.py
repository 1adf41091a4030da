"""The system as in production, on this machine: every part an application of its own, over a real Postgres."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.local_system import ROOT, START_S, single_replicas
from deployments.local.launch import RunningSystem, run_locally, wait_until_ready
from tests.integration.counted import HOLD
from tests.router.postgres import Server, postgres

FEW = {"ray_actor_options": {"num_cpus": 0}}
WAIT_S = 180.0  # for a part that was lost to be replaced
POLL_S = 0.2
MODELS = (
    {"id": "repeater", "wrapper": "tests.integration.counted:Repeater", "max_batch_size": 8, "max_queue": 256},
    {"id": "beeper", "wrapper": "tests.integration.counted:Beeper", "max_batch_size": 8, "max_queue": 256},
    {"id": "halver", "wrapper": "tests.integration.counted:Halver", "max_batch_size": 8, "max_queue": 256},
)


@dataclass(frozen=True)
class Site:
    """A running system, its database and the folder its models write to."""

    running: RunningSystem
    server: Server
    folder: Path

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let no model answer while the block runs."""
        file = self.folder / HOLD
        file.touch()
        try:
            yield
        finally:
            file.unlink()

    def roll_out(self, version: str) -> None:
        """Replace every replica of ingress and runner, as new code does, and wait until that is done."""
        from ray import serve
        from ray.serve.context import _get_global_client
        from ray.serve.schema import ServeDeploySchema

        client: Any = _get_global_client()
        client.deploy_apps(ServeDeploySchema.model_validate(_config(self.folder, version)), _blocking=False)
        deadline = time.monotonic() + WAIT_S
        time.sleep(1.0)  # until it is seen to have begun
        while time.monotonic() < deadline:
            if all(application.status == "RUNNING" for application in serve.status().applications.values()):
                return
            time.sleep(POLL_S)
        raise TimeoutError(f"the roll-out of version {version} took longer than {WAIT_S:.0f} s")


@contextmanager
def site(folder: Path, port: int, lease_s: float) -> Iterator[Site]:
    """Start everything, and end it afterwards.

    Args:
        folder: Empty; for all that is kept.
        port: Of the API.
        lease_s: Seconds of silence after which another runner takes a run over.
    """
    with postgres() as server:
        os.environ |= {
            "AUDIOGPT_HOME": str(folder / "home"),
            "AUDIOGPT_DATABASE_URL": server.url,
            "AUDIOGPT_RUN_LEASE_S": str(lease_s),
            "AUDIOGPT_MAX_RUNS": "1000",
            "PYTHONPATH": str(ROOT),
        }
        path = folder / "serve_config.yaml"
        path.write_text(yaml.safe_dump(_config(folder, "1", port)))
        with run_locally(path, port, dashboard=False) as running:
            wait_until_ready(running, START_S, lambda status: None)
            yield Site(running, server, folder)


def _config(folder: Path, version: str, port: int | None = None) -> dict[str, Any]:
    models = [{**model, "args": {"folder": str(folder)}} for model in MODELS]
    defaults = {"num_cpus": 0, "min_replicas": 1, "max_replicas": 1}
    pair = {"planner_application": "planner", "version": version}
    applications = [
        {
            "name": "models",
            "import_path": "deployments.builders:models",
            "args": {"defaults": defaults, "models": models},
        },
        {"name": "planner", "import_path": "deployments.builders:planner", "deployments": single_replicas("planner")},
        {
            "name": "runner",
            "import_path": "deployments.builders:runner",
            "args": pair,
            "deployments": [{"name": "runner", "num_replicas": 2, **FEW}],
        },
        {
            "name": "ingress",
            "import_path": "deployments.builders:ingress",
            "args": pair,
            "deployments": [{"name": "ingress", "num_replicas": 2, **FEW}],
        },
    ]
    for application in applications:
        application["route_prefix"] = "/" if application["name"] == "ingress" else None
    config: dict[str, Any] = {
        "proxy_location": "HeadOnly",
        "logging_config": {"enable_access_log": False},
        "applications": applications,
    }
    return config if port is None else config | {"http_options": {"host": "127.0.0.1", "port": port}}
