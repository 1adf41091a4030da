"""What a cluster's nodes must have for all replicas: CPUs, memory, and one node to lose."""

from collections.abc import Iterator, Sequence

from deployments.placement.cluster import WorkerGroup
from deployments.placement.hosts import may_take, pack_hosts
from deployments.placement.packing import Demand, at_maximum, at_minimum, pack, rolling_out


def node_problems(models: Sequence[Demand], services: Sequence[Demand], groups: Sequence[WorkerGroup]) -> Iterator[str]:
    """Yield what is wrong with the way replicas go onto nodes.

    Args:
        models: What the models' replicas ask for.
        services: What the replicas of ingress and planner ask for.
        groups: The cluster's groups of nodes.
    """
    everyone = [*models, *services]
    for demand in everyone:
        yield from _stray_problems(demand, groups)
    yield from _room_problems(everyone, groups)
    for demand in services:
        yield from _availability_problems(demand)


def _stray_problems(demand: Demand, groups: Sequence[WorkerGroup]) -> Iterator[str]:
    """Yield where a replica may go that takes away what others need: the CPUs of GPUs, and the head."""
    if demand.num_gpus:
        return
    taken = [group for group in groups if (group.gpus_per_node or group.is_head) and may_take(demand, group)]
    if taken:
        yield (
            f"'{demand.model}' needs no GPU but may take the CPUs of nodes of {_names(taken)}, and strand them "
            f"or the head; give it 'resources' that only other nodes have, such as {{cpu_node: 0.001}}."
        )
    elif not any(may_take(demand, group) for group in groups):
        asked = ", ".join((f"{demand.num_cpus:g} CPUs", *demand.resources))
        yield f"'{demand.model}' asks for {asked}; no nodes of the cluster have all of it."


def _room_problems(demands: Sequence[Demand], groups: Sequence[WorkerGroup]) -> Iterator[str]:
    lost = [group.without_a_node() for group in groups]
    always = at_minimum(demands)
    for replicas, left, when in (
        (always, groups, "always there"),
        (at_maximum(demands), groups, "there at their bounds"),
        (always, lost, "always there and a node of each group lost"),
        (rolling_out(demands), groups, "there at their bounds and a successor beside them in a roll-out"),
    ):
        for name in dict.fromkeys(replica.model for replica in pack_hosts(replicas, left).left_over):
            sizes = ", ".join(f"{group.name} {group.max_nodes}" for group in left if not group.gpus_per_node)
            yield f"'{name}' finds no node with CPUs and memory for it with all replicas {when}; there are: {sizes}."
    for name in dict.fromkeys(replica.model for replica in pack(always, lost).left_over):
        yield f"Model '{name}' finds no free GPU once a node is lost; allow its group one more node."


def _availability_problems(demand: Demand) -> Iterator[str]:
    if demand.min_replicas < 2 or demand.max_per_node != 1:
        yield (
            f"The {demand.model} has {demand.min_replicas} replica(s) always there and max_replicas_per_node "
            f"{demand.max_per_node or 'unset'}; one lost node may end the service: write at least 2, and 1."
        )


def _names(groups: Sequence[WorkerGroup]) -> str:
    return ", ".join(group.name for group in groups)
