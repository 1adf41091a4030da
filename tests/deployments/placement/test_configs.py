import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError
from ray import autoscaler
from ray.serve.schema import ServeDeploySchema

from deployments import builders
from deployments.local.launch import read_config
from model_wrappers.contract.errors import InvalidInput

ROOT = Path(__file__).parents[3]
CONFIGS = ["serve_config.yaml", "serve_config.embedded.yaml"]


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


@pytest.mark.parametrize("name", CONFIGS)
def test_models_that_are_off_keep_the_deployment_the_config_sets_options_of(name: str) -> None:
    for application in load(name)["applications"]:
        built = builders._models(getattr(builder_args(application), "models", []))
        found = {each._bound_deployment.name for each in built}
        configured = {deployment["name"] for deployment in application.get("deployments", [])}
        assert configured - {builders.PLANNER, builders.INGRESS} <= found


@pytest.mark.parametrize("name", CONFIGS)
def test_every_model_has_a_deployment_with_its_gpu_fraction_and_bounds(name: str) -> None:
    for application in load(name)["applications"]:
        options = {deployment["name"]: deployment for deployment in application.get("deployments", [])}
        for spec in getattr(builder_args(application), "models", []):
            if spec.card.method == "composite":
                continue
            assert "num_gpus" in options[spec.id]["ray_actor_options"]
            assert options[spec.id]["autoscaling_config"]["max_replicas"] >= 1
            assert (options[spec.id]["ray_actor_options"]["num_gpus"] > 0) == spec.device.startswith("cuda")


def test_production_has_one_application_per_model() -> None:
    models = [application["args"].get("models", []) for application in load("serve_config.yaml")["applications"]]
    assert all(len(found) <= 1 for found in models)


@pytest.mark.parametrize(
    "applications",
    [
        [{"name": "a", "import_path": "deployments.builders:models", "args": {"models": []}}],
        [{"name": "a", "import_path": "deployments.builders:models", "args": {"modles": []}}],
        [{"name": "a", "import_path": "deployments.builders:planner", "args": {"temperature": 1}}],
    ],
)
def test_misspelt_arguments_are_refused(applications: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        builder_args(applications[0])


def test_cluster_file_is_valid_for_rays_own_schema() -> None:
    schema = json.loads((Path(autoscaler.__file__).parent / "ray-schema.json").read_text())
    jsonschema.validate(load("cluster.yaml"), schema)


def test_cluster_has_room_for_every_gpu_fraction() -> None:
    gpus = [kind["resources"].get("GPU", 0) for kind in load("cluster.yaml")["available_node_types"].values()]
    fractions = [
        deployment["ray_actor_options"].get("num_gpus", 0)
        for application in load("serve_config.yaml")["applications"]
        for deployment in application.get("deployments", [])
    ]
    assert max(fractions) <= max(gpus)
    assert all(fraction <= 1 or fraction == int(fraction) for fraction in fractions)


@pytest.mark.parametrize("content", ["applications: [", "just text", "applications: 5", "unknown_key: 1"])
def test_unreadable_config_gets_a_clear_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=r"c\.yaml is not a valid serve config"):
        read_config(path)
    with pytest.raises(InvalidInput, match="no serve config at"):
        read_config(tmp_path / "absent.yaml")
