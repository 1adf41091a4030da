"""Ports for servers that begin to listen only later."""

import random
import socket

LOOPBACK = "127.0.0.1"
# The kernel gives ports from 32,768 on to whoever asks for any, as each of Ray's processes does for several, and Serve
# gives those from 30,000 on to replicas: one of these may be taken before its server begins to listen.
UNCLAIMED = range(20_000, 30_000)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody holds and nobody is given by chance."""
    free: list[int] = []
    for port in random.sample(UNCLAIMED, len(UNCLAIMED)):
        if len(free) == count:
            break
        if is_free(LOOPBACK, port):
            free.append(port)
    return free


def is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen here now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
