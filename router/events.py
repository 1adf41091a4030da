"""What a run tells while it goes on, in order, and what is known of it: plain values over SSE and in the database."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from llm_planner.plans.plan import Outcome
from llm_planner.plans.request import PlannedOutcome
from llm_planner.plans.results import ErrorInfo, StepResult
from model_wrappers.contract.sessions import SessionArtifact
from model_wrappers.contract.usage import Usage


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)  # fields that another version stored or sent are passed over


class Transcribed(_Event):
    """The spoken request was understood as this text."""

    type: Literal["transcribed"] = "transcribed"
    text: str


class Planned(_Event):
    """The planner answered; steps may have started before, and a second plan may follow one that did not work out."""

    type: Literal["planned"] = "planned"
    outcome: Outcome
    planner: str = Field(description="llm, offline or caller")
    duration_s: float
    reason: str | None = Field(default=None, description="Why the plan before this one did not work out")

    @property
    def planned(self) -> PlannedOutcome:
        """What the planner answered."""
        return PlannedOutcome(outcome=self.outcome, planner=self.planner, duration_s=self.duration_s)


class Resumed(_Event):
    """The process that ran this has died; another goes on with the steps that were not done."""

    type: Literal["resumed"] = "resumed"
    attempt: int = Field(description="Which process it is, counted from 1")


class StepStarted(_Event):
    """A step's inputs exist and a model was chosen."""

    type: Literal["step_started"] = "step_started"
    step: str
    task: str
    model: str
    loading: bool = Field(default=False, description="Whether the model has to be loaded into memory first")
    at_s: float = Field(description="Seconds after the start of the plan")


class StepQueued(_Event):
    """A step's model has others to answer first; told again when the place changes."""

    type: Literal["step_queued"] = "step_queued"
    step: str
    place: int = Field(ge=0, description="1 is the next to run, 0 that its turn has come")
    wait_s: float | None = Field(default=None, description="Expected wait in seconds; None while nothing is known")


class StepProgress(_Event):
    """A long step tells how far it is."""

    type: Literal["step_progress"] = "step_progress"
    step: str
    fraction: float = Field(ge=0, le=1)


class StepRetried(_Event):
    """A step is tried again, on the same or another model."""

    type: Literal["step_retried"] = "step_retried"
    step: str
    model: str = Field(description="Model of the next attempt")
    error: ErrorInfo


class StepEnded(_Event):
    """A step is done, failed, skipped or cancelled."""

    type: Literal["step_ended"] = "step_ended"
    result: StepResult


class Replied(_Event):
    """The answer in words, and the artifacts this turn added to the session."""

    type: Literal["replied"] = "replied"
    session_id: str
    turn: int
    text: str
    outcome: Outcome
    audio: str | None = Field(default=None, description="Artifact id of the spoken reply")
    artifacts: tuple[SessionArtifact, ...] = Field(default=(), description="What came with the turn and was made in it")
    results: tuple[StepResult, ...] = ()
    usage: Usage | None = Field(default=None, description="What all calls to models for the request came to")


class Failed(_Event):
    """The run ended without an answer."""

    type: Literal["failed"] = "failed"
    error: ErrorInfo


Event = Annotated[
    Transcribed
    | Planned
    | Resumed
    | StepStarted
    | StepQueued
    | StepProgress
    | StepRetried
    | StepEnded
    | Replied
    | Failed,
    Field(discriminator="type"),
]

RunState = Literal["queued", "running", "done", "failed", "cancelled", "lost"]
EndState = Literal["done", "failed", "cancelled"]
ACTIVE: tuple[RunState, ...] = ("queued", "running")


class RunInfo(BaseModel):
    """One run, without its events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    tenant: str
    session_id: str | None
    state: RunState
    cancel_requested: bool = Field(description="Whether somebody asked to cancel it")
    last_sequence: int = Field(description="Number of its last event; 0 is none")
    created: float = Field(description="Seconds since 1970")
    updated: float = Field(description="Seconds since 1970")

    @property
    def ended(self) -> bool:
        """Whether no event will follow."""
        return self.state not in ACTIVE


class RunEvent(BaseModel):
    """One event of a run; sequences count from 1 without gaps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    at: float = Field(description="Seconds since 1970")
    event: Event
