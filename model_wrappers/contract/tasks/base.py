"""What a task is: typed request and response, and what the planner is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.media import FieldMedium, media_fields

Family = Literal["speech", "sound", "music", "talking-head"]

MAX_TEXT_CHARACTERS = 20_000


class TaskRequest(BaseModel):
    """Base of every task's request; media fields hold references or decoded media, never paths."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class TaskResponse(BaseModel):
    """Base of every task's response."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


@dataclass(frozen=True)
class Example:
    """A request in words and the arguments it means, for the prompt and the docs."""

    text: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One of the sixteen audio tasks."""

    id: str
    family: Family
    summary: str
    request: type[TaskRequest]
    response: type[TaskResponse]
    primary_output: str
    examples: tuple[Example, ...]
    switched_outputs: Mapping[str, str] = field(default_factory=dict)
    """Outputs that exist only if the named boolean argument is true."""

    @property
    def inputs(self) -> dict[str, FieldMedium]:
        """Request fields that hold media, by name."""
        return media_fields(self.request)

    @property
    def outputs(self) -> dict[str, FieldMedium]:
        """Response fields that hold media, by name."""
        return media_fields(self.response)

    @property
    def output_kind(self) -> Kind:
        """Kind of the primary output."""
        medium = self.outputs.get(self.primary_output)
        return medium.kind if medium else "text"
