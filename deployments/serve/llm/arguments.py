"""What is configured of the cluster's LLM, and what follows from it for Ray Serve and for vLLM; needs neither here."""

import math
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from deployments.serve.gpus import CONTEXT_MB, capacity_mb, least_fraction
from model_wrappers.weights.hub import Checkpoint
from router.spec import Replicas

SERVED_AS = "llm"  # name of the deployment, and of the model before its clients
PYTHON = Path(__file__).parents[3] / ".venv-llm" / "bin" / "python"  # where the nodes have vLLM
GRACEFUL_SHUTDOWN_S = 60.0  # longer than most plans take to write
HEALTH_CHECK_S = {"health_check_period_s": 10, "health_check_timeout_s": 30}  # a long prompt may hold the loop
WAITING = 256  # requests beyond those that replicas work on
ACCELERATOR = "accelerator_type:"  # Ray's name of the resource that marks a node's GPU type
DERIVED = {  # arguments of vLLM's engine, and what they follow from
    "model": "checkpoint",
    "served_model_name": "the application",
    "gpu_memory_utilization": "num_gpus",
    "max_model_len": "max_model_len",
    "max_num_seqs": "max_ongoing_requests",
    "tensor_parallel_size": "num_gpus",
}


class LLMArgs(Replicas):
    """The LLM that plans: its weights, its share of a GPU, and how much may be asked of it at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(default="", description="Of the code; another one makes Serve start new replicas")
    checkpoint: str = Field(description="Repository on the hub, or a folder that all nodes have")
    revision: str | None = Field(default=None, description="Commit of the repository")
    licence: str = Field(description="Licence of the weights")
    gpu_memory_mb: int = Field(
        gt=0, description="MiB of weights, of a batch's work, and of the tokens kept of requests"
    )
    memory_mb: int = Field(default=8_192, gt=0, description="MiB of the node's memory")
    accelerator_type: str = Field(description="GPU type to run on, e.g. L40S")
    num_gpus: float | None = Field(default=None, gt=0, le=1, description="Share of one GPU")
    max_model_len: int = Field(default=16_384, ge=2_048, description="Most tokens of a request and its answer")
    max_ongoing_requests: int = Field(default=64, ge=1, description="Requests a replica works on at once")
    python: str = Field(default=str(PYTHON), description="Interpreter with vLLM, the same on all nodes")
    engine: dict[str, JsonValue] = Field(default_factory=dict, description="Further arguments of vLLM's engine")

    @model_validator(mode="after")
    def _says_nothing_twice(self) -> Self:
        for name in self.engine.keys() & DERIVED.keys():
            raise ValueError(f"engine.{name} follows from {DERIVED[name]}; set that instead")
        return self

    @property
    def weights(self) -> Checkpoint:
        """Where its files are."""
        return Checkpoint(self.checkpoint, self.revision)

    @property
    def share(self) -> float:
        """A replica's share of a GPU: the one asked for, else the least that holds it."""
        return self.num_gpus or least_fraction(self.gpu_memory_mb, self.accelerator_type)


def llm_options(args: LLMArgs) -> dict[str, Any]:
    """Return Ray Serve's options of the deployment; its GPU is in a placement group, as vLLM's own workers need it.

    Raises:
        InvalidInput: If the GPU's type is not known.
    """
    return {
        "max_ongoing_requests": args.max_ongoing_requests + WAITING,
        "max_queued_requests": args.max_ongoing_requests + WAITING,
        "graceful_shutdown_timeout_s": GRACEFUL_SHUTDOWN_S,
        "max_surge_percent": args.max_surge_percent,
        "autoscaling_config": _autoscaling(args),
        "placement_group_bundles": [{"CPU": args.num_cpus} | _gpu(args)],
        "placement_group_strategy": "PACK",
        "ray_actor_options": {"num_cpus": args.num_cpus, "runtime_env": {"py_executable": args.python}},
    } | HEALTH_CHECK_S


def engine_config(args: LLMArgs, folder: Path) -> dict[str, Any]:
    """Return the fields of Ray's `LLMConfig`.

    Args:
        args: What is configured.
        folder: The weights on this node.

    Raises:
        InvalidInput: If the GPU's type is not known.
    """
    kept = args.share - CONTEXT_MB / capacity_mb(args.accelerator_type)  # vLLM does not count the context
    return {
        "model_loading_config": {"model_id": SERVED_AS, "model_source": str(folder)},
        "accelerator_type": args.accelerator_type,
        "placement_group_config": {"bundles": [_gpu(args)]},
        "engine_kwargs": {
            "gpu_memory_utilization": math.floor(100 * kept) / 100,
            "max_model_len": args.max_model_len,
            "max_num_seqs": args.max_ongoing_requests,
            **args.engine,
        },
    }


def _autoscaling(args: LLMArgs) -> dict[str, Any]:
    scaling: dict[str, Any] = {
        "min_replicas": args.min_replicas,
        "max_replicas": args.max_replicas,
        "target_ongoing_requests": args.target_ongoing_requests or args.max_ongoing_requests / 2,
    }
    if args.initial_replicas is not None:
        scaling["initial_replicas"] = args.initial_replicas
    return scaling if args.min_replicas else scaling | {"downscale_to_zero_delay_s": args.downscale_to_zero_delay_s}


def _gpu(args: LLMArgs) -> dict[str, float]:
    return {"GPU": args.share, f"{ACCELERATOR}{args.accelerator_type}": 0.001, **args.resources}
