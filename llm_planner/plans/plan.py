"""What planning yields: a plan (a DAG of task calls), a clarifying question, a refusal or an answer."""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

STEP_ID_PATTERN = r"^[a-z][a-z0-9_-]{0,31}$"
MAX_STEPS = 32


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class FromStep(_Value):
    """An output of another step: `{"from": "s1.audio"}`, `{"from": "s1.speakers.0"}` for one of several."""

    source: str = Field(alias="from", pattern=r"^[a-z][a-z0-9_-]{0,31}\.[a-z_]+(\.\d+)?$")

    @property
    def step_id(self) -> str:
        """The step whose output it is."""
        return self.source.split(".", 1)[0]

    @property
    def output(self) -> str:
        """The output field, without the index."""
        return self.source.split(".")[1]

    @property
    def index(self) -> int | None:
        """Which of several outputs, counted from 0."""
        parts = self.source.split(".")
        return int(parts[2]) if len(parts) == 3 else None


class FromArtifact(_Value):
    """A stored artifact, by its name in the session or its id: `{"artifact": "audio-1"}`."""

    artifact: str = Field(min_length=1, max_length=100)


def _parse_reference(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"from"}:
        return FromStep.model_validate(value)
    if isinstance(value, dict) and value.keys() == {"artifact"}:
        return FromArtifact.model_validate(value)
    return value


Argument = Annotated[
    FromStep | FromArtifact | JsonValue, Field(union_mode="left_to_right"), BeforeValidator(_parse_reference)
]
ReferenceT = TypeVar("ReferenceT", FromStep, FromArtifact)


class Step(_Value):
    """One task call."""

    id: str = Field(pattern=STEP_ID_PATTERN)
    task: str
    arguments: dict[str, Argument] = Field(default_factory=dict)
    model: str | None = Field(default=None, description="Model to prefer; any live model of the task if absent")

    @cached_property
    def depends_on(self) -> tuple[str, ...]:
        """Ids of the steps whose outputs it needs, derived from its arguments."""
        return tuple(dict.fromkeys(reference.step_id for reference in self.references(FromStep)))

    def references(self, kind: type[ReferenceT]) -> Iterator[ReferenceT]:
        """Yield the references among the arguments."""
        for value in self.arguments.values():
            if isinstance(value, kind):
                yield value


class Plan(_Value):
    """Steps that run as soon as their inputs exist, whatever their order in the list."""

    steps: tuple[Step, ...] = Field(fail_fast=True, min_length=1, max_length=MAX_STEPS)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Pairs (producer, consumer) of step ids."""
        return tuple((source, step.id) for step in self.steps for source in step.depends_on)

    def step(self, step_id: str) -> Step:
        """Return a step by id; raise KeyError if there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


class PlanOutcome(_Value):
    """The request is understood and possible."""

    kind: Literal["plan"] = "plan"
    plan: Plan
    notes: tuple[str, ...] = Field(
        default=(), description="Sentences for the reply on what was asked for besides and no step does; [] if nothing"
    )


class Clarify(_Value):
    """Something is missing; the answer to the question completes the pending plan."""

    kind: Literal["clarify"] = "clarify"
    question: str
    missing: tuple[str, ...] = Field(description="Arguments asked for, e.g. start, end")
    pending: dict[str, Any] | None = Field(default=None, description="What is known already, for the next turn")


class Unsupported(_Value):
    """The request is understood and not possible."""

    kind: Literal["unsupported"] = "unsupported"
    reason: str
    alternatives: tuple[str, ...] = Field(default=(), description="Task ids that come nearest")


class Chat(_Value):
    """The request needs no model, e.g. who are you."""

    kind: Literal["chat"] = "chat"
    reply: str


Outcome = Annotated[PlanOutcome | Clarify | Unsupported | Chat, Field(discriminator="kind")]
