from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from model_wrappers.contract.errors import InvalidInput
from router.settings import OTHER_VARIABLES, Settings, check_environment


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Read the settings from variables of these values."""

    def read(**values: str) -> Settings:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return Settings.from_environment()

    return read


Given = Callable[..., Settings]


def test_everything_lies_under_the_home_folder_unless_said_otherwise(tmp_path: Path, given: Given) -> None:
    settings = given(AUDIOGPT_HOME=str(tmp_path))
    assert settings.artifacts_url == str(tmp_path / "artifacts")
    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path}/audiogpt.sqlite3"
    assert settings.max_upload_bytes == 100 * 1024 * 1024
    assert settings.artifact_ttl_s == 7 * 86_400


def test_production_stores_are_named_by_url(given: Given) -> None:
    settings = given(
        AUDIOGPT_ARTIFACTS_URL="s3://bucket/prefix",
        AUDIOGPT_DATABASE_URL="postgresql+psycopg://audiogpt:hush@db/audiogpt",
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
        ("AUDIOGPT_MODEL_ALIASES", "whisper-1"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(name: str, value: str, given: Given) -> None:
    with pytest.raises(InvalidInput, match=f"{name} is '{value}', which is not allowed: ") as caught:
        given(**{name: value})
    assert caught.value.param == name


def test_every_wrong_value_is_told(given: Given) -> None:
    with pytest.raises(InvalidInput, match=r"AUDIOGPT_MAX_UPLOAD_BYTES is '-5'.*; AUDIOGPT_MAX_RUNS is '0'"):
        given(AUDIOGPT_MAX_RUNS="0", AUDIOGPT_MAX_UPLOAD_BYTES="-5")


def test_an_empty_variable_counts_as_not_set(given: Given) -> None:
    assert given(AUDIOGPT_MAX_RUNS="").max_runs == Settings().max_runs


def test_aliases_are_pairs(given: Given) -> None:
    settings = given(
        AUDIOGPT_MODEL_ALIASES="whisper-1=speech-recognition, tts-1 = hibari,", AUDIOGPT_VOICE_ALIASES="a="
    )
    assert settings.model_aliases == {"whisper-1": "speech-recognition", "tts-1": "hibari"}
    assert settings.voice_aliases == {"a": ""}


def test_relative_folders_do_not_depend_on_where_a_process_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: Given
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = given(AUDIOGPT_HOME="data", AUDIOGPT_ARTIFACTS_URL="files")
    assert settings.home == tmp_path / "data"
    assert settings.artifacts_url == str(tmp_path / "files")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().max_runs = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("AUDIOGPT_MAX_RUN", "AUDIOGPT_MAX_RUNS"),
        ("AUDIOGPT_LLM_MAX_TOKEN", "AUDIOGPT_LLM_MAX_TOKENS"),
        ("AUDIOGPT_ARTIFACT_URL", "AUDIOGPT_ARTIFACTS_URL"),
        ("AUDIOGPT_MODEL", "AUDIOGPT_MODELS"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_one_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(InvalidInput, match=f"{name} is unknown, did you mean {meant}"):
        check_environment()


def test_variables_of_others_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AUDIOGPT_PORT",
        "AUDIOGPT_SERVICE_HOST",
        "AUDIOGPT_PORT_8000_TCP",
        "AUDIOGPT_TEST_DATABASE_URL",
        *OTHER_VARIABLES,
    ):
        monkeypatch.setenv(name, "1")
    check_environment()


def test_a_wrong_llm_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOGPT_LLM_MODEL", "qwen")
    with pytest.raises(InvalidInput, match=r"AUDIOGPT_LLM_BASE_URL is not set\. Set AUDIOGPT_LLM_BASE_URL and"):
        check_environment()
