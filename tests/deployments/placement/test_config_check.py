import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from audiogpt_cli.main import app
from deployments.placement.cluster import read_cluster
from deployments.placement.config_check import check_config, refuse
from deployments.placement.packing import pack, rolling_out
from model_wrappers.contract.errors import InvalidInput

ROOT = Path(__file__).parents[3]
CLUSTER = ROOT / "cluster.yaml"


def config(**changes: Any) -> dict[str, Any]:
    """Return a config with one model on a third of a T4; `changes` go to the model, its args or its deployment."""
    model = {"id": "w", "wrapper": "model_wrappers.embedded.whisper:Whisper", "accelerator_type": "T4", "num_gpus": 0.3}
    args = {"compute_type": "float16", "gpu_memory_mb": 3_000} | changes.pop("args", {})
    deployments = [{"name": "w"} | changes.pop("deployment")] if "deployment" in changes else []
    entry = model | {"max_queue": 8, "args": args} | changes
    application = {"name": "w", "route_prefix": None, "import_path": "deployments.builders:models"}
    return {"applications": [application | {"args": entry, "deployments": deployments}]}


def problems(tmp_path: Path, content: dict[str, Any]) -> str:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(content))
    return "\n".join(check_config(path, CLUSTER).problems)


def test_a_model_that_fits_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, config()) == ""


@pytest.mark.parametrize("name", ["serve_config.yaml", "serve_config.embedded.yaml", "serve_config.cpu.yaml"])
def test_shipped_configs_fit_onto_the_shipped_cluster(name: str) -> None:
    refuse(check_config(ROOT / name, CLUSTER))


def test_models_without_a_successor_in_a_roll_out_have_no_room_for_one() -> None:
    check = check_config(ROOT / "serve_config.yaml", CLUSTER)
    alone = [demand for demand in check.demands if not demand.surges]
    assert all(demand.num_gpus for demand in alone)
    for demand in alone:
        with_it = [replace(each, surges=True) if each is demand else each for each in check.demands]
        assert pack(rolling_out(with_it), check.groups).left_over, demand.model


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"num_gpus": 0.2}, "num_gpus 0.2 on T4, but needs 3812 MiB .* give it at least 0.25"),
        ({"args": {"gpu_memory_mb": 16_000}, "num_gpus": 1}, "a larger GPU type"),
        ({"accelerator_type": "V100"}, "of a GPU of type 'V100'; the cluster has: "),
        ({"accelerator_type": "RTX", "num_gpus": None}, "Model 'w': GPU type 'RTX' is not known"),
        ({"deployment": {"ray_actor_options": {"num_cpus": 1}}}, "runs on 'cuda:0' but its deployment has num_gpus 0"),
        ({"device": "cpu"}, "runs on 'cpu' but its deployment has num_gpus 0.3"),
        ({"args": {"gpu_memory_mb": 0}}, "declares no gpu_memory_mb"),
        ({"num_gpus": 1.5}, "write a fraction of one, or a whole number"),
        ({"deployment": {"max_ongoing_requests": 4}}, r"1 x 1 \+ 8 = 9, .* leave it out"),
        ({"deployment": {"num_replicas": 3}}, "sets num_replicas, which Serve ignores here"),
        ({"max_replicas": 0}, r"args\.models\.0\.max_replicas: "),
        ({"min_replicas": 3, "max_replicas": 2}, "min_replicas 3, initial_replicas 3 and max_replicas 2 must not fall"),
        ({"allow_non_commercial": True}, "sets allow_non_commercial, but its licence"),
        ({"args": {"beam_size": 0}}, r"args\.models\.0: .*beam_size"),
        ({"max_replicas": 1_000}, "finds no free GPU with all replicas there at their bounds"),
        (
            {"deployment": {"autoscaling_config": {"min_replicas": 1, "max_replicas": 1_000}}},
            "finds no free GPU with all replicas there at their bounds",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_its_reason(tmp_path: Path, changes: Any, problem: str) -> None:
    assert re.search(problem, problems(tmp_path, config(**changes)))


def cpu_config(**changes: Any) -> dict[str, Any]:
    """Return a config with one model without a GPU, kept off the GPUs' nodes."""
    entry = {"id": "w", "wrapper": "model_wrappers.embedded.whisper:Whisper", "resources": {"cpu_node": 0.001}}
    application = {"name": "w", "route_prefix": None, "import_path": "deployments.builders:models"}
    return {"applications": [application | {"args": entry | changes}]}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, "^$"),
        ({"resources": {}}, "may take the CPUs of nodes of t4, l40s, h100, and strand them"),
        ({"resources": {"cpu_nodes": 1}}, "asks for 1 CPUs, cpu_nodes; no nodes of the cluster have all of it"),
        ({"num_cpus": 17}, "asks for 17 CPUs, cpu_node; no nodes"),
        ({"num_cpus": 16, "max_replicas": 14}, "finds no node .* there at their bounds; there are: head 1, cpu 13"),
        ({"num_cpus": 16, "min_replicas": 13, "max_replicas": 13}, "always there and a node of each group lost"),
    ],
)
def test_cpu_models_are_counted_and_kept_off_gpu_nodes(tmp_path: Path, changes: Any, problem: str) -> None:
    assert re.search(problem, problems(tmp_path, cpu_config(**changes)))


