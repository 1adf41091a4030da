"""How things are in one process, told to whoever asks why a request is slow."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CallerStanding:
    """Calls to models that one process waits for: by model and tenant, and the mean seconds one runs in its model."""

    process: str
    calls: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    mean_run_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ReplicaStanding:
    """One replica of a model: where it is, how long it took to load, and its GPU memory by kind in bytes."""

    model: str
    node: str
    load_s: float
    gpu_memory: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """What all processes that answered in time told."""

    callers: tuple[CallerStanding, ...] = ()
    replicas: tuple[ReplicaStanding, ...] = ()

    def calls(self, model: str) -> dict[str, int]:
        """Return the calls to a model that are out, by tenant, the most first."""
        total: dict[str, int] = {}
        for caller in self.callers:
            for tenant, count in caller.calls.get(model, {}).items():
                total[tenant] = total.get(tenant, 0) + count
        return dict(sorted(total.items(), key=lambda item: -item[1]))

    def mean_run_s(self, model: str) -> float | None:
        """Return how long a call runs in a model, None while nobody knows."""
        known = [caller.mean_run_s[model] for caller in self.callers if model in caller.mean_run_s]
        return sum(known) / len(known) if known else None
