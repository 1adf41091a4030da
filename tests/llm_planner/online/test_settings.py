import pytest
from pydantic import ValidationError

from llm_planner.online.settings import LLMSettings
from model_wrappers.contract.errors import InvalidInput

COMPLETE = {"AUDIOGPT_LLM_BASE_URL": "http://127.0.0.1:8080/v1", "AUDIOGPT_LLM_MODEL": "qwen"}


def test_no_variables_mean_no_llm():
    assert LLMSettings.from_environment({}) is None
    assert LLMSettings.from_environment({"AUDIOGPT_LLM_API_KEY": "x", "AUDIOGPT_LLM_BASE_URL": ""}) is None


def test_address_and_model_are_enough():
    settings = LLMSettings.from_environment(COMPLETE)
    assert (settings.base_url, settings.model, settings.max_tokens) == ("http://127.0.0.1:8080/v1", "qwen", 2_048)


def test_key_is_read_and_kept_out_of_sight():
    settings = LLMSettings.from_environment(COMPLETE | {"AUDIOGPT_LLM_API_KEY": "sk-secret"})
    assert settings.api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("changed", "variable"),
    [
        ({"AUDIOGPT_LLM_MODEL": ""}, "AUDIOGPT_LLM_MODEL"),
        ({"AUDIOGPT_LLM_BASE_URL": ""}, "AUDIOGPT_LLM_BASE_URL"),
        ({"AUDIOGPT_LLM_BASE_URL": "ftp://x"}, "AUDIOGPT_LLM_BASE_URL"),
        ({"AUDIOGPT_LLM_TIMEOUT_S": "soon"}, "AUDIOGPT_LLM_TIMEOUT_S"),
    ],
)
def test_half_or_wrong_configuration_names_the_variable(changed, variable):
    with pytest.raises(InvalidInput, match=variable) as caught:
        LLMSettings.from_environment(COMPLETE | changed)
    assert caught.value.param == variable


def test_unknown_settings_are_rejected():
    with pytest.raises(ValidationError, match="extra"):
        LLMSettings(base_url="http://x", model="m", temperature=1)
