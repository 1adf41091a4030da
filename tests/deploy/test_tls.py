"""Two nodes of Ray that speak TLS, each with a certificate of its own, and who is refused."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from deployments.local.ports import LOOPBACK, free_ports
from tests import patience
from tests.nodes.certificates import make_authority, make_certificate

HEAD, WORKER, STRANGER = "127.0.0.2", "127.0.0.3", "127.0.0.4"  # Ray takes 127.0.0.1 for another name of the machine
CLUSTERS = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1"}  # which one-machine systems turn off
OBJECT_STORE_BYTES = 80 * 2**20
PATIENCE_S = 600.0
ONCE = {"RAY_NUM_REDIS_GET_RETRIES": "1", "RAY_py_gcs_connect_timeout_s": "10"}  # asks for the head, and gives up

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Nodes:
    """A head and a worker."""

    address: str
    folder: Path
    head: Mapping[str, str]  # its environment
    log: Path


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    folder = tmp_path_factory.mktemp("tls")
    make_authority(folder)
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    ours = {**os.environ, **CLUSTERS, **patience.VARIABLES, **token}
    head, worker = (
        ours | make_certificate(folder, folder / name, "localhost", LOOPBACK, name) for name in (HEAD, WORKER)
    )
    port, clients_port = free_ports(2)
    address = f"{HEAD}:{port}"
    start = ["--head", f"--port={port}", f"--ray-client-server-port={clients_port}", "--include-dashboard=false"]
    with (
        node(HEAD, head, folder, *start),
        node(WORKER, worker, folder, f"--address={address}", '--resources={"worker": 1}'),
    ):
        until = time.monotonic() + PATIENCE_S
        while asked("tests.deploy.ray_node", head, "health-check", "--address", address).returncode:
            assert time.monotonic() < until, (folder / "log").read_text()
        yield Nodes(address, folder, head, folder / "log")


@contextmanager
def node(own_address: str, environment: Mapping[str, str], folder: Path, *words: str) -> Iterator[None]:
    """Run a node until the block ends."""
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(ray_start(own_address, *words), env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            for each in [*psutil.Process(process.pid).children(recursive=True), process]:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            process.wait()


def ray_start(own_address: str, *words: str) -> list[str]:
    """Return the command that starts a node, which offers nothing to others' work."""
    ports = [f"--dashboard-agent-listen-port={free_ports(1)[0]}", "--min-worker-port=0", "--max-worker-port=0"]
    sizes = ["--num-cpus=1", f"--object-store-memory={OBJECT_STORE_BYTES}", "--disable-usage-stats"]
    own = [f"--node-ip-address={own_address}", "--block"]
    return [sys.executable, "-m", "tests.deploy.ray_node", "start", *own, *ports, *sizes, *words]


def asked(module: str, environment: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


def test_actor_runs_on_the_other_node(nodes: Nodes) -> None:
    done = asked("tests.deploy.where_am_i", nodes.head, nodes.address, HEAD)
    assert done.stdout.split()[-1:] == [WORKER], f"{done.stderr}\n{nodes.log.read_text()}"


def test_node_without_a_certificate_is_refused(nodes: Nodes) -> None:
    plain = dict(nodes.head) | ONCE | {"RAY_USE_TLS": "0"}
    start = ray_start(STRANGER, f"--address={nodes.address}")
    done = subprocess.run(start, env=plain, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode
    assert "GCS" in done.stderr
    assert asked("tests.deploy.ray_node", nodes.head, "health-check", "--address", nodes.address).returncode == 0


def test_node_of_another_authority_is_refused(nodes: Nodes) -> None:
    make_authority(nodes.folder / "other")
    theirs = make_certificate(nodes.folder / "other", nodes.folder / "stranger", "localhost", LOOPBACK, STRANGER)
    wrong = dict(nodes.head) | ONCE | theirs | {"RAY_TLS_CA_CERT": nodes.head["RAY_TLS_CA_CERT"]}
    assert asked("tests.deploy.ray_node", wrong, "health-check", "--address", nodes.address).returncode
