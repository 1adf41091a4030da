"""From a config entry to a model: the one place that knows how."""

from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from model_wrappers.contract.base import ModelConfig, ModelWrapper, import_wrapper, missing_requirements
from model_wrappers.contract.catalog import ModelCard, ModelEntry, Requirement
from model_wrappers.contract.errors import InvalidInput
from router.validation import invalid_input


class ModelSpec(BaseModel):
    """One model of a serve config; within a task, earlier models come first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", description="Name of the model and of its deployment")
    wrapper: str = Field(description="Import path of its class, module:Class")
    args: dict[str, JsonValue] = Field(default_factory=dict, description="What changes its answers; its own Config")
    device: str = Field(default="cpu", description="cpu, or a torch device such as cuda:0")
    max_batch_size: int = Field(default=1, ge=1, le=1024, description="Most requests run together")
    workers: int = Field(default=1, ge=1, le=64, description="Batches run at once, each in its own thread")
    max_queue: int = Field(default=32, ge=1, le=100_000, description="Most requests that wait; further ones get 503")
    allow_non_commercial: bool = Field(default=False, description="Serve it although its licence forbids commerce")

    @model_validator(mode="after")
    def _importable_and_configured(self) -> Self:
        try:
            _ = self.config
        except InvalidInput as exc:
            raise ValueError(exc.message) from exc
        return self

    @cached_property
    def wrapper_class(self) -> type[ModelWrapper[Any, Any]]:
        """The model's class."""
        return import_wrapper(self.wrapper)

    @cached_property
    def config(self) -> ModelConfig:
        """The arguments as the model's own `Config`."""
        try:
            return self.wrapper_class.Config.model_validate(self.args)
        except ValidationError as exc:
            raise invalid_input(exc, self.wrapper_class.Config, f"'args' of model '{self.id}'") from exc

    @cached_property
    def card(self) -> ModelCard:
        """What the model declares of itself under this config."""
        return self.wrapper_class.card(self.config)

    def entry(self) -> ModelEntry:
        """Return the model's row of the catalog; off, with the reason, if it cannot or may not run here."""
        reason = self._why_off()
        return ModelEntry(
            id=self.id,
            wrapper=self.wrapper,
            card=self.card,
            config=self.config.model_dump_json(exclude_defaults=True),
            state="off" if reason else "live",
            reason=reason,
        )

    def build(self) -> ModelWrapper[Any, Any]:
        """Make the model; it has loaded nothing yet."""
        return self.wrapper_class(self.config)

    def _why_off(self) -> str | None:
        if not self.card.commercial_use and not self.allow_non_commercial:
            return (
                f"its licence ({self.card.licence}) grants no commercial use; "
                f"set 'allow_non_commercial: true' in its config entry if that suits you"
            )
        missing = missing_requirements(self.card)
        return "; ".join(_advice(requirement) for requirement in missing) or None


def _advice(requirement: Requirement) -> str:
    command = "apt-get install" if requirement.manager == "apt" else "pip install"
    return f"{requirement.kind} '{requirement.name}' is missing; run: {command} {requirement.package}"
