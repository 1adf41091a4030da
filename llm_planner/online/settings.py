"""Which LLM plans, read once from the environment."""

import os
from typing import ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from model_wrappers.contract.environment import PREFIX, EnvironmentSettings

LLM_PREFIX = f"{PREFIX}LLM_"


class LLMSettings(EnvironmentSettings):
    """An OpenAI-compatible server and the model to ask there; field `model` is the variable `AUDIOGPT_LLM_MODEL`."""

    model_config = SettingsConfigDict(env_prefix=LLM_PREFIX)
    advice: ClassVar[str] = f"Set {LLM_PREFIX}BASE_URL and {LLM_PREFIX}MODEL, or neither to plan without an LLM."

    base_url: str = Field(pattern=r"^https?://\S+$", description="Address up to and including /v1")
    model: str = Field(min_length=1, description="Model name as the server knows it")
    api_key: SecretStr = Field(default=SecretStr("none"), description="Local servers take any")
    timeout_s: float = Field(default=30.0, gt=0, le=600, description="Seconds for one plan, repairs included")
    max_tokens: int = Field(default=2_048, ge=64, le=32_768, description="Longest answer, in tokens")


VARIABLES = LLMSettings.variables()


def llm_settings() -> LLMSettings | None:
    """Read the settings, or return None where no LLM is configured.

    Raises:
        InvalidInput: If only a part is set, or a value is wrong.
    """
    if not any(os.environ.get(VARIABLES[field]) for field in ("base_url", "model")):
        return None
    return LLMSettings.from_environment()
