"""Run an actor on the worker of a cluster and print the address of its node.

Usage: python -m tests.deploy.where_am_i CLUSTER OWN_ADDRESS
"""

import sys
import time

import ray


@ray.remote(num_cpus=0, resources={"worker": 1})
class Actor:
    """Runs on the worker only, which alone has its resource."""

    def where(self) -> str:
        """Return the address of its node."""
        return str(ray.util.get_node_ip_address())


if __name__ == "__main__":
    cluster, own_address = sys.argv[1:]
    ray.init(address=cluster, _node_ip_address=own_address, log_to_driver=False)
    while "worker" not in ray.cluster_resources():
        time.sleep(0.2)
    sys.stdout.write(f"{ray.get(Actor.remote().where.remote())}\n")
