"""What is known of a run: plain values that store, API and clients share."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from router.events import Event

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
