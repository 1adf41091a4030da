"""A real Prometheus on this machine, and nodes with GPUs as they would be read."""

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from deployments.local.ports import free_ports
from tests.integration.conftest import wait_until

ROOT = Path(__file__).parents[2]
PROGRAM = shutil.which("prometheus")
# What Ray's agent exports of one GPU: its gauges and labels in `reporter_agent.py`, and our own gauge of a model there.
SCRAPED_EVERY = "4s"  # and so waited for: a node of two busy cores takes more than one second for all of its figures
GPU_NODE = """\
# TYPE ray_node_gpus_utilization gauge
ray_node_gpus_utilization{GpuDeviceName="Tesla T4",GpuIndex="0",IsHeadNode="false",ip="10.0.0.7"} 37.0
# TYPE ray_node_gram_used gauge
ray_node_gram_used{GpuDeviceName="Tesla T4",GpuIndex="0",IsHeadNode="false",ip="10.0.0.7"} 9210.0
# TYPE ray_node_gram_available gauge
ray_node_gram_available{GpuDeviceName="Tesla T4",GpuIndex="0",IsHeadNode="false",ip="10.0.0.7"} 6150.0
# TYPE ray_audiogpt_gpu_memory_bytes gauge
ray_audiogpt_gpu_memory_bytes{NodeAddress="10.0.0.7",WorkerId="w",kind="reserved",model="fastspeech2"} 1.5e+09
"""


class Prometheus:
    """Asked by its HTTP API."""

    def __init__(self, url: str) -> None:
        """Ask the one at `url`."""
        self._client = httpx.Client(base_url=url, timeout=30)

    def ready(self) -> bool:
        try:
            return self._client.get("/-/ready").is_success
        except httpx.HTTPError:
            return False

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the samples of a query now.

        Raises:
            AssertionError: If it is none.
        """
        answer = self._client.get("/api/v1/query", params={"query": query}).json()
        assert answer["status"] == "success", f"{query}: {answer}"
        return list(answer["data"]["result"])

    def wait_for(self, query: str, what: str) -> list[dict[str, Any]]:
        """Return the samples of a query once there are any.

        Raises:
            AssertionError: If there are none in time; it tells why targets were not read.
        """
        try:
            return list(wait_until(lambda: self.ask(query), what))
        except AssertionError as error:
            targets = self._client.get("/api/v1/targets").json()["data"]["activeTargets"]
            raise AssertionError(f"{error}; targets: {[target['lastError'] for target in targets]}") from None


@contextmanager
def prometheus(folder: Path, targets: Sequence[str]) -> Iterator[Prometheus]:
    """Run one that reads targets often and knows the system's rules."""
    config = {
        "global": {
            "scrape_interval": SCRAPED_EVERY,
            "scrape_timeout": SCRAPED_EVERY,
            "evaluation_interval": SCRAPED_EVERY,
        },
        "rule_files": [str(ROOT / "deploy" / "prometheus" / "rules.yml")],
        "scrape_configs": [{"job_name": "audiogpt", "static_configs": [{"targets": list(targets)}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    command = [
        str(PROGRAM),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=error",
    ]
    process = subprocess.Popen(command)
    try:
        running = Prometheus(f"http://{address}")
        wait_until(running.ready, "Prometheus")
        yield running
    finally:
        process.terminate()
        process.wait()


@contextmanager
def gpu_node() -> Iterator[str]:
    """Serve what a node with a GPU exports, and give its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(GPU_NODE.encode())

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
