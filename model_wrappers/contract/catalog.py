"""What is known of the models in service: plain values that planner, router and API share."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from model_wrappers.contract.errors import ModelUnavailable, NotFound


class Requirement(BaseModel):
    """Something a model needs on its machine besides the installed distribution."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["executable", "file", "module"] = Field(description="How its presence is checked")
    name: str = Field(description="Name of the executable or module, or absolute path of the file")
    package: str = Field(description="Package that brings it")
    manager: Literal["apt", "pip"] = Field(description="What installs the package")


class Limits(BaseModel):
    """What one request may hold; None means no limit of the model's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_duration_s: float | None = Field(default=None, description="Longest audio input in seconds")
    min_channels: int | None = Field(default=None, description="Fewest channels of the audio input")
    max_channels: int | None = Field(default=None, description="Most channels of the audio input")
    max_characters: int | None = Field(default=None, description="Longest text input")
    unsupported: tuple[str, ...] = Field(default=(), description="Arguments of its tasks that it cannot take")


class ModelCard(BaseModel):
    """What a model declares of itself, in one place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(description="Name for people, e.g. Whisper base")
    tasks: tuple[str, ...] = Field(min_length=1, description="Task ids it serves")
    method: Literal["neural", "classical", "retrieval", "composite"] = Field(
        description="Learned weights, signal processing or rules, a catalogue of recordings, or other models in turn"
    )
    licence: str = Field(description="SPDX expression, or the licence's name")
    commercial_use: bool = Field(default=True, description="Whether the licence allows commercial use")
    source: str = Field(description="Package or repository the weights come from")
    revision: str = Field(description="Pinned version, commit or checksum of the weights")
    input_languages: tuple[str, ...] | None = Field(default=None, description="ISO 639-1 codes; None is any")
    output_languages: tuple[str, ...] | None = Field(default=None, description="ISO 639-1 codes; None is any")
    sample_rate: int | None = Field(default=None, description="Hz the audio inputs are converted to; None keeps theirs")
    channels: int | None = Field(default=None, description="Channels audio inputs are converted to; None keeps theirs")
    limits: Limits = Limits()
    memory_mb: int = Field(gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=0, ge=0, description="GPU memory of a loaded replica in MiB; 0 runs on CPUs")
    voices: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Names of its voices by language")
    requires: tuple[Requirement, ...] = ()
    reports_progress: bool = Field(default=False, description="Whether long work reports how far it is")
    streams: bool = Field(default=False, description="Whether answers come in parts")
    repeatable: bool = Field(default=True, description="Whether equal requests get equal answers, in any batch")

    @property
    def is_composite(self) -> bool:
        """Whether it is made of other models: the executor calls these, and it has no replicas of its own."""
        return self.method == "composite"


ModelState = Literal["live", "starting", "off"]


class ModelEntry(BaseModel):
    """One model of the running system."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="Name of the model, as in the serve config")
    wrapper: str = Field(description="Import path of its class, module:Class")
    card: ModelCard
    config: str = Field(default="{}", description="Its arguments in the serve config, as JSON")
    state: ModelState = "live"
    reason: str | None = Field(default=None, description="Why it is not live")
    loaded: bool | None = Field(default=None, description="Whether a replica is in memory; None where nobody knows")
    at_once: int = Field(
        default=1, ge=1, description="Requests that its replicas run at once, those in batches counted"
    )
    version: str = Field(default="", description="Of the code it runs, where its application names one")
    application: str = Field(default="", description="Serve application it runs in; empty in process")

    @property
    def in_service(self) -> bool:
        """Whether it takes calls; those to a starting model wait until it has started."""
        return self.state != "off"


class Catalog(BaseModel):
    """The models of the running system, best first within a task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[ModelEntry, ...] = ()

    def live_tasks(self) -> tuple[str, ...]:
        """Return the ids of the tasks at least one model in service serves, without repeats."""
        return _unique(task for entry in self.models if entry.in_service for task in entry.card.tasks)

    def for_task(self, task: str) -> tuple[ModelEntry, ...]:
        """Return the models in service for a task, best first."""
        return tuple(entry for entry in self.models if task in entry.card.tasks and entry.in_service)

    def only(self, task: str, model_id: str) -> "Catalog":
        """Return the catalog in which no other model serves a task.

        Raises:
            NotFound: If no model has that id.
            ModelUnavailable: If it is off.
        """
        chosen = self.get(model_id)
        return Catalog(models=tuple(e for e in self.models if e.id == chosen.id or task not in e.card.tasks))

    def why_off(self, task: str) -> str | None:
        """Return why no model serves a task, or None where one does or none is configured."""
        reasons = [f"{entry.id}: {entry.reason or entry.state}" for entry in self.models if task in entry.card.tasks]
        return None if self.for_task(task) or not reasons else "; ".join(reasons)

    def get(self, model_id: str) -> ModelEntry:
        """Return a model in service by id.

        Raises:
            NotFound: If no model has that id.
            ModelUnavailable: If it is off.
        """
        for entry in self.models:
            if entry.id == model_id:
                if not entry.in_service:
                    raise ModelUnavailable(f"Model '{model_id}' is {entry.state}: {entry.reason or 'no reason given'}.")
                return entry
        names = ", ".join(entry.id for entry in self.models) or "none"
        raise NotFound(f"Model '{model_id}' does not exist; choose one of: {names}.", param="model")


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
