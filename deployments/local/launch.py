"""Run a serve config on this machine: a private Ray cluster on the loopback interface, from start to clean end.

On a cluster the same config goes to `serve deploy`; see `cluster.yaml`.
"""

import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from deployments.local.loopback import NO_CLUSTER, loopback_environment, proxy_ports
from deployments.local.ports import LOOPBACK, is_free
from model_wrappers.contract.errors import Conflict, InvalidInput, ModelUnavailable
from router.settings import Settings, check_environment
from router.tenants.door import door_for

OBJECT_STORE_BYTES = 200 * 2**20  # handles carry small messages; audio travels by reference
# HAProxy's sockets, "ag-12345678/<56 characters>/metrics.sock" below it, may have 97 bytes.
LONGEST_PARENT = 15
POLL_S = 0.5
START_ATTEMPTS = 4
# What Ray says when a busy machine kept it from coming up, and when the proxy did not, as where a port of it was taken.
WORTH_ANOTHER_START = ("timed out during startup", "HAProxyManager", "Get timed out", "cancelled before it started")
HIGH_THROUGHPUT = {
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
}
# On one machine nobody else holds connections to a stopping replica.
QUICK_END = {"RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1"}
# When a replica comes or goes the proxy is replaced, and the old one is killed after this, whatever it still sends:
# longer than any answer may take. At the end of the system it is killed at once.
LONG_ANSWERS = {"RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": "600"}
# A proxy that died is noticed at the third check; with Serve's period of 10 s nobody would be there for half a minute.
# One that takes longer than the second to begin, 5 s at Serve, is killed, on a busy machine until nothing starts.
PROXY_CHECKS = {"RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "2", "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60"}
# Ray lowers its workers' priority by 15 so that they yield to the cluster's own processes; replicas are the product.
PRIORITY = {"RAY_worker_niceness": "0"}
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0"}
# Ray reads these when it is imported.
BEFORE_RAY = QUIET | PRIORITY | QUICK_END | LONG_ANSWERS | PROXY_CHECKS | HIGH_THROUGHPUT | NO_CLUSTER


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Status:
    """How far the applications are."""

    states: dict[str, str]
    ready: bool


@dataclass(frozen=True)
class RunningSystem:
    """Addresses of the running system."""

    api_url: str
    dashboard_url: str
    log_folder: Path
    status: Callable[[], Status]


def read_config(path: Path, port: int | None = None) -> dict[str, Any]:
    """Read and check a serve config.

    Args:
        path: The YAML file.
        port: HTTP port to use instead of the file's.

    Raises:
        InvalidInput: If the file is missing or no serve config.
    """
    from pydantic import ValidationError
    from ray.serve.schema import ServeDeploySchema

    try:
        config = yaml.safe_load(path.read_text())
        if port is not None:
            config.setdefault("http_options", {})["port"] = port
        ServeDeploySchema.model_validate(config)
    except FileNotFoundError as exc:
        raise InvalidInput(f"There is no serve config at {path}.") from exc
    except (yaml.YAMLError, ValidationError, AttributeError, TypeError) as exc:
        raise InvalidInput(f"{path} is not a valid serve config: {exc}") from exc
    return dict(config)


@contextmanager
def run_locally(config_path: Path, port: int | None = None, *, dashboard: bool = True) -> Iterator[RunningSystem]:
    """Start a private Ray cluster with Serve on it, deploy a config, and end all of it afterwards.

    Args:
        config_path: Serve config to deploy.
        port: HTTP port to use instead of the config's.
        dashboard: Whether to start the Ray dashboard.

    Raises:
        Conflict: If the HTTP port is taken, or Ray was imported before its settings could be made.
        InvalidInput: If the config or an environment variable is not valid, or keys are asked for and there is none.
    """
    check_environment()
    _check_ray_not_imported()
    folder = private_folder()
    os.environ.update(BEFORE_RAY | loopback_environment(folder))
    config = read_config(config_path, port)
    host, http_port = config["http_options"].get("host", LOOPBACK), config["http_options"].get("port", 8000)
    door_for(Settings.from_environment(), host)  # says here, and not in a log, that there is no key yet
    _check_free(host, http_port)
    try:
        dashboard_url, status = _start(config, folder, dashboard=dashboard)
        yield RunningSystem(f"http://{host}:{http_port}", dashboard_url, folder / "ray" / "session_latest", status)
    finally:
        _end()
        shutil.rmtree(folder, ignore_errors=True)


def private_folder() -> Path:
    """Make the folder of this run: under `/tmp` where the temporary folder has too long a name for sockets."""
    parent = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="ag-", dir=parent if len(parent) <= LONGEST_PARENT else "/tmp"))  # noqa: S108


