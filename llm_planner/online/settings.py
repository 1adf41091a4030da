"""Which LLM plans, read once from the environment."""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from model_wrappers.contract.errors import InvalidInput

VARIABLES = {
    "base_url": "AUDIOGPT_LLM_BASE_URL",
    "model": "AUDIOGPT_LLM_MODEL",
    "api_key": "AUDIOGPT_LLM_API_KEY",
    "timeout_s": "AUDIOGPT_LLM_TIMEOUT_S",
}


class LLMSettings(BaseModel):
    """An OpenAI-compatible server and the model to ask there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(pattern=r"^https?://\S+$", description="Address up to and including /v1")
    model: str = Field(min_length=1, description="Model name as the server knows it")
    api_key: SecretStr = Field(default=SecretStr("none"), description="Local servers take any")
    timeout_s: float = Field(default=30.0, gt=0, le=600, description="Seconds for one plan, repairs included")
    max_tokens: int = Field(default=2_048, ge=64, le=32_768, description="Longest answer")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "LLMSettings | None":
        """Read the settings, or return None where no LLM is configured.

        Raises:
            InvalidInput: If only a part is set, or a value is wrong.
        """
        values = {field: environment[name].strip() for field, name in VARIABLES.items() if environment.get(name)}
        if not values.keys() & {"base_url", "model"}:
            return None
        try:
            return cls.model_validate(values)
        except ValidationError as exc:
            names = [VARIABLES[str(error["loc"][0])] for error in exc.errors()]
            reasons = [error["msg"] for error in exc.errors(include_input=False)]
            detail = "; ".join(f"{name}: {reason}" for name, reason in zip(names, reasons, strict=True))
            raise InvalidInput(
                f"The LLM is not configured correctly ({detail}); set {VARIABLES['base_url']} and "
                f"{VARIABLES['model']}, or neither to plan without an LLM.",
                param=names[0],
            ) from None
