"""Which replica without a GPU goes onto which node: first fit, most CPUs first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from deployments.placement.cluster import WorkerGroup
from deployments.placement.packing import TOLERANCE, Demand, first_fit


@dataclass
class Host:
    """A node and the replicas on it that need no GPU."""

    group: WorkerGroup
    replicas: list[Demand] = field(default_factory=list)

    def has_room_for(self, replica: Demand) -> bool:
        """Tell whether CPUs and memory are free, and whether another replica of the deployment may come here."""
        alike = sum(other.model == replica.model for other in self.replicas)
        return (
            sum(other.num_cpus for other in self.replicas) + replica.num_cpus <= self.group.cpus_per_node + TOLERANCE
            and sum(other.memory_mb for other in self.replicas) + replica.memory_mb <= self.group.memory_mb
            and (replica.max_per_node is None or alike < replica.max_per_node)
        )


@dataclass(frozen=True)
class HostPacking:
    """The nodes in use, and the replicas that found no room."""

    hosts: tuple[Host, ...]
    left_over: tuple[Demand, ...]

    def count(self, group: WorkerGroup) -> int:
        """Return how many nodes of a group are in use."""
        return sum(host.group.name == group.name for host in self.hosts)


def pack_hosts(replicas: Iterable[Demand], groups: Sequence[WorkerGroup]) -> HostPacking:
    """Place replicas that need no GPU on nodes that have none, and whose resources they ask for.

    Those of which a node may hold only so many come last among equals, as they do on a cluster that has been filled.
    """
    hosts: list[Host] = []
    without_gpu = (replica for replica in replicas if not replica.num_gpus)
    largest_first = sorted(without_gpu, key=lambda each: (-each.num_cpus, each.max_per_node is not None))

    def allowed(replica: Demand) -> dict[WorkerGroup, int]:
        without_gpus = (group for group in groups if not group.gpus_per_node)
        return {group: group.max_nodes for group in without_gpus if may_take(replica, group)}

    left_over = tuple(replica for replica in largest_first if not first_fit(replica, hosts, Host, allowed(replica)))
    return HostPacking(tuple(hosts), left_over)


def may_take(replica: Demand, group: WorkerGroup) -> bool:
    """Tell whether Ray may place a replica on nodes of a group."""
    return group.resources.issuperset(replica.resources) and replica.num_cpus <= group.cpus_per_node
