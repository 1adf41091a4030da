from pathlib import Path

import pytest
import yaml
from ray.serve._private.deploy_utils import get_app_code_version
from ray.serve.schema import ServeDeploySchema
from typer.testing import CliRunner

from audiogpt_cli.main import app
from deployments.placement.config_check import check_config
from deployments.placement.rendering import code_version, rendered

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", ["serve_config.yaml", "serve_config.embedded.yaml", "serve_config.cpu.yaml"])
def test_rendered_config_says_the_same_without_anchors(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(rendered(ROOT / name, "1"))
    assert not any(mark in path.read_text() for mark in ("*", "<<", "&"))
    found, source = (check_config(each, ROOT / "cluster.yaml") for each in (path, ROOT / name))
    assert found.specs == source.specs
    assert found.problems == ()


def test_another_version_makes_serve_roll_out_every_application() -> None:
    def versions(version: str) -> list[str]:
        content = yaml.safe_load(rendered(ROOT / "serve_config.yaml", version))
        return [get_app_code_version(each) for each in ServeDeploySchema.model_validate(content).applications]

    assert all(before != after for before, after in zip(versions("1"), versions("2"), strict=True))
    assert versions("1") == versions("1")


def test_version_follows_the_code_and_its_data(tmp_path: Path) -> None:
    file = tmp_path / "router" / "a.txt"
    file.parent.mkdir()
    file.write_text("a")
    first = code_version(tmp_path)
    assert code_version(tmp_path) == first
    file.write_text("b")
    assert code_version(tmp_path) != first


def test_command_prints_it() -> None:
    printed = CliRunner().invoke(app, ["config", "render", str(ROOT / "serve_config.yaml"), "--version", "7"])
    assert printed.exit_code == 0
    assert {each["args"]["version"] for each in yaml.safe_load(printed.output)["applications"]} == {"7"}