def wait_until_ready(system: RunningSystem, timeout_s: float, report: Callable[[Status], None]) -> None:
    """Wait until every application runs and the API is ready.

    Args:
        system: The system to wait for.
        timeout_s: Longest wait in seconds.
        report: Called with every change.

    Raises:
        ModelUnavailable: If an application failed, or the time is over.
    """
    deadline = time.monotonic() + timeout_s
    last: Status | None = None
    while time.monotonic() < deadline:
        status = system.status()
        if status != last:
            report(status)
            last = status
        if status.ready and _is_ready(system.api_url):
            return
        failed = {
            name: state for name, state in status.states.items() if state.startswith(("DEPLOY_FAILED", "UNHEALTHY"))
        }
        if failed:
            problems = "; ".join(f"{name}: {state}" for name, state in failed.items())
            raise ModelUnavailable(f"The system did not start: {problems}. The logs are under {system.log_folder}.")
        time.sleep(POLL_S)
    raise ModelUnavailable(f"The system was not ready after {timeout_s:.0f} s. The logs are under {system.log_folder}.")


def _is_ready(api_url: str) -> bool:
    """Tell whether the ingress answers and has all it needs, as far as it tells without a key that it may ask for."""
    try:
        answer = httpx.get(f"{api_url}/readyz")
        return answer.is_success or answer.status_code == httpx.codes.UNAUTHORIZED
    except httpx.HTTPError:
        return False


def _start(config: dict[str, Any], folder: Path, *, dashboard: bool) -> tuple[str, Callable[[], Status]]:
    """Start Ray and Serve; return the dashboard's address and what tells how far the applications are.

    Raises:
        ModelUnavailable: If they do not come up; Ray waits 30 s for its own processes, too little on a busy machine.
    """
    before, reason = _children(), ""
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            address = _start_ray(folder / "ray", dashboard=dashboard)
            return f"http://{address}" if address else "", _deploy(config)
        except Exception as exc:  # Ray raises a bare Exception
            _end()
            for process in _children() - before:  # Ray does not end what it started in vain
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            if not any(sign in str(exc) for sign in WORTH_ANOTHER_START):
                raise
            reason = str(exc).strip().splitlines()[-1]
            logger.warning("Ray did not start (attempt %d of %d): %s", attempt, START_ATTEMPTS, reason)
            os.environ.update(proxy_ports())
    raise ModelUnavailable(
        f"Ray did not start in {START_ATTEMPTS} attempts; the machine is too busy or has no memory. The last: {reason}"
    )


def _children() -> set[int]:
    return {int(child) for found in Path("/proc/self/task").glob("*/children") for child in found.read_text().split()}


def _start_ray(folder: Path, *, dashboard: bool) -> str:
    """Start a cluster that joins none running here and is joined by none; return the dashboard's address."""
    import ray

    context = ray.init(
        address="local",
        include_dashboard=dashboard,
        dashboard_host=LOOPBACK,
        _temp_dir=str(folder),
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    return str(context.dashboard_url or "")


def _deploy(config: dict[str, Any]) -> Callable[[], Status]:
    from ray import serve
    from ray.serve._private.api import serve_start
    from ray.serve.schema import ServeDeploySchema

    schema = ServeDeploySchema.model_validate(config)
    client = serve_start(http_options=schema.http_options.model_dump(), proxy_location=schema.proxy_location)
    client.deploy_apps(schema, _blocking=False)

    def status() -> Status:
        applications = serve.status().applications
        states: dict[str, str] = {}
        for name, application in applications.items():
            states[name] = f"{application.status.value} {application.message}".strip()
            states |= {key: str(deployment.status.value) for key, deployment in application.deployments.items()}
        expected = {application.name for application in schema.applications}
        ready = all(name in applications and applications[name].status == "RUNNING" for name in expected)
        return Status(states, ready)

    return status


def _end() -> None:
    import ray
    from ray import serve

    if ray.is_initialized():
        try:
            serve.shutdown()
        finally:
            ray.shutdown()


def _check_ray_not_imported() -> None:
    late = [name for name, value in BEFORE_RAY.items() if os.environ.get(name) != value]
    if "ray" in sys.modules and late:
        raise Conflict(f"Ray was imported before {', '.join(late)} were set; set them first, as BEFORE_RAY says.")


def _check_free(host: str, port: int) -> None:
    if not is_free(host, port):
        raise Conflict(f"Port {port} on {host} is in use; stop what listens there or choose another with --port.")
