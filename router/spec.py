"""From a config entry to a model: the one place that knows how."""

from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from model_wrappers.contract.base import ModelConfig, ModelWrapper, import_wrapper, missing_requirements
from model_wrappers.contract.catalog import ModelCard, ModelEntry, Requirement
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.weights.hub import Checkpoint
from router.validation import invalid_input

FEWEST_ONGOING = 2  # requests a replica is meant to have before another one is worth its start


class Replicas(BaseModel):
    """How many replicas a model has, and what each of them takes; the names are Ray Serve's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accelerator_type: str | None = Field(default=None, description="GPU type to run on, e.g. T4; runs on CPUs if unset")
    num_gpus: float | None = Field(
        default=None, gt=0, description="Share of a GPU; as much as its memory needs there unless set"
    )
    num_cpus: float = Field(default=1, ge=0, description="CPUs a replica reserves")
    resources: dict[str, float] = Field(
        default_factory=dict, description="Further resources of a node, such as one that marks its kind, e.g. cpu_node"
    )
    min_replicas: int = Field(default=0, ge=0, description="Replicas that are always there")
    initial_replicas: int | None = Field(default=None, ge=0, description="Replicas at the start; the fewest unless set")
    max_replicas: int = Field(default=2, ge=1, description="Most replicas")
    target_ongoing_requests: float | None = Field(
        default=None, gt=0, description="Requests a replica is meant to have; as many as it runs at once unless set"
    )
    planned_within_s: float = Field(
        default=30,
        gt=0,
        description="Seconds in which the steps planned on the model are to be done; more replicas if that takes more",
    )
    upscale_delay_s: float = Field(default=10, ge=0, description="Seconds more replicas must be wanted to be started")
    downscale_delay_s: float = Field(default=600, ge=0, description="Seconds fewer must be wanted to be stopped")
    max_surge_percent: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Replicas that a roll-out starts anew before it stops any, in % of all",
    )
    downscale_to_zero_delay_s: float = Field(
        default=1800, ge=0, description="Seconds without requests to the last stop"
    )

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        first = self.min_replicas if self.initial_replicas is None else self.initial_replicas
        if not self.min_replicas <= first <= self.max_replicas:
            raise ValueError(
                f"min_replicas {self.min_replicas}, initial_replicas {first} and max_replicas {self.max_replicas} "
                f"must not fall; set the largest last"
            )
        return self


class ModelSpec(Replicas):
    """One model of a serve config; within a task, earlier models come first."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", description="Name of the model and of its deployment")
    wrapper: str = Field(description="Import path of its class, module:Class")
    args: dict[str, JsonValue] = Field(default_factory=dict, description="What changes its answers; its own Config")
    device: str = Field(default="cpu", description="cpu, or a torch device; cuda:0 where a GPU is named")
    max_batch_size: int = Field(default=1, ge=1, le=1024, description="Most requests run together")
    workers: int = Field(default=1, ge=1, le=64, description="Batches run at once, each in its own thread")
    max_queue: int = Field(
        default=32,
        ge=1,
        le=100_000,
        description="Most requests that wait, shared by the tenants that have some; further ones get 503",
    )
    media_memory_mib: int = Field(
        default=256, ge=1, description="Most MiB of decoded media; further requests wait as references"
    )
    allow_non_commercial: bool = Field(default=False, description="Serve it although its licence forbids commerce")
    only_if_pulled: bool = Field(
        default=False,
        description="Off until `audiogpt models pull` has brought its weights to this machine; else a replica fetches "
        "them as it starts",
    )

    @model_validator(mode="before")
    @classmethod
    def _on_the_gpu_it_asks_for(cls, values: Any) -> Any:
        if isinstance(values, dict) and (values.get("accelerator_type") or values.get("num_gpus")):
            return {"device": "cuda:0"} | values
        return values

    @model_validator(mode="after")
    def _importable_and_configured(self) -> Self:
        try:
            _ = self.config
        except InvalidInput as exc:
            raise ValueError(exc.message) from exc
        if self.only_if_pulled and (self.min_replicas or self.initial_replicas):
            raise ValueError("a model that is off until its weights are here can have no replica at the start")
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

    @property
    def on_gpu(self) -> bool:
        """Whether it runs on a GPU."""
        return self.device.startswith("cuda")

    @property
    def concurrency(self) -> int:
        """Most requests that a replica runs at once."""
        return self.workers * self.max_batch_size

    @property
    def capacity(self) -> int:
        """Most requests that a replica holds, waiting and running."""
        return self.max_queue + self.concurrency

    @property
    def target_ongoing(self) -> float:
        """Requests a replica is meant to have before another one is started."""
        return self.target_ongoing_requests or max(FEWEST_ONGOING, self.concurrency)

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The published weights it reads; none if they are in packages."""
        declared = getattr(self.wrapper_class, "checkpoints", None)
        return tuple(declared(self.config)) if declared else ()

    def entry(self) -> ModelEntry:
        """Return the model's row of the catalog; off, with the reason, if it cannot or may not run here, or not yet."""
        reason = self.why_never() or self._why_not_yet()
        return ModelEntry(
            id=self.id,
            wrapper=self.wrapper,
            card=self.card,
            config=self.config.model_dump_json(exclude_defaults=True),
            state="off" if reason else "live",
            reason=reason,
            at_once=self.concurrency,
        )

    def build(self) -> ModelWrapper[Any, Any]:
        """Make the model; it has loaded nothing yet."""
        return self.wrapper_class(self.config)

    def why_never(self) -> str | None:
        """Return why it cannot or may not run here before config or machine change; None if it may."""
        if not self.card.commercial_use and not self.allow_non_commercial:
            return (
                f"its licence ({self.card.licence}) grants no commercial use; "
                f"set 'allow_non_commercial: true' in its config entry if that suits you"
            )
        missing = missing_requirements(self.card)
        return "; ".join(_advice(requirement) for requirement in missing) or None

    def _why_not_yet(self) -> str | None:
        if not self.only_if_pulled:
            return None
        missing = [checkpoint for checkpoint in self.checkpoints if not checkpoint.is_here()]
        return f"{missing[0]} is not on this machine yet; run `audiogpt models pull {self.id}`" if missing else None


