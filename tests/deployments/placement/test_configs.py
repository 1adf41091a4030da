from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from ray.serve._private.build_app import build_app
from ray.serve.schema import ServeDeploySchema

from deployments import builders
from deployments.local.launch import read_config
from deployments.serve.options import SPARE_PLACES
from model_wrappers.contract.errors import InvalidInput

ROOT = Path(__file__).parents[3]
CONFIGS = ["serve_config.yaml", "serve_config.embedded.yaml", "serve_config.cpu.yaml"]


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text())


def builder_args(application: dict[str, Any]) -> Any:
    """Return an application's arguments as its builder's own type."""
    builder = getattr(builders, application["import_path"].partition(":")[2])
    (annotation,) = (kind for name, kind in builder.__annotations__.items() if name != "return")
    return annotation.model_validate(application["args"])


@pytest.mark.parametrize("name", CONFIGS)
def test_serve_config_is_valid_for_serve_and_for_the_builders(name: str) -> None:
    schema = ServeDeploySchema.model_validate(load(name))
    for application in schema.applications:
        assert builder_args(application.model_dump(exclude_unset=True)) is not None


def built(application: dict[str, Any]) -> dict[str, Any]:
    """Return the deployments an application is built of, by name."""
    _, builder = application["import_path"].split(":")
    app = build_app(getattr(builders, builder)(builder_args(application)), name=application["name"])
    return {deployment.name: deployment for deployment in app.deployments}


@pytest.mark.parametrize("name", CONFIGS)
def test_serve_builds_every_model_and_finds_what_the_config_sets_options_of(name: str) -> None:
    for application in load(name)["applications"]:
        found = built(application)
        configured = {deployment["name"] for deployment in application.get("deployments", [])}
        models = getattr(builder_args(application), "models", [])
        assert configured | {spec.id for spec in models if not spec.card.is_composite} <= found.keys()


def test_serve_options_follow_from_the_entry() -> None:
    (application,) = (each for each in load("serve_config.yaml")["applications"] if each["name"] == "whisper-base")
    deployment = built(application)["whisper-base"]
    assert deployment.ray_actor_options == {"num_cpus": 1, "num_gpus": 0.08, "accelerator_type": "T4"}
    scaling = deployment._deployment_config.autoscaling_config
    assert (scaling.min_replicas, scaling.max_replicas, scaling.target_ongoing_requests) == (0, 2, 2)
    assert (scaling.upscale_delay_s, scaling.downscale_delay_s) == (10, 600)
    assert scaling.policy.policy_kwargs == {"within_s": 30}
    assert (deployment.max_ongoing_requests, deployment.max_queued_requests) == (130 + SPARE_PLACES, 130 + SPARE_PLACES)


def test_models_that_are_off_and_composites_take_no_process() -> None:
    for name in ("audioldm2", "cascaded-translation"):
        (application,) = (each for each in load("serve_config.yaml")["applications"] if each["name"] == name)
        (deployment,) = built(application).values()
        assert deployment._deployment_config.autoscaling_config.min_replicas == 0
        assert deployment.ray_actor_options["num_cpus"] == 0


def test_production_has_one_application_per_model_named_after_it() -> None:
    for application in load("serve_config.yaml")["applications"]:
        models = getattr(builder_args(application), "models", [])
        assert [spec.id for spec in models] in ([], [application["name"]])


@pytest.mark.parametrize(
    "applications",
    [
        [{"name": "a", "import_path": "deployments.builders:models", "args": {"models": []}}],
        [{"name": "a", "import_path": "deployments.builders:models", "args": {"modles": []}}],
        [{"name": "a", "import_path": "deployments.builders:models", "args": {"id": "a", "wraper": "b"}}],
        [{"name": "a", "import_path": "deployments.builders:planner", "args": {"temperature": 1}}],
    ],
)
def test_misspelt_arguments_are_refused(applications: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        builder_args(applications[0])


@pytest.mark.parametrize("content", ["applications: [", "just text", "applications: 5", "unknown_key: 1"])
def test_unreadable_config_gets_a_clear_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=r"c\.yaml is not a valid serve config"):
        read_config(path)
    with pytest.raises(InvalidInput, match="no serve config at"):
        read_config(tmp_path / "absent.yaml")
