"""Settings that come from environment variables named `AUDIOGPT_*`."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar, Self

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from model_wrappers.contract.errors import InvalidInput

PREFIX = "AUDIOGPT_"
OTHERS = (f"{PREFIX}TEST_",)  # names that begin so are not the system's
SIMILAR = 0.85  # ratio above which an unknown name is taken for a known one misspelt


class EnvironmentSettings(BaseSettings):
    """Base of all settings; a variable that is empty counts as not set."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_ignore_empty=True,
        str_strip_whitespace=True,
        validate_default=True,
        allow_inf_nan=False,
    )
    advice: ClassVar[str] = ""
    """What to do where the values do not go together."""

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Return the variable of each field."""
        return {field: f"{cls.model_config.get('env_prefix', '')}{field.upper()}" for field in cls.model_fields}

    @classmethod
    def from_environment(cls, **given: Any) -> Self:
        """Read the variables that are set; the rest keep their defaults.

        Args:
            **given: Fields that are not read but have these values.

        Raises:
            InvalidInput: If a value is not allowed; the message names every variable that is wrong.
        """
        try:
            return cls(**given)
        except ValidationError as exc:
            errors = exc.errors(include_url=False)
            problems = "; ".join(cls._problem(error) for error in errors)
            message = f"{problems}.{cls.advice and f' {cls.advice}'}"
            raise InvalidInput(message, param=cls._variable(errors[0])) from None

    @classmethod
    def _problem(cls, error: ErrorDetails) -> str:
        variable, reason = cls._variable(error), error["msg"].removeprefix("Value error, ")
        if error["type"] == "missing":
            return f"{variable} is not set"
        got = "the value given" if cls._is_secret(error) else repr(os.environ.get(variable, error["input"]))
        return f"{variable} is {got}, which is not allowed: {reason}"

    @classmethod
    def _variable(cls, error: ErrorDetails) -> str:
        return cls.variables().get(str(error["loc"][0]), str(error["loc"][0]))

    @classmethod
    def _is_secret(cls, error: ErrorDetails) -> bool:
        field = cls.model_fields.get(str(error["loc"][0]))
        return field is not None and field.annotation is SecretStr


def misspelt(known: Iterable[str]) -> dict[str, str]:
    """Return the variables that are set and look like a known one misspelt, each with the one that may be meant.

    Others of the prefix are let be: Kubernetes sets `AUDIOGPT_PORT` where a service has that name.
    """
    names = {name.removeprefix(PREFIX): name for name in known}
    ours = (name for name in os.environ if name.startswith(PREFIX) and not name.startswith(OTHERS))
    unknown = [name for name in ours if name not in names.values()]
    close = {name: get_close_matches(name.removeprefix(PREFIX), names, 1, SIMILAR) for name in unknown}
    return {name: names[found[0]] for name, found in close.items() if found}