@pytest.mark.parametrize("changed", [{"max_replicas_per_node": 2}, {"autoscaling_config": {"min_replicas": 1}}])
@pytest.mark.parametrize("service", ["ingress", "planner", "runner"])
def test_a_service_that_one_node_may_end_is_refused(tmp_path: Path, service: str, changed: dict[str, Any]) -> None:
    content = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    (deployment,) = next(each["deployments"] for each in content["applications"] if each["name"] == service)
    deployment.pop("num_replicas", None)
    deployment |= changed
    assert f"The {service} has " in problems(tmp_path, content)


@pytest.mark.parametrize("service", ["ingress", "planner", "runner"])
def test_a_service_whose_successors_find_no_node_is_refused(tmp_path: Path, service: str) -> None:
    content = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    (deployment,) = next(each["deployments"] for each in content["applications"] if each["name"] == service)
    deployment |= {"autoscaling_config": {"min_replicas": 2, "max_replicas": 13}}  # a replica on every node
    deployment.pop("num_replicas", None)
    found = problems(tmp_path, content)
    assert f"'{service}' finds no node with CPUs and memory for it with all replicas there at their bounds and" in found


def test_a_model_whose_successor_finds_no_gpu_is_refused(tmp_path: Path) -> None:
    filling = {"num_gpus": 1, "min_replicas": 1, "max_replicas": 12}  # all T4s of the cluster
    assert problems(tmp_path, config(**filling)) == ""
    found = problems(tmp_path, config(**filling, max_surge_percent=10))
    assert "Model 'w' finds no free GPU with all replicas there at their bounds and a successor beside them" in found


def test_an_ingress_without_options_is_one_replica_that_may_be_anywhere(tmp_path: Path) -> None:
    content = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    ingress = next(each for each in content["applications"] if each["name"] == "ingress")
    del ingress["deployments"]
    assert "The ingress has 1 replica(s) always there" in problems(tmp_path, content)
    assert "'ingress' needs no GPU but may take the CPUs" in problems(tmp_path, content)


def test_gpus_that_hold_no_replica_after_a_loss_are_told(tmp_path: Path) -> None:
    found = problems(tmp_path, config(num_gpus=1, min_replicas=12, max_replicas=12))
    assert "'w' finds no free GPU once a node is lost" in found


def test_streams_are_not_cut_before_their_promised_end(tmp_path: Path) -> None:
    content = config() | {"http_options": {"request_timeout_s": 1800}}
    assert "request_timeout_s is 1800, but the events of a run may be foll" in problems(tmp_path, content)


def test_options_of_a_model_that_is_not_there_are_refused(tmp_path: Path) -> None:
    content = config()
    content["applications"][0]["deployments"] = [{"name": "whisper"}]
    assert "sets options of 'whisper', which it does not have" in problems(tmp_path, content)


def test_a_model_configured_twice_is_refused(tmp_path: Path) -> None:
    content = config()
    content["applications"].append(content["applications"][0] | {"name": "again"})
    assert "Model 'w' is configured 2 times" in problems(tmp_path, content)


