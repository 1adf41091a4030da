import os
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest
import ray  # noqa: F401 - the launcher must notice that it is there already
import yaml
from ray.serve._private.constants import RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT

from deployments.api.errors import ErrorBody
from deployments.local import launch
from deployments.local.launch import BEFORE_RAY, run_locally
from deployments.local.loopback import loopback_environment
from deployments.local.ports import UNCLAIMED, free_ports, is_free
from model_wrappers.contract.errors import Conflict, ModelUnavailable
from router.settings import Settings


def production() -> dict[str, str]:
    """Return the environment that is shipped for production nodes."""
    lines = (Path(__file__).parents[3] / "deploy" / "production.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_launch_after_ray_was_imported_without_its_settings_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_SERVE_ENABLE_HA_PROXY")
    with pytest.raises(Conflict, match="RAY_SERVE_ENABLE_HA_PROXY"), run_locally(tmp_path / "absent.yaml"):
        pass


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A port of the proxy at each start of a system whose proxy finds a port taken every time."""
    ports: list[str] = []

    def fail(folder: Path, *, dashboard: bool) -> str:
        ports.append(os.environ["RAY_SERVE_HAPROXY_METRICS_PORT"])
        raise RuntimeError(
            "ray::HAProxyManager.ready()\nRuntimeError: HAProxy crashed during startup: [ALERT] Exiting."
        )

    config = tmp_path / "config.yaml"
    config.write_text("applications: []\nhttp_options: {port: 0}\n")
    monkeypatch.setattr(os, "environ", dict(os.environ) | BEFORE_RAY)
    monkeypatch.setattr(launch, "_start_ray", fail)
    return ports


def test_a_start_whose_proxy_finds_a_port_taken_is_tried_again_with_others(start: list[str], tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"4 attempts.*Exiting"), run_locally(tmp_path / "config.yaml"):
        pass
    assert len(set(start)) == launch.START_ATTEMPTS


def test_ports_for_later_are_free_and_given_to_nobody_by_chance() -> None:
    with socket.socket() as holder:
        held = next(port for port in UNCLAIMED if is_free("127.0.0.1", port))
        holder.bind(("127.0.0.1", held))
        free = free_ports(len(UNCLAIMED))
    assert held not in free
    assert set(free) <= set(UNCLAIMED)
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(UNCLAIMED) < min(lowest, RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT)


def test_a_replaced_proxy_may_send_as_long_as_an_answer_may_take() -> None:
    name = "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S"
    longest_s = Settings.model_fields["plan_timeout_s"].default
    assert min(float(BEFORE_RAY[name]), float(production()[name])) >= longest_s


def test_production_proxy_splices_no_request_and_keeps_its_addresses(tmp_path: Path) -> None:
    config = tmp_path / "haproxy.cfg"
    config.write_text("defaults\n    option splice-request\n    option splice-response\nfrontend x\n    bind *:80\n")
    script = Path(__file__).parents[3] / "deploy" / "haproxy"
    done = subprocess.run([script, "-db", "-vv", "-f", config], capture_output=True, text=True, check=False)
    assert "HAProxy" in done.stdout
    assert config.read_text() == "defaults\n    option splice-response\nfrontend x\n    bind *:80\n"


@pytest.mark.parametrize("script", ["production", "local"])
def test_a_proxy_without_a_replica_says_when_to_ask_again(script: str, tmp_path: Path) -> None:
    with_replica, without = _proxy_config(tmp_path, "use_backend api"), _proxy_config(tmp_path, "default_backend none")
    local = loopback_environment(tmp_path)["RAY_SERVE_HAPROXY_BINARY_PATH"]
    binary = local if script == "local" else str(Path(__file__).parents[3] / "deploy" / "haproxy")
    for config, port in (with_replica, without):
        process = subprocess.Popen([binary, "-db", "-f", config], stderr=subprocess.PIPE)
        try:
            answer = _answer(f"http://127.0.0.1:{port}/v1/runs")
        finally:
            process.kill()
            process.communicate()
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert ErrorBody.model_validate(answer.json()).error.code == "model_unavailable"


def _proxy_config(folder: Path, frontend: str) -> tuple[Path, int]:
    """Write a configuration as Serve does: a frontend and a replica that is gone, or no replica yet."""
    port, replica = free_ports(2)
    config = folder / f"{port}.cfg"
    config.write_text(
        f"defaults\n    mode http\n    timeout connect 5s\n    timeout client 9s\n    timeout server 9s\n"
        "    retries 0\n"
        f"    errorfile 502 {folder}/500.http\n    errorfile 503 {folder}/500.http\n"
        f"frontend http_frontend\n    bind 127.0.0.1:{port}\n    {frontend}\n"
        f"backend api\n    server replica 127.0.0.1:{replica}\n"
        "backend none\n    http-request return status 404 content-type text/plain lf-string \"No \\'%[path]\\'.\"\n"
    )
    return config, port


def _answer(url: str) -> httpx.Response:
    """Ask until the proxy listens."""
    while True:
        try:
            return httpx.get(url, timeout=60)
        except httpx.ConnectError:
            time.sleep(0.02)


def test_production_names_the_script_where_the_cluster_file_puts_it() -> None:
    root = Path(__file__).parents[3]
    mounted = yaml.safe_load((root / "cluster.yaml").read_text())["file_mounts"]
    path = Path(production()["RAY_SERVE_HAPROXY_BINARY_PATH"])
    assert root / mounted[str(path.parent)] / path.name == root / "deploy" / "haproxy"


def test_proxy_script_narrows_the_addresses_splices_no_request_and_keeps_the_arguments(tmp_path: Path) -> None:
    environment = loopback_environment(tmp_path)
    config = tmp_path / "haproxy.cfg"
    config.write_text(
        "defaults\n    option splice-request\n    option splice-response\n"
        "frontend prometheus\n    bind :9101\nlisten stats\n  bind *:8404\nfrontend x\n    bind 127.0.0.1:80\n"
    )
    script = environment["RAY_SERVE_HAPROXY_BINARY_PATH"]
    done = subprocess.run([script, "-vv", "-f", config], capture_output=True, text=True, check=False)
    assert "HAProxy" in done.stdout
    assert [line.strip() for line in config.read_text().splitlines() if "bind" in line or "option" in line] == [
        "option splice-response",
        "bind 127.0.0.1:9101",
        "bind 127.0.0.1:8404",
        "bind 127.0.0.1:80",
    ]
