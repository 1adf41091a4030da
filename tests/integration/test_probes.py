"""The probes of Ray's pods, asked of the real system by the commands that Kubernetes runs in them."""

import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import PORT, System, wait_until

MANIFEST = Path(__file__).parents[2] / "deploy" / "kubernetes" / "base" / "rayservice.yaml"
CLUSTER = yaml.safe_load(MANIFEST.read_text())["spec"]["rayClusterConfig"]
PODS = {"head": CLUSTER["headGroupSpec"], "worker": CLUSTER["workerGroupSpecs"][0]}
AGENT, PROXY = 52365, 8000  # ports in a pod
probes = pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe", "readinessProbe"])
pods = pytest.mark.parametrize("pod", PODS)


def probe_of(pod: str, name: str) -> dict[str, Any]:
    return dict(PODS[pod]["template"]["spec"]["containers"][0][name])


def answered(probe: dict[str, Any], agent: int, proxy: int) -> bool:
    """Ask once, as Kubernetes does, of these ports in place of a pod's."""
    command = [word.replace(f":{AGENT}/", f":{agent}/").replace(f":{PROXY}/", f":{proxy}/") for word in asked(probe)]
    try:
        return subprocess.run(command, timeout=probe["timeoutSeconds"], capture_output=True).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def asked(probe: dict[str, Any]) -> list[str]:
    return list(probe["exec"]["command"])


def free_port() -> int:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return int(closed.getsockname()[1])


@pytest.fixture
def agent(system: System) -> int:
    """The port on which the node's agent answers."""
    from ray._private.worker import global_worker

    return int(global_worker.node.dashboard_agent_listen_port)


@pods
@probes
def test_a_system_that_serves_passes(agent: int, pod: str, probe: str) -> None:
    asking = probe_of(pod, probe)
    assert f":{AGENT}/" in asked(asking)[-1]
    wait_until(lambda: answered(asking, agent, PORT), f"{probe} of {pod}")


@pods
@probes
def test_a_node_without_ray_fails(pod: str, probe: str) -> None:
    assert not answered(probe_of(pod, probe), free_port(), PORT)


def test_a_worker_whose_proxy_does_not_answer_takes_no_requests_and_lives_on(agent: int) -> None:
    assert not answered(probe_of("worker", "readinessProbe"), agent, free_port())
    wait_until(lambda: answered(probe_of("worker", "livenessProbe"), agent, free_port()), "its life")
