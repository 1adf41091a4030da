from pathlib import Path

import pytest
import yaml

from deployments.placement.environment_check import environment_problems, read_environment
from model_wrappers.contract.errors import InvalidInput

ROOT = Path(__file__).parents[3]
SHARED = {
    "RAY_AUTH_MODE": "token",
    "AUDIOGPT_DATABASE_URL": "postgresql+psycopg://audiogpt@db/audiogpt",
    "AUDIOGPT_ARTIFACTS_URL": "s3://bucket/artifacts",
}


def test_the_shipped_cluster_shares_its_stores_and_asks_for_a_token() -> None:
    environment = read_environment(ROOT / "cluster.yaml")
    assert environment["AUDIOGPT_AUTH"] == "auto"
    assert list(environment_problems(environment)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"RAY_AUTH_MODE": ""}, "Whoever reaches a node may run code on all of them: set RAY_AUTH_MODE=token"),
        ({"AUDIOGPT_DATABASE_URL": ""}, "Each node would keep sessions, runs and keys of its own"),
        (
            {"AUDIOGPT_DATABASE_URL": "sqlite:////var/audiogpt.db"},
            "set AUDIOGPT_DATABASE_URL to a store that all nodes",
        ),
        ({"AUDIOGPT_ARTIFACTS_URL": ""}, "Each node would keep files of its own"),
        ({"AUDIOGPT_ARTIFACTS_URL": "/mnt/artifacts"}, "e.g. s3://..., not '/mnt/artifacts'"),
        ({"AUDIOGPT_ARTIFACTS_URL": "file:///mnt/artifacts"}, "set AUDIOGPT_ARTIFACTS_URL"),
    ],
)
def test_what_nodes_do_not_share_is_a_problem(changes: dict[str, str], problem: str) -> None:
    (found,) = environment_problems(SHARED | changes)
    assert problem in found


def test_variables_are_read_as_the_shell_does_from_the_file_that_is_mounted(tmp_path: Path) -> None:
    (tmp_path / "nodes.env").write_text("# words\n\nexport RAY_AUTH_MODE='token'\nEMPTY=\n")
    command = "set -a && . /opt/deploy/nodes.env && ray start --head"
    content = {"head_start_ray_commands": [command], "file_mounts": {"/opt/deploy": "."}}
    (tmp_path / "cluster.yaml").write_text(yaml.safe_dump(content))
    assert read_environment(tmp_path / "cluster.yaml") == {"RAY_AUTH_MODE": "token", "EMPTY": ""}
    (tmp_path / "cluster.yaml").write_text(yaml.safe_dump(content | {"file_mounts": {}}))
    with pytest.raises(InvalidInput, match=r"reads /opt/deploy/nodes.env on the nodes, but its file_mounts bring no"):
        read_environment(tmp_path / "cluster.yaml")
