"""Ray Serve's options of a model, from its entry in the serve config."""

from typing import Any

from deployments.serve.autoscaling import QueueAndPlan
from deployments.serve.gpus import least_fraction
from router.spec import ModelSpec

GRACEFUL_SHUTDOWN_S = 20.0
SPARE_PLACES = 256  # beyond a replica's own, so that the replica refuses, which knows tenants, and not Serve
# A deployment that answers nothing: it takes no process.
NO_REPLICAS: dict[str, Any] = {
    "autoscaling_config": {"min_replicas": 0, "max_replicas": 1},
    "ray_actor_options": {"num_cpus": 0},
}


def model_options(spec: ModelSpec) -> dict[str, Any]:
    """Return the options of a model's deployment.

    Raises:
        InvalidInput: If its share of a GPU is to be derived and the GPU's type is not known.
    """
    return {
        "max_ongoing_requests": spec.capacity + SPARE_PLACES,
        "max_queued_requests": spec.capacity + SPARE_PLACES,  # while no replica is there
        "graceful_shutdown_timeout_s": GRACEFUL_SHUTDOWN_S,
        "max_surge_percent": spec.max_surge_percent,
        "autoscaling_config": _autoscaling(spec),
        "ray_actor_options": _resources(spec),
    }


def _autoscaling(spec: ModelSpec) -> dict[str, Any]:
    bounds = {"min_replicas": spec.min_replicas, "max_replicas": spec.max_replicas}
    if spec.initial_replicas is not None:
        bounds["initial_replicas"] = spec.initial_replicas
    target = {"target_ongoing_requests": spec.target_ongoing}
    delays = {"upscale_delay_s": spec.upscale_delay_s, "downscale_delay_s": spec.downscale_delay_s}
    ends = {} if spec.min_replicas else {"downscale_to_zero_delay_s": spec.downscale_to_zero_delay_s}
    return bounds | target | delays | ends | _policy(spec)


def _policy(spec: ModelSpec) -> dict[str, Any]:
    """Return the policy that sees planned work, where there may be another replica than the first."""
    if spec.max_replicas <= max(1, spec.min_replicas):
        return {}
    function = f"{QueueAndPlan.__module__}:{QueueAndPlan.__name__}"
    return {"policy": {"policy_function": function, "policy_kwargs": {"within_s": spec.planned_within_s}}}


def _resources(spec: ModelSpec) -> dict[str, Any]:
    resources: dict[str, Any] = {"num_cpus": spec.num_cpus, "num_gpus": _share(spec)}
    if spec.resources:
        resources["resources"] = dict(spec.resources)
    return resources | ({"accelerator_type": spec.accelerator_type} if spec.accelerator_type else {})


def _share(spec: ModelSpec) -> float:
    """Return a replica's share of a GPU: the one asked for, else the least that holds it on the type that is named."""
    if spec.num_gpus is not None or spec.accelerator_type is None:
        return spec.num_gpus or 0.0
    return least_fraction(spec.card.gpu_memory_mb, spec.accelerator_type)
