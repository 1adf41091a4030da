"""What a planner gets and gives: a request in its session with the models in service, and what became of it."""

import time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from llm_planner.plans.history import next_turn
from llm_planner.plans.plan import Outcome
from llm_planner.plans.results import StepResult
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.sessions import Session, SessionArtifact


class _Timed(BaseModel):
    """What has to be done until a time; between processes it travels with the seconds left, because clocks differ."""

    deadline: float = Field(description="Absolute, in seconds of time.time()")

    def __getstate__(self) -> dict[Any, Any]:
        """Leave with the seconds left."""
        return _moved(super().__getstate__(), -time.time())

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Arrive with a deadline by the clock of this machine; what an older version does not send is as if unset."""
        moved, fields = _moved(state, time.time()), type(self).model_fields
        unset = {name: field.default for name, field in fields.items() if not field.is_required()}
        super().__setstate__({**moved, "__dict__": {**unset, **moved["__dict__"]}})


def _moved(state: dict[Any, Any], seconds: float) -> dict[Any, Any]:
    fields = state["__dict__"]
    return {**state, "__dict__": {**fields, "deadline": fields["deadline"] + seconds}}


class PlanRequest(_Timed):
    """One request to plan.

    The session does not hold the current turn yet: its index is `turn`, and its uploads are already in the table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(description="The request in words, transcribed if it was spoken")
    english: str | None = Field(default=None, description="The same in English, where it is in another language")
    session: Session
    catalog: Catalog
    spoken: bool = False
    weight: float = Field(default=1.0, gt=0, description="Share of the session's tenant where several wait")
    background: bool = Field(default=False, description="Whether nobody waits for the plan")
    traceparent: str | None = Field(default=None, description="Where in a trace this belongs")
    counted: bool = Field(default=False, description="Whether to tell on the way what the LLM was asked so far")

    @property
    def turn(self) -> int:
        """Index of the turn this request opens; cut turns keep their numbers."""
        return next_turn(self.session)

    @property
    def attachments(self) -> tuple[SessionArtifact, ...]:
        """Artifacts uploaded with this request."""
        return tuple(a for a in self.session.artifacts if a.turn == self.turn and a.origin == "upload")

    @property
    def live_tasks(self) -> tuple[str, ...]:
        """Tasks that at least one live model serves."""
        return self.catalog.live_tasks()


class AnswerRequest(_Timed):
    """A turn that has run and wants its reply; `session` is the one the turn was planned in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(description="The request in words")
    outcome: Outcome
    results: tuple[StepResult, ...] = Field(default=(), description="What became of every step of the plan")
    session: Session
    catalog: Catalog
    traceparent: str | None = Field(default=None, description="Where in a trace this belongs")
    planner: str = Field(default="offline", description="llm, offline or caller")
    notes: tuple[str, ...] = Field(default=(), description="Sentences to say besides, word for word")


class LLMCall(BaseModel):
    """What one question to the LLM came to."""

    model_config = ConfigDict(frozen=True)

    model: str
    prompt_tokens: int = Field(description="As the server counted them; estimated where it does not")
    completion_tokens: int = Field(description="As the server counted them; estimated where it does not")
    elapsed_s: float
    ended: bool = Field(default=True, description="Whether it was answered to the end; what it came to so far if not")


class Asked(BaseModel):
    """What the LLM was asked for a plan so far, with the question that it is answering."""

    model_config = ConfigDict(frozen=True)

    llm: tuple[LLMCall, ...]


class WrittenAnswer(BaseModel):
    """The reply to a turn, and what the LLM was asked for it."""

    model_config = ConfigDict(frozen=True)

    text: str
    llm: tuple[LLMCall, ...] = ()


class PlannedOutcome(BaseModel):
    """What planning yielded, who planned and how long it took."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    planner: str = Field(description="llm, offline or caller")
    duration_s: float = Field(ge=0)
    llm: tuple[LLMCall, ...] = Field(default=(), exclude=True, description="What the LLM was asked, in vain or not")
