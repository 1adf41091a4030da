"""The contract between a model and everything that serves it."""

import importlib.util
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from model_wrappers.contract.catalog import ModelCard, Requirement
from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidInput
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse

RequestT = TypeVar("RequestT", bound=TaskRequest)
ResponseT = TypeVar("ResponseT", bound=TaskResponse)


class ModelConfig(BaseModel):
    """Base of every model's `Config`: what changes its answers, set under `args:` in the serve config."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RunContext(Protocol):
    """What a running batch can tell and ask; item `i` is the i-th request of the batch."""

    def progress(self, item: int, fraction: float) -> None:
        """Say how far item `item` is, 0 to 1."""
        ...

    def cancelled(self, item: int) -> bool:
        """Tell whether nobody waits for item `item` any more; ask between windows and steps."""
        ...


@dataclass(frozen=True)
class Work:
    """What is done for one or more requests of a batch, or a stretch of it; itself a run context of these requests."""

    context: RunContext
    items: tuple[int, ...]
    first: float = 0.0
    last: float = 1.0

    def progress(self, item: int, fraction: float) -> None:
        """Say how far the work is for one of its requests, 0 to 1."""
        self.context.progress(self.items[item], self.first + fraction * (self.last - self.first))

    def cancelled(self, item: int) -> bool:
        """Tell whether nobody waits for one of its requests any more."""
        return self.context.cancelled(self.items[item])

    def report(self, fraction: float) -> None:
        """Say how far the work is for all of its requests, 0 to 1, and stop if nobody waits for any of them.

        Raises:
            Cancelled: If all callers went away.
        """
        places = range(len(self.items))
        if all(self.cancelled(place) for place in places):
            raise Cancelled("The caller stopped waiting; the work was given up.")
        for place in places:
            self.progress(place, fraction)

    def stretch(self, first: float, last: float) -> "Work":
        """Return the part of the work that takes it from one fraction to another."""
        return Work(self, tuple(range(len(self.items))), first, last)


class ModelWrapper(Generic[RequestT, ResponseT]):
    """A model that answers batches of one or more tasks.

    A subclass names its `Config`, declares itself in `card` and does the work in `load` and `run_batch`. Heavy
    imports belong inside `load`: classes are imported wherever a catalog is read.
    """

    Config: ClassVar[type[ModelConfig]] = ModelConfig

    def __init__(self, config: ModelConfig) -> None:
        """Keep the validated config; touch neither files nor devices yet."""
        self.config = config

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare tasks, languages, limits, licence, source and memory under this config; must be cheap."""
        raise NotImplementedError

    def load(self, device: str) -> None:
        """Load the weights.

        Args:
            device: `cpu`, or a torch device such as `cuda:0`.

        Raises:
            ModelUnavailable: If the weights are missing, wrong or not allowed; trying again would not help.
        """
        raise NotImplementedError

    def warm_up(self) -> None:
        """Run once on the smallest input, so that the first request is not the slow one."""

    def run_batch(self, requests: Sequence[RequestT], context: RunContext) -> list[ResponseT | AudioGPTError]:
        """Answer a batch in order; one bad request gets its error in its place and spoils no other.

        Args:
            requests: Requests of one task whose media fields are decoded, with equal `batch_key`.
            context: Progress and cancellation by index.
        """
        raise NotImplementedError

    def stream(self, request: RequestT, context: RunContext) -> Iterator[ResponseT]:
        """Yield the answer to item 0 in parts, where `card.streams` says so."""
        raise NotImplementedError

    def batch_key(self, request: RequestT) -> object:
        """Return what requests must have in common to share a batch; equal for all by default."""
        return None

    def unload(self) -> None:
        """Release memory and devices."""


@dataclass(frozen=True)
class SubStep:
    """One call a composite model asks the executor for.

    An argument is a literal, a decoded request's own value, or `{"from": "<sub-step>.<output>"}`.
    """

    id: str
    task: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


class CompositeModel(ModelWrapper[RequestT, ResponseT]):
    """A model made of other models' tasks; the executor runs its sub-steps inside one visible step.

    Its requests and outputs hold references, not decoded media, and it must be free of weights and of waiting.
    """

    part_tasks: ClassVar[tuple[str, ...]] = ()
    """Tasks its sub-steps may call: models for them are loaded as soon as it is planned."""

    rounds: ClassVar[int] = 1
    """How often it asks for sub-steps at most: 2 or more if it overrides `further_steps`."""

    def load(self, device: str) -> None:
        """Have nothing to load."""

    def sub_steps(self, request: RequestT) -> tuple[SubStep, ...]:
        """Return the calls that answer the request, in an order in which references point backwards."""
        raise NotImplementedError

    def further_steps(self, request: RequestT, outputs: Mapping[str, TaskResponse]) -> tuple[SubStep, ...]:
        """Return calls that depend on what the earlier ones answered, () for none; they hold its values themselves."""
        return ()

    def combine(self, request: RequestT, outputs: Mapping[str, TaskResponse]) -> ResponseT:
        """Build the response from the sub-steps' responses, by sub-step id."""
        raise NotImplementedError


def import_wrapper(path: str) -> type[ModelWrapper[Any, Any]]:
    """Import a wrapper class from `module:Class`.

    Raises:
        InvalidInput: If the path names no `ModelWrapper` subclass.
    """
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as exc:
        raise InvalidInput(f"No wrapper at '{path}' ({exc}); write 'module:Class'.", param="wrapper") from exc
    if not (isinstance(found, type) and issubclass(found, ModelWrapper)):
        raise InvalidInput(f"'{path}' is not a ModelWrapper subclass.", param="wrapper")
    return found


def missing_requirements(card: ModelCard) -> tuple[Requirement, ...]:
    """Return what the card requires and this machine lacks."""
    return tuple(requirement for requirement in card.requires if not _is_present(requirement))


def _is_present(requirement: Requirement) -> bool:
    if requirement.kind == "executable":
        return shutil.which(requirement.name) is not None
    if requirement.kind == "module":
        return importlib.util.find_spec(requirement.name) is not None
    return Path(requirement.name).exists()
