import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from huggingface_hub import constants
from typer.testing import CliRunner

from audiogpt_cli.main import app
from model_wrappers.contract.errors import InvalidInput, ModelUnavailable
from tests.model_wrappers.hub import COMMIT, WEIGHTS, local_hub

MODEL = {
    "id": "tags",
    "wrapper": "model_wrappers.published.audio_spectrogram_transformer:AudioSpectrogramTransformer",
    "args": {"model": "org/tiny"},
}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A serve config with one published model, and a hub that has its weights."""
    file = tmp_path / "serve.yaml"
    application = {"name": "tags", "import_path": "deployments.builders:models", "args": {"models": [MODEL]}}
    file.write_text(yaml.safe_dump({"applications": [{**application, "route_prefix": None}]}))
    monkeypatch.setenv("AUDIOGPT_MODELS", str(tmp_path / "models"))
    with local_hub(monkeypatch, tmp_path / "cache"):
        yield file


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["models", *map(str, arguments)], catch_exceptions=False, env={"COLUMNS": "200"})
    return result.output


def test_pulled_weights_are_verified_and_checked_without_a_network(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled = run("pull", "--config", config)
    assert "verified" in pulled
    assert f"commit {COMMIT} (not pinned" in pulled.replace("\n", " ")
    assert (tmp_path / "models" / "org" / "tiny" / "model.safetensors").read_bytes() == WEIGHTS
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    (row,) = json.loads(run("check", "tags", "--config", config, "--json"))
    assert (row["model"], row["state"]) == ("tags", "verified")
    checked = run("check", "tags", "--config", config)
    assert "verified" in checked
    assert "(not pinned" in checked


def test_missing_and_damaged_weights_fail_the_check(config: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="1 checkpoints are missing, damaged or of another commit"):
        run("check", "--config", config)
    run("pull", "--config", config)
    (tmp_path / "models" / "org" / "tiny" / "model.safetensors").write_bytes(b"x" * len(WEIGHTS))
    with pytest.raises(ModelUnavailable, match="missing, damaged or of another commit"):
        run("check", "--config", config)


def test_model_that_is_not_configured_is_refused(config: Path) -> None:
    with pytest.raises(InvalidInput, match="has no model 'nobody'; it has: tags"):
        run("pull", "nobody", "--config", config)


def test_one_that_cannot_be_had_keeps_no_other_from_being_fetched(config: Path, tmp_path: Path) -> None:
    content = yaml.safe_load(config.read_text())
    content["applications"][0]["args"]["models"].insert(0, MODEL | {"id": "shut", "args": {"model": "org/gated"}})
    config.write_text(yaml.safe_dump(content))
    with pytest.raises(ModelUnavailable, match="The weights of shut were not fetched, all others are here"):
        run("pull", "--config", config)
    assert (tmp_path / "models" / "org" / "tiny" / "model.safetensors").read_bytes() == WEIGHTS
