from collections.abc import Callable

import pytest
from pydantic import ValidationError

from llm_planner.online.settings import LLMSettings, llm_settings
from model_wrappers.contract.errors import InvalidInput

COMPLETE = {"BASE_URL": "http://127.0.0.1:8080/v1", "MODEL": "qwen"}
Given = Callable[..., LLMSettings | None]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """Read the settings from variables `AUDIOGPT_LLM_*` of these values."""

    def read(**values: str) -> LLMSettings | None:
        for name, value in values.items():
            monkeypatch.setenv(f"AUDIOGPT_LLM_{name}", value)
        return llm_settings()

    return read


def test_no_variables_mean_no_llm(given: Given) -> None:
    assert given() is None
    assert given(API_KEY="x", BASE_URL="") is None


def test_address_and_model_are_enough(given: Given) -> None:
    settings = given(**COMPLETE)
    assert settings is not None
    assert (settings.base_url, settings.model, settings.max_tokens) == ("http://127.0.0.1:8080/v1", "qwen", 2_048)


def test_every_field_has_its_variable(given: Given) -> None:
    settings = given(**COMPLETE, API_KEY="sk", TIMEOUT_S="5", MAX_TOKENS="128")
    assert settings is not None
    assert (settings.api_key.get_secret_value(), settings.timeout_s, settings.max_tokens) == ("sk", 5.0, 128)


def test_key_is_kept_out_of_sight(given: Given) -> None:
    assert "sk-secret" not in repr(given(**COMPLETE, API_KEY="sk-secret"))


@pytest.mark.parametrize(
    ("changed", "variable"),
    [
        ({"MODEL": ""}, "AUDIOGPT_LLM_MODEL"),
        ({"BASE_URL": ""}, "AUDIOGPT_LLM_BASE_URL"),
        ({"BASE_URL": "ftp://x"}, "AUDIOGPT_LLM_BASE_URL"),
        ({"TIMEOUT_S": "soon"}, "AUDIOGPT_LLM_TIMEOUT_S"),
        ({"MAX_TOKENS": "1"}, "AUDIOGPT_LLM_MAX_TOKENS"),
    ],
)
def test_half_or_wrong_configuration_names_the_variable(changed: dict[str, str], variable: str, given: Given) -> None:
    with pytest.raises(InvalidInput, match=variable) as caught:
        given(**(COMPLETE | changed))
    assert caught.value.param == variable


def test_unknown_settings_are_rejected() -> None:
    with pytest.raises(ValidationError, match="extra"):
        LLMSettings(base_url="http://x", model="m", temperature=1)
