import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from audiogpt_cli.main import app
from deployments.placement.config_check import check_config
from deployments.placement.costs import Costs, KindCost
from deployments.placement.sizing import BUSY, LLM_PLAN_S, Need, Users, needs, with_mix
from model_wrappers.contract.errors import InvalidInput

ROOT = Path(__file__).parents[3]
CLUSTER_CONFIG = check_config(ROOT / "serve_config.yaml", ROOT / "cluster.yaml")


def costs() -> Costs:
    """Return costs of round numbers: one request in four reads, the others transcribe for a second."""
    read = KindCost(share=0.25, alone_s=0.004, cpu_s={"ingress": 0.004})
    write_down = KindCost(
        share=0.75,
        alone_s=1.1,
        cpu_s={"ingress": 0.008, "planner": 0.02, "whisper-base": 1.0},
        model="whisper-base",
        task="speech-recognition",
    )
    places = {"ingress": 1, "planner": 2, "whisper-base": 2}
    return Costs(places=places, kinds={"read": read, "transcription": write_down})


def sized(number: int, **seconds: float) -> dict[str, Need]:
    found = needs(CLUSTER_CONFIG, costs(), Users(number, 100.0), seconds)
    return {need.demand.model: need for need in found}


def test_a_place_is_held_for_its_work_and_a_model_while_it_waits_too() -> None:
    kind = costs().kinds["transcription"]
    assert kind.elsewhere_s == pytest.approx(1.1 - 1.028)
    assert kind.held_s("ingress") == pytest.approx(0.008)
    assert kind.held_s("whisper-base") == pytest.approx(1.0 + 1.1 - 1.028)


def test_work_on_several_processors_holds_its_place_for_less() -> None:
    kind = KindCost(share=1.0, alone_s=0.5, cpu_s={"m": 1.0}, model="m")
    assert (kind.threads("m"), kind.held_s("m"), kind.elsewhere_s) == (2, 0.5, 0.0)


def test_ten_times_the_users_need_less_than_ten_times_the_places() -> None:
    few, many = sized(2_000, **{"whisper-large-v3": 1.0}), sized(20_000, **{"whisper-large-v3": 1.0})
    assert few["whisper-large-v3"].replicas * 10 >= many["whisper-large-v3"].replicas > few["whisper-large-v3"].replicas
    for need in (*few.values(), *many.values()):
        assert need.per_s * need.held_s <= BUSY * need.replicas * 64
        assert need.wait_s <= 0.5 * need.held_s or math.isclose(need.wait_s, 0.0)


def test_what_is_always_there_is_counted_even_for_one_user() -> None:
    found = sized(1)
    replicas = {name: need.replicas for name, need in found.items()}
    assert {"ingress": 2, "planner": 2, "runner": 2, "llm": 1}.items() <= replicas.items()
    assert found["deepfilternet3"].why == "always there"
    assert found["llm"].gpus == pytest.approx(0.54)


def test_the_models_of_the_config_answer_and_say_where_they_were_not_measured() -> None:
    found = sized(100)
    assert "whisper-base" not in found
    assert found["whisper-large-v3"].why == "as whisper-base on a CPU: not measured"
    assert found["llm"].why == f"{LLM_PLAN_S:g} s a plan: not measured"
    assert sized(100, llm=3.0)["llm"].why == "as given"


def test_more_than_the_config_allows_is_said() -> None:
    assert "raise max_replicas from 4" in sized(100_000)["whisper-large-v3"].why


def test_a_mix_of_ones_own_adds_up() -> None:
    mixed = with_mix(costs(), {"read": 3.0})
    assert [kind.share for kind in mixed.kinds.values()] == [0.8, 0.2]


@pytest.mark.parametrize("mix", [{"sing": 0.5}, {"read": -1.0}, {"read": 0.0, "transcription": 0.0}])
def test_a_mix_that_cannot_be_is_refused(mix: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match=r"no kind of request|Shares are 0 or more"):
        with_mix(costs(), mix)


def test_seconds_of_no_model_are_refused() -> None:
    with pytest.raises(InvalidInput, match="has no 'whisper-huge'"):
        sized(10, **{"whisper-huge": 1.0})


@pytest.mark.parametrize("config", ["serve_config.yaml", "serve_config.embedded.yaml", "serve_config.cpu.yaml"])
def test_command_sizes_every_shipped_config_from_the_shipped_costs(config: str) -> None:
    result = CliRunner().invoke(app, ["config", "size", str(ROOT / config), "--users", "5000", "--json"])
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.output)
    by_name = {row["demand"]["model"]: row for row in rows}
    assert by_name["ingress"]["replicas"] >= 1
    assert all(row["cpus"] == row["replicas"] * row["demand"]["num_cpus"] for row in rows)


def test_command_prints_replicas_and_reasons() -> None:
    arguments = ["config", "size", str(ROOT / "serve_config.yaml"), "--users", "10000", "--seconds", "llm=4"]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "10,000 users with a request every 120 s: 83.3 a second" in result.output
    assert "as given" in result.output


@pytest.mark.parametrize("value", ["llm", "llm=fast", "llm=-1", "llm=inf"])
def test_numbers_are_numbers(value: str) -> None:
    result = CliRunner().invoke(app, ["config", "size", str(ROOT / "serve_config.yaml"), "--seconds", value])
    assert isinstance(result.exception, InvalidInput)