def test_an_ingress_whose_runs_nobody_executes_is_refused(tmp_path: Path) -> None:
    ingress = {"name": "ingress", "route_prefix": "/", "import_path": "deployments.builders:ingress", "args": {}}
    runner = {"name": "runner", "route_prefix": None, "import_path": "deployments.builders:runner", "args": {}}
    told = "Nothing executes the runs that 'ingress' takes"
    assert told in problems(tmp_path, {"applications": [ingress]})
    assert told not in problems(tmp_path, {"applications": [ingress, runner]})
    assert told not in problems(tmp_path, {"applications": [ingress | {"args": {"executes_runs": True}}]})


def test_unknown_builder_is_refused(tmp_path: Path) -> None:
    content = config()
    content["applications"][0]["import_path"] = "deployments.builders:modles"
    assert "has import_path 'deployments.builders:modles', not " in problems(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("cluster_name: [", "not a valid cluster file"),
        ("cluster_name: a", "not a valid cluster file"),
        (
            "{cluster_name: a, provider: {type: local}, available_node_types: "
            "{g: {node_config: {}, resources: {GPU: 1}}}, head_node_type: g}",
            "has 1 GPU.s. of no type",
        ),
    ],
)
def test_unusable_cluster_file_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=problem):
        read_cluster(path)


def test_command_prints_the_packing() -> None:
    printed = CliRunner().invoke(app, ["config", "check", str(ROOT / "serve_config.yaml")], env={"COLUMNS": "160"})
    assert printed.exit_code == 0, printed.output
    assert "Models on GPUs" in printed.output
    assert "(T4)" in printed.output
    assert "Nodes without GPUs" in printed.output


def test_command_refuses_a_config_that_cannot_fit(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config(num_gpus=0.01)))
    refused = CliRunner().invoke(app, ["config", "check", str(path), "--cluster", str(CLUSTER)])
    assert isinstance(refused.exception, InvalidInput)
    assert "num_gpus 0.01 on T4" in str(refused.exception)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"num_gpus": 0.3}, "Model 'llm' has num_gpus 0.3 on L40S, but needs"),
        ({"accelerator_type": "RTX"}, "The LLM of application 'llm': GPU type 'RTX' is not known"),
        ({"max_replicas": 90}, "'llm' finds no free GPU with all replicas there at their bounds"),
        ({"engine": {"max_num_seqs": 3}}, "engine.max_num_seqs follows from max_ongoing_requests"),
    ],
)
def test_the_llm_is_counted_as_models_are(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    content = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    next(each for each in content["applications"] if each["name"] == "llm")["args"] |= changes
    assert problem in problems(tmp_path, content)


@pytest.mark.parametrize(
    ("gone", "problem"),
    [("llm", "The planner asks an LLM in application 'llm'"), ("planner", "Nobody asks the LLM of application 'llm'")],
)
def test_planner_and_llm_have_to_find_each_other(tmp_path: Path, gone: str, problem: str) -> None:
    content = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    if gone == "llm":
        content["applications"] = [each for each in content["applications"] if each["name"] != "llm"]
    else:
        next(each for each in content["applications"] if each["name"] == "planner")["args"] = {}
    assert problem in problems(tmp_path, content)


@pytest.mark.parametrize(
    ("auth", "host", "ingresses", "limits_url", "refused"),
    [
        ("", "0.0.0.0", 2, "", True),
        ("on", "127.0.0.1", 2, "memory://", True),
        ("", "0.0.0.0", 1, "", False),
        ("", "0.0.0.0", 2, "redis://h:6379/0", False),
        ("", "127.0.0.1", 2, "", False),
        ("off", "0.0.0.0", 2, "", False),
    ],
)
def test_several_processes_that_count_limits_for_themselves_are_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    auth: str,
    host: str,
    ingresses: int,
    limits_url: str,
    refused: bool,
) -> None:
    monkeypatch.setenv("AUDIOGPT_AUTH", auth)
    monkeypatch.setenv("AUDIOGPT_LIMITS_URL", limits_url)
    ingress = {
        "name": "audiogpt",
        "route_prefix": "/",
        "import_path": "deployments.builders:ingress",
        "args": {"executes_runs": True},
        "deployments": [{"name": "ingress", "num_replicas": ingresses}],
    }
    content = {
        "proxy_location": "HeadOnly",
        "http_options": {"host": host},
        "applications": [*config()["applications"], ingress],
    }
    assert ("AUDIOGPT_LIMITS_URL to a Redis" in problems(tmp_path, content)) == refused
