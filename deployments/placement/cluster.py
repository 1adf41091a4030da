"""The worker groups of a Ray cluster launcher file."""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from model_wrappers.contract.errors import InvalidInput

ACCELERATOR = "accelerator_type:"  # Ray's name of the resource that marks a node's GPU type


@dataclass(frozen=True)
class WorkerGroup:
    """Nodes of one kind with the names of all their resources; the head is a group of one."""

    name: str
    gpu_type: str | None
    gpus_per_node: int
    cpus_per_node: float
    max_nodes: int
    memory_mb: float = math.inf
    resources: frozenset[str] = frozenset()
    is_head: bool = False

    @property
    def max_gpus(self) -> int:
        """GPUs of the group when it has grown to its bound."""
        return self.gpus_per_node * self.max_nodes

    @property
    def cpus_per_gpu(self) -> float:
        """CPUs each GPU of a node can count on."""
        return self.cpus_per_node / max(self.gpus_per_node, 1)

    @property
    def memory_mb_per_gpu(self) -> float:
        """Host memory each GPU of a node can count on, in MiB."""
        return self.memory_mb / max(self.gpus_per_node, 1)

    def without_a_node(self) -> "WorkerGroup":
        """Return the group after it has lost a node that does not come back; the head does."""
        return self if self.is_head else replace(self, max_nodes=max(self.max_nodes - 1, 0))


def read_cluster(path: Path) -> tuple[WorkerGroup, ...]:
    """Read the node types of a launcher file.

    Raises:
        InvalidInput: If the file is missing, not valid for Ray, or has GPUs without a named type.
    """
    import jsonschema  # type: ignore[import-untyped]
    from ray import autoscaler

    schema = json.loads((Path(autoscaler.__file__).parent / "ray-schema.json").read_text())
    try:
        content = yaml.safe_load(path.read_text())
        jsonschema.validate(content, schema)
        kinds = content["available_node_types"]
        head = content.get("head_node_type")
        return tuple(_group(name, kind, content, is_head=name == head) for name, kind in kinds.items())
    except FileNotFoundError as exc:
        raise InvalidInput(f"There is no cluster file at {path}.") from exc
    except (yaml.YAMLError, KeyError) as exc:
        raise InvalidInput(f"{path} is not a valid cluster file: {exc}") from exc
    except jsonschema.ValidationError as exc:
        raise InvalidInput(f"{path} is not a valid cluster file: {exc.message}") from exc


def _group(name: str, kind: dict[str, Any], content: dict[str, Any], *, is_head: bool) -> WorkerGroup:
    resources = kind.get("resources", {})
    gpu_type = next((key.removeprefix(ACCELERATOR) for key in resources if key.startswith(ACCELERATOR)), None)
    gpus = int(resources.get("GPU", 0))
    if gpus and gpu_type is None:
        raise InvalidInput(
            f"Node type '{name}' has {gpus} GPU(s) of no type; name it under 'resources', e.g. '{ACCELERATOR}T4: 1'."
        )
    most = content.get("max_workers", 0)
    workers = 1 if is_head else min(kind.get("max_workers", most), most)
    return WorkerGroup(
        name,
        gpu_type,
        gpus,
        float(resources.get("CPU", 0)),
        workers,
        memory_mb=resources["memory"] / 2**20 if "memory" in resources else math.inf,
        resources=frozenset(resources),
        is_head=is_head,
    )
