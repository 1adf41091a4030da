from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from ray.llm._internal.serve.core.configs.llm_config import LLMConfig
from ray.serve._private.build_app import build_app

from deployments import builders
from deployments.serve.gpus import CONTEXT_MB, capacity_mb
from deployments.serve.llm.arguments import DERIVED, LLMArgs, engine_config

ROOT = Path(__file__).parents[4]
WEIGHTS = Path("/models/qwen")


def shipped(**changes: Any) -> LLMArgs:
    config = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    (application,) = (each for each in config["applications"] if each["import_path"] == "deployments.builders:llm")
    return LLMArgs.model_validate(application["args"] | changes)


def test_ray_takes_the_config_that_is_shipped() -> None:
    config = LLMConfig(**engine_config(shipped(), WEIGHTS))
    assert config.model_loading_config.model_source == str(WEIGHTS)
    assert config.accelerator_config.kind == "gpu"
    assert config.placement_group_config == {"bundles": [{"GPU": 0.54, "accelerator_type:L40S": 0.001}]}


@pytest.mark.parametrize("share", [0.54, 0.7, 1.0])
def test_engine_leaves_the_rest_of_the_gpu_to_others(share: float) -> None:
    args = shipped(num_gpus=share)
    taken = engine_config(args, WEIGHTS)["engine_kwargs"]["gpu_memory_utilization"]
    memory_mb = capacity_mb(args.accelerator_type)
    assert taken * memory_mb + CONTEXT_MB <= share * memory_mb
    assert taken * memory_mb >= args.gpu_memory_mb * 0.99


def test_serve_holds_the_gpu_in_a_group_and_starts_replicas_where_vllm_is() -> None:
    (deployment,) = build_app(builders.llm(shipped(resources={"fast_disk": 0.1})), name="llm").deployments
    options = deployment._replica_config
    (bundle,) = options.placement_group_bundles
    assert bundle == {"CPU": 4, "GPU": 0.54, "accelerator_type:L40S": 0.001, "fast_disk": 0.1}
    assert options.ray_actor_options["num_cpus"] == 4
    assert options.ray_actor_options["runtime_env"]["py_executable"].endswith(".venv-llm/bin/python")
    scaling = deployment._deployment_config.autoscaling_config
    assert (scaling.min_replicas, scaling.max_replicas, scaling.target_ongoing_requests) == (1, 3, 32)


def test_no_route_leads_to_the_llm() -> None:
    config = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    (application,) = (each for each in config["applications"] if each["import_path"] == "deployments.builders:llm")
    assert application["route_prefix"] is None


@pytest.mark.parametrize("name", sorted(DERIVED))
def test_what_follows_from_the_entry_is_not_said_to_the_engine_again(name: str) -> None:
    with pytest.raises(ValidationError, match=f"engine.{name} follows from {DERIVED[name]}"):
        shipped(engine={name: 1})


@pytest.mark.parametrize("changes", [{"num_gpus": 1.5}, {"gpu_memory_mb": 0}, {"temperature": 1}, {"max_model_len": 9}])
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        shipped(**changes)


def test_an_llm_that_sleeps_is_stopped_only_after_its_delay() -> None:
    (deployment,) = build_app(builders.llm(shipped(min_replicas=0)), name="llm").deployments
    assert deployment._deployment_config.autoscaling_config.downscale_to_zero_delay_s == 1800