def _advice(requirement: Requirement) -> str:
    command = "apt-get install" if requirement.manager == "apt" else "pip install"
    return f"{requirement.kind} '{requirement.name}' is missing; run: {command} {requirement.package}"


class ConfiguredModels(BaseModel):
    """Arguments of an application with models: one entry, or a list under `models` with what its entries share.

    Production has an application a model, the embedded profile has all in one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(default="", description="Of the code; another one makes Serve start new replicas")
    defaults: dict[str, JsonValue] = Field(default_factory=dict, description="What entries below leave out")
    models: list[ModelSpec] = Field(min_length=1, description="The models; within a task, earlier ones come first")

    @model_validator(mode="before")
    @classmethod
    def _as_list(cls, values: Any) -> Any:
        match values:
            case {"id": _}:
                entry = {name: value for name, value in values.items() if name != "version"}
                return {"models": [entry], "version": values.get("version", "")}
            case {"defaults": dict(defaults), "models": list(models)}:
                return values | {"models": [defaults | entry if isinstance(entry, dict) else entry for entry in models]}
        return values


def read_specs(path: Path) -> tuple[ModelSpec, ...]:
    """Return the models of a serve config in order.

    Raises:
        InvalidInput: If the file is not a serve config with models.
    """
    try:
        arguments = [application.get("args") or {} for application in yaml.safe_load(path.read_text())["applications"]]
        found = [ConfiguredModels.model_validate(args) for args in arguments if {"id", "models"} & args.keys()]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as exc:
        raise InvalidInput(f"'{path}' is no serve config with models: {exc}", param="config") from exc
    return tuple(spec for configured in found for spec in configured.models)
