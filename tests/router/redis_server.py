"""A Redis server of the tests' own, from the program that Debian's package brings."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NotReachable

from deployments.local.ports import free_ports

NEEDS = "needs Redis: install Debian's redis-server"
START_S = 60.0


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a server on the loopback interface, and give its URL; skip the test where there is none to run."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(NEEDS)
        pytest.skip(NEEDS)
    (port,) = free_ports(1)
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/")
    try:
        url = f"redis://127.0.0.1:{port}/0"
        _wait(url, server)
        yield url
    finally:
        server.kill()
        server.wait()


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_S
    with Redis.from_url(url) as client:
        while time.monotonic() < until and server.poll() is None:
            try:
                client.ping()
            except NotReachable:
                time.sleep(0.05)
            else:
                return
    pytest.fail("Redis did not start.")
