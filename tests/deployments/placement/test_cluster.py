"""The launcher file: that it comes up, and that nothing leaves this machine that is not named."""

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ray import autoscaler

from deployments.serve.llm.arguments import PYTHON

ROOT = Path(__file__).parents[3]
CONTENT: dict[str, Any] = yaml.safe_load((ROOT / "cluster.yaml").read_text())
NODES = [pytest.param(kind, id=name) for name, kind in CONTENT["available_node_types"].items()]
PROJECT = "/home/ubuntu/audiogpt-serve"
MOUNTS: dict[str, str] = CONTENT["file_mounts"]
READ = {"ca.crt", "tls.crt", "tls.key"}  # by Ray's processes


def test_file_is_valid_for_rays_own_schema() -> None:
    schema = json.loads((Path(autoscaler.__file__).parent / "ray-schema.json").read_text())
    jsonschema.validate(CONTENT, schema)


@pytest.mark.parametrize("kind", NODES)
def test_every_node_has_an_image_a_group_of_its_own_and_tokens_for_its_metadata(kind: dict[str, Any]) -> None:
    config = kind["node_config"]
    assert config["ImageId"]
    assert config["SecurityGroupIds"]
    assert config["MetadataOptions"]["HttpTokens"] == "required"


def test_head_offers_nothing_to_replicas() -> None:
    head = CONTENT["available_node_types"][CONTENT["head_node_type"]]["resources"]
    assert not any(head.values())


def test_mounts_are_named_one_by_one_and_exist() -> None:
    project = {remote: local for remote, local in MOUNTS.items() if remote.startswith(PROJECT)}
    for remote, local in project.items():
        assert local not in (".", "./")
        assert remote == f"{PROJECT}/{local}"
        assert (ROOT / local).exists(), local


def test_mounts_hold_what_is_installed_and_run() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    files = ["pyproject.toml", project["project"]["readme"], *project["project"]["license-files"], "serve_config.yaml"]
    script = (ROOT / "scripts" / "install_production.sh").read_text() + (ROOT / "scripts" / "install.sh").read_text()
    read = [path.name for path in ROOT.glob("*.lock") if path.name in script and "dev" not in path.name]
    for needed in (*packages, *files, *(name for name in read if name != "requirements.lock"), "apt.txt", "scripts"):
        assert f"{PROJECT}/{needed}" in MOUNTS, needed


def test_every_node_gets_the_token_that_its_environment_asks_for() -> None:
    assert MOUNTS["/home/ubuntu/.ray/auth_token"] == "~/.ray/auth_token"
    assert "RAY_AUTH_MODE=token" in (ROOT / "deploy" / "production.env").read_text().splitlines()
    for start in (CONTENT["head_start_ray_commands"], CONTENT["worker_start_ray_commands"]):
        assert any("production.env" in command and "ray start" in command for command in start)


def test_every_node_makes_a_certificate_and_only_the_head_keeps_the_authoritys_key(tmp_path: Path) -> None:
    remote = "/home/ubuntu/.ray/tls"
    assert {MOUNTS[f"{remote}/{file}"] for file in ("ca.crt", "ca.key")} == {"~/.ray/tls/ca.crt", "~/.ray/tls/ca.key"}
    subprocess.run(["sh", ROOT / "scripts" / "node_certificates.sh", "authority", tmp_path], check=True)
    everywhere = [command for command in CONTENT["setup_commands"] if "node_certificates" in command]
    workers = [command for command in CONTENT["worker_setup_commands"] if "ca.key" in command]
    for commands, left in ((everywhere, {"ca.crt", "ca.key", "tls.crt", "tls.key"}), (workers, READ)):
        for command in commands:
            here = command.replace(remote, str(tmp_path)).replace(PROJECT, str(ROOT))
            subprocess.run(["sh", "-euc", here], check=True)
        assert {path.name for path in tmp_path.iterdir()} == left
    names = subprocess.run(["hostname", "-I"], check=True, capture_output=True, text=True).stdout.split()
    told = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "tls.crt", "-noout", "-text"], check=True, capture_output=True
    )
    assert all(f"IP Address:{name}" in told.stdout.decode() for name in ("127.0.0.1", *names) if ":" not in name)


def test_what_rays_provider_imports_is_installed() -> None:
    packages = {line.partition("==")[0] for line in (ROOT / "requirements.production.lock").read_text().splitlines()}
    assert {"boto3", "botocore"} <= packages


def test_nodes_and_image_have_the_environment_in_which_the_llm_runs() -> None:
    assert PYTHON == ROOT / ".venv-llm" / "bin" / "python"
    image = (ROOT / "deploy" / "Containerfile").read_text()
    for script in (image, *CONTENT["setup_commands"][-1:]):
        assert ".venv-llm requirements.vllm.lock" in script
