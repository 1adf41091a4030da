"""What a dialogue remembers: turns and a table of artifacts, as plain values."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from model_wrappers.contract.artifacts import ArtifactRef

Origin = Literal["upload", "speech", "output"]


class SessionArtifact(BaseModel):
    """One row of a session's artifact table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Short name unique in the session, e.g. audio-3; what plans and people refer to")
    ref: ArtifactRef
    origin: Origin = Field(description="Uploaded as a resource, spoken as the request, or an output of a step")
    turn: int = Field(ge=0, description="Turn it came in, counted from 0")
    step: str | None = Field(default=None, description="Step that made it")
    output: str | None = Field(default=None, description="Output of that step, e.g. audio or speakers.1")
    task: str | None = Field(default=None, description="Task of that step")
    file_name: str | None = Field(default=None, description="Name of the uploaded file")
    description: str = Field(default="", description="One line on what it holds")


class Turn(BaseModel):
    """One request and what came of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int = Field(ge=0)
    text: str = Field(description="The request, transcribed if it was spoken")
    spoken: bool = False
    outcome: Literal["plan", "clarify", "unsupported", "chat"]
    reply: str = Field(description="What was answered")
    outputs: dict[str, str] = Field(default_factory=dict, description="Text outputs by '<step>.<output>'")
    plan: dict[str, object] | None = Field(default=None, description="The plan as it ran, where there was one")
    pending: dict[str, object] | None = Field(default=None, description="What a clarifying question waits for")
    created: datetime


class SessionInfo(BaseModel):
    """What a list tells of a dialogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str = Field(description="How its first request begins; empty before one is answered")
    turns: int = Field(description="Requests answered in it")
    created: float = Field(description="Seconds since 1970")
    updated: float = Field(description="Seconds since 1970")


class Session(BaseModel):
    """A dialogue as the planner sees it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    tenant: str = Field(description="Whose it is")
    summary: str = Field(default="", description="What earlier turns were about, once they are cut")
    turns: tuple[Turn, ...] = ()
    artifacts: tuple[SessionArtifact, ...] = ()
