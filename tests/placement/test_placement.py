"""The GPU fractions of the production config on a cluster whose GPUs are only logical.

Run it in a process of its own: it starts a Ray cluster of several nodes.
"""

import asyncio
import os
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray import serve
from ray.cluster_utils import Cluster
from ray.serve.schema import ServeDeploySchema

from deployments.placement.cluster import read_cluster
from deployments.placement.config_check import check_config
from deployments.placement.packing import pack
from deployments.serve.options import model_options
from router.spec import read_specs
from tests import patience
from tests.placement.replicas import Place

ROOT = Path(__file__).parents[2]
CONFIG, CLUSTER = ROOT / "serve_config.yaml", ROOT / "cluster.yaml"
NODES = ("t4", "l40s", "l40s", "h100")  # their worker groups; the first is the head of the cluster
MODELS = ("whisper-large-v3", "espnet-conv-tasnet", "tf-gridnet", "csm-1b", "stable-audio-open", "qwen2-audio", "ltx-2")
STARTED_S = 240.0
ANSWER_S = 60.0
PACKING = "RAY_SERVE_USE_PACK_SCHEDULING_STRATEGY"

pytestmark = pytest.mark.integration


def options(model: str) -> dict[str, Any]:
    """Return a model's deployment options as shipped, but one replica of it always there."""
    shipped = next(model_options(spec) for spec in read_specs(CONFIG) if spec.id == model)
    always = {"autoscaling_config": shipped["autoscaling_config"] | {"min_replicas": 1}}
    return {"name": model, "ray_actor_options": shipped["ray_actor_options"]} | always


def application(name: str, deployment: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "route_prefix": None,
        "import_path": "tests.placement.replicas:stand_in",
        "args": {"id": deployment["name"]},
        "deployments": [deployment],
    }


LOOP = asyncio.Runner()


def shipped(variable: str) -> str:
    """Return a variable of the environment that is shipped for production nodes."""
    lines = (ROOT / "deploy" / "production.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))[variable]


def node(name: str) -> dict[str, Any]:
    """Return a node of a worker group of the cluster file, for Ray."""
    group = next(group for group in read_cluster(CLUSTER) if group.name == name)
    return {
        "num_cpus": int(group.cpus_per_node),
        "num_gpus": group.gpus_per_node,
        "resources": {f"accelerator_type:{group.gpu_type}": 1, name: 1},
        "object_store_memory": 80 * 2**20,
    }


@pytest.fixture(scope="module")
def nodes() -> Iterator[dict[str, str]]:
    """Start the nodes the cluster file describes and return the worker group of each, by the node's id."""
    os.environ.update(
        {
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "PYTHONPATH": str(ROOT),
            PACKING: shipped(PACKING),
            **patience.VARIABLES,
        }
    )
    patience.be_patient()
    cluster = patience.patiently(lambda: Cluster(True, head_node_args=node(NODES[0])))
    for name in NODES[1:]:
        patience.patiently(lambda name=name: cluster.add_node(**node(name)))
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        yield {found["NodeID"]: next(name for name in NODES if name in found["Resources"]) for found in ray.nodes()}
    finally:
        serve.shutdown()
        LOOP.close()
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture(scope="module")
def places(nodes: dict[str, str]) -> dict[str, Place]:
    """Where each model's replica is."""
    deploy([application(model, options(model)) for model in MODELS])
    wait_for(MODELS)
    return ask(MODELS)


def ask(models: tuple[str, ...]) -> dict[str, Place]:
    """Ask replicas where they are; handles keep to the event loop of their first call here."""

    async def places() -> dict[str, Place]:
        answers = [handle.place.remote() for handle in handles]
        return dict(zip(models, [await asyncio.wait_for(answer, ANSWER_S) for answer in answers], strict=True))

    handles = [serve.get_app_handle(model) for model in models]
    return LOOP.run(places())


def deploy(applications: list[dict[str, Any]]) -> None:
    from ray.serve._private.api import serve_start

    config = {
        "proxy_location": "Disabled",
        "http_options": {"host": "127.0.0.1", "port": 18_341},
        "applications": applications,
    }
    schema = ServeDeploySchema.model_validate(config)
    client = serve_start(http_options=schema.http_options.model_dump(), proxy_location=schema.proxy_location)
    client.deploy_apps(schema, _blocking=False)


def wait_for(models: tuple[str, ...]) -> None:
    deadline = time.monotonic() + STARTED_S
    while time.monotonic() < deadline:
        found = serve.status().applications
        if all(model in found and found[model].status == "RUNNING" for model in models):
            return
        time.sleep(0.5)
    raise AssertionError(f"not running after {STARTED_S} s: {serve.status()}")


def fraction(model: str) -> float:
    return float(options(model)["ray_actor_options"]["num_gpus"])


def test_replicas_are_on_the_gpu_types_the_config_names(nodes: dict[str, str], places: dict[str, Place]) -> None:
    types = {group.name: group.gpu_type for group in read_cluster(CLUSTER)}
    for model, place in places.items():
        assert types[nodes[place.node]] == options(model)["ray_actor_options"]["accelerator_type"], model


def test_no_gpu_is_given_away_more_than_once(places: dict[str, Place]) -> None:
    given: dict[tuple[str, tuple[int, ...]], float] = defaultdict(float)
    for model, place in places.items():
        given[place.node, place.gpus] += fraction(model)
    assert max(given.values()) <= 1.0 + 1e-9


def test_small_models_share_gpus_and_large_ones_have_their_own(places: dict[str, Place]) -> None:
    held = {model: (place.node, place.gpus) for model, place in places.items()}
    small = [model for model in MODELS if options(model)["ray_actor_options"]["accelerator_type"] == "T4"]
    assert len({held[model] for model in small}) < len(small)
    for model in ("qwen2-audio", "ltx-2"):
        assert [other for other, place in held.items() if place == held[model]] == [model]
    assert held["csm-1b"] == held["stable-audio-open"]


def test_ray_uses_as_many_gpus_as_the_check_counts(places: dict[str, Place]) -> None:
    check = check_config(CONFIG, CLUSTER)
    packing = pack([demand for demand in check.demands if demand.model in MODELS], check.groups)
    assert len({(place.node, place.gpus) for place in places.values()}) == len(packing.gpus)
    assert packing.left_over == ()


def test_a_replica_without_a_free_share_waits(places: dict[str, Place]) -> None:
    second = options("ltx-2") | {"name": "another"}
    deploy([*(application(model, options(model)) for model in MODELS), application("another", second)])
    wait_for(MODELS)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = serve.status().applications.get("another")
        assert found is None or found.status in ("DEPLOYING", "NOT_STARTED")
        time.sleep(0.5)
    assert ask(("ltx-2",)) == {"ltx-2": places["ltx-2"]}
