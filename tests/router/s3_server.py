"""An S3 server of the tests' own, by moto, which keeps what it is given in memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from deployments.local.ports import free_ports

START_S = 60.0
# What S3's clients are told by; the keys prove nothing to moto.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def s3_server(*buckets: str) -> Iterator[dict[str, str]]:
    """Run a server on the loopback interface with empty buckets, and give the variables by which clients find it."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, env=os.environ | {"MOTO_S3_CUSTOM_ENDPOINTS": ""}, cwd="/", **quiet)
    try:
        _wait(url, server)
        for bucket in buckets:
            httpx.put(f"{url}/{bucket}", timeout=START_S).raise_for_status()  # the first imports its whole S3
        yield CREDENTIALS | {"AWS_ENDPOINT_URL_S3": url}
    finally:
        server.kill()
        server.wait()


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            httpx.get(f"{url}/moto-api/", timeout=START_S)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("The S3 server did not start.")
