from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.placement.environment_check import read_environment
from deployments.placement.tls_check import FILES, tls_problems

SHIPPED = Path(__file__).parents[3] / "cluster.yaml"
CONTENT: dict[str, Any] = yaml.safe_load(SHIPPED.read_text())
ENVIRONMENT = read_environment(SHIPPED)
WITHOUT_FILES = {name: value for name, value in ENVIRONMENT.items() if name not in FILES}
TLS = "/home/ubuntu/.ray/tls"


def problems(tmp_path: Path, environment: dict[str, str], **changes: Any) -> list[str]:
    path = tmp_path / "cluster.yaml"
    path.write_text(yaml.safe_dump(CONTENT | changes))
    return list(tls_problems(path, environment))


def mounts(*without: str) -> dict[str, str]:
    return {remote: local for remote, local in CONTENT["file_mounts"].items() if remote not in without}


def test_the_shipped_cluster_speaks_tls() -> None:
    assert ENVIRONMENT["RAY_USE_TLS"] == "1"
    assert list(tls_problems(SHIPPED, ENVIRONMENT)) == []


@pytest.mark.parametrize("off", ["0", "false"])
def test_one_variable_turns_it_off(tmp_path: Path, off: str) -> None:
    assert problems(tmp_path, ENVIRONMENT | {"RAY_USE_TLS": off}) == []


def test_a_cluster_that_knows_nothing_of_it_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, {}, setup_commands=[], file_mounts={}) == []


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        (WITHOUT_FILES, f"No node would start: RAY_USE_TLS=1 needs {', '.join(FILES)} too."),
        (ENVIRONMENT | {"RAY_TLS_SERVER_KEY": ""}, "No node would start: RAY_USE_TLS=1 needs RAY_TLS_SERVER_KEY too."),
        (ENVIRONMENT | {"RAY_USE_TLS": "yes"}, "RAY_USE_TLS is 'yes', which Ray takes for 0"),
        (ENVIRONMENT | {"RAY_USE_TLS": ""}, "Nodes get certificates and send in clear all the same: set RAY_USE_TLS=1"),
    ],
)
def test_variables_that_are_half_there_are_a_problem(tmp_path: Path, environment: dict[str, str], problem: str) -> None:
    (found,) = problems(tmp_path, environment)
    assert problem in found


def test_certificates_that_nothing_brings_are_a_problem(tmp_path: Path) -> None:
    found = problems(tmp_path, ENVIRONMENT, setup_commands=[], worker_setup_commands=[], file_mounts={})
    assert [each.partition(":")[0] for each in found] == ["No head would start", "No worker would start"]
    assert f"nothing brings RAY_TLS_CA_CERT={TLS}/ca.crt, RAY_TLS_SERVER_CERT={TLS}/tls.crt" in found[0]


def test_certificates_that_only_the_head_makes_are_a_problem(tmp_path: Path) -> None:
    commands = CONTENT["setup_commands"]
    (found,) = problems(
        tmp_path, ENVIRONMENT, setup_commands=[], head_setup_commands=commands, worker_setup_commands=["true"],
        file_mounts=mounts(),
    )[:1]  # fmt: skip
    assert found.startswith("No worker would start: nothing brings")


def test_certificates_of_an_authority_of_ones_own_are_none(tmp_path: Path) -> None:
    brought = {name: f"certificates/{Path(ENVIRONMENT[name]).name}" for name in FILES}
    own = {ENVIRONMENT[name]: local for name, local in brought.items()}
    assert problems(tmp_path, ENVIRONMENT, setup_commands=[], worker_setup_commands=[], file_mounts=own) == []


@pytest.mark.parametrize("file", ["ca.crt", "ca.key"])
def test_an_authority_that_is_not_brought_is_a_problem(tmp_path: Path, file: str) -> None:
    (found,) = problems(tmp_path, ENVIRONMENT, file_mounts=mounts(f"{TLS}/{file}"))
    assert found == f"No certificate can be made: file_mounts bring no {file} to {TLS}."


def test_a_key_of_the_authority_that_stays_on_workers_is_a_problem(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, ENVIRONMENT, worker_setup_commands=["aws s3 sync s3://b/models /home/ubuntu/models"])
    assert found == (
        f"Every worker would keep the key of the authority: end the worker_setup_commands with `rm {TLS}/ca.key`."
    )
