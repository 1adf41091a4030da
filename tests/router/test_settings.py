from pathlib import Path

import pytest
from pydantic import ValidationError

from model_wrappers.contract.errors import InvalidInput
from router.settings import Settings


def test_everything_lies_under_the_home_folder_unless_said_otherwise(tmp_path: Path) -> None:
    settings = Settings.from_environment({"AUDIOGPT_HOME": str(tmp_path)})
    assert settings.artifacts_url == str(tmp_path / "artifacts")
    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path}/audiogpt.sqlite3"
    assert settings.max_upload_bytes == 100 * 1024 * 1024
    assert settings.artifact_ttl_s == 7 * 86_400


def test_production_stores_are_named_by_url() -> None:
    settings = Settings.from_environment(
        {
            "AUDIOGPT_ARTIFACTS_URL": "s3://bucket/prefix",
            "AUDIOGPT_DATABASE_URL": "postgresql+psycopg://audiogpt:hush@db/audiogpt",
        }
    )
    assert settings.artifacts_url == "s3://bucket/prefix"
    assert settings.database_url.get_secret_value().endswith("hush@db/audiogpt")
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUDIOGPT_MAX_RUNS", "many"),
        ("AUDIOGPT_MAX_RUNS", "0"),
        ("AUDIOGPT_MAX_UPLOAD_BYTES", "-5"),
        ("AUDIOGPT_ARTIFACT_TTL_S", "nan"),
        ("AUDIOGPT_PLAN_TIMEOUT_S", "inf"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"{name} is '{value}'") as caught:
        Settings.from_environment({name: value})
    assert caught.value.param == name


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({"AUDIOGPT_MAX_RUNS": ""}).max_runs == Settings().max_runs


def test_relative_folders_do_not_depend_on_where_a_process_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({"AUDIOGPT_HOME": "data", "AUDIOGPT_ARTIFACTS_URL": "files"})
    assert settings.home == tmp_path / "data"
    assert settings.artifacts_url == str(tmp_path / "files")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().max_runs = 5  # type: ignore[misc]
