"""Which replica goes onto which GPU: first fit, largest fraction first, as many GPUs as a worker group may have."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from deployments.placement.cluster import WorkerGroup
from deployments.serve.gpus import capacity_mb, needed_mb

TOLERANCE = 1e-9  # fractions such as 0.1 do not add up exactly


@dataclass(frozen=True)
class Demand:
    """What the replicas of one deployment ask for; memories in MiB, other resources by name."""

    model: str
    gpu_type: str | None
    num_gpus: float
    num_cpus: float
    gpu_memory_mb: int
    memory_mb: int
    min_replicas: int
    max_replicas: int
    resources: tuple[str, ...] = ()
    max_per_node: int | None = None
    surges: bool = False  # whether a roll-out starts a successor before it stops a replica


class Place(Protocol):
    """A GPU or a node, and the replicas on it."""

    group: WorkerGroup
    replicas: list[Demand]

    def has_room_for(self, replica: Demand) -> bool:
        """Tell whether what a replica asks for is free."""
        ...


PlaceT = TypeVar("PlaceT", bound=Place)


@dataclass
class Gpu:
    """One GPU of a worker group and the replicas on it."""

    group: WorkerGroup
    replicas: list[Demand] = field(default_factory=list)

    @property
    def fraction(self) -> float:
        """Share of the GPU that is given away."""
        return sum(replica.num_gpus for replica in self.replicas)

    @property
    def needed_mb(self) -> int:
        """Memory its replicas take, contexts and headroom included, in MiB."""
        return sum(needed_mb(replica.gpu_memory_mb) for replica in self.replicas)

    @property
    def capacity_mb(self) -> int:
        """Memory of the GPU in MiB."""
        return capacity_mb(self.group.gpu_type or "")

    def has_room_for(self, replica: Demand) -> bool:
        """Tell whether a replica's share of the GPU, of its CPUs and of its host memory is free."""
        cpus = sum(other.num_cpus for other in self.replicas) + replica.num_cpus
        return (
            self.fraction + replica.num_gpus <= 1 + TOLERANCE
            and cpus <= self.group.cpus_per_gpu + TOLERANCE
            and sum(other.memory_mb for other in self.replicas) + replica.memory_mb <= self.group.memory_mb_per_gpu
            and self.needed_mb + needed_mb(replica.gpu_memory_mb) <= self.capacity_mb
        )


@dataclass(frozen=True)
class Packing:
    """The GPUs in use, and the replicas that found no room."""

    gpus: tuple[Gpu, ...]
    left_over: tuple[Demand, ...]

    def count(self, group: WorkerGroup) -> int:
        """Return how many GPUs of a group are in use."""
        return sum(gpu.group == group for gpu in self.gpus)


def pack(replicas: Iterable[Demand], groups: Sequence[WorkerGroup]) -> Packing:
    """Place replicas that need GPUs on the groups of their types, or on any group if they name none."""
    gpus: list[Gpu] = []
    largest_first = sorted((replica for replica in replicas if replica.num_gpus), key=lambda each: -each.num_gpus)

    def allowed(replica: Demand) -> dict[WorkerGroup, int]:
        with_gpus = (group for group in groups if group.gpus_per_node)
        return {group: group.max_gpus for group in with_gpus if replica.gpu_type in (None, group.gpu_type)}

    left_over = tuple(replica for replica in largest_first if not first_fit(replica, gpus, Gpu, allowed(replica)))
    return Packing(tuple(gpus), left_over)


def at_minimum(demands: Iterable[Demand]) -> list[Demand]:
    """Return the replicas that are always there."""
    return [demand for demand in demands for _ in range(demand.min_replicas)]


def at_maximum(demands: Iterable[Demand]) -> list[Demand]:
    """Return the replicas when every model has grown to its bound."""
    return [demand for demand in demands for _ in range(demand.max_replicas)]


def rolling_out(demands: Sequence[Demand]) -> list[Demand]:
    """Return the replicas when every model has grown to its bound, and a successor of each that is replaced by surge.

    A successor that finds no room would hold up the roll-out for good.
    """
    return at_maximum(demands) + [demand for demand in demands if demand.surges]


def first_fit(
    replica: Demand, places: list[PlaceT], new: Callable[[WorkerGroup], PlaceT], allowed: Mapping[WorkerGroup, int]
) -> bool:
    """Put a replica onto the first place with room, one not used yet if need be; return whether there was one.

    Args:
        replica: What to place.
        places: Those in use; a new one is added.
        new: Makes a place of a group.
        allowed: Groups the replica may come to, with the number of places each can have.
    """
    for place in places:
        if place.group in allowed and place.has_room_for(replica):
            place.replicas.append(replica)
            return True
    for group, most in allowed.items():
        fresh = new(group)
        if sum(place.group == group for place in places) < most and fresh.has_room_for(replica):
            fresh.replicas.append(replica)
            places.append(fresh)
            return True
    return False
