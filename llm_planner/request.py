"""What a planner gets: a request in its session, the models in service and the time there is."""

from pydantic import BaseModel, ConfigDict, Field

from model_wrappers.catalog import Catalog
from model_wrappers.sessions import Session, SessionArtifact


class PlanRequest(BaseModel):
    """One request to plan.

    The session does not hold the current turn yet: its index is `turn`, and its uploads are already in the table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(description="The request in words, transcribed if it was spoken")
    session: Session
    catalog: Catalog
    spoken: bool = False
    deadline: float = Field(description="Absolute, in seconds of time.time()")

    @property
    def turn(self) -> int:
        """Index of the turn this request opens; cut turns keep their numbers."""
        return self.session.turns[-1].index + 1 if self.session.turns else 0

    @property
    def attachments(self) -> tuple[SessionArtifact, ...]:
        """Artifacts uploaded with this request."""
        return tuple(a for a in self.session.artifacts if a.turn == self.turn and a.origin == "upload")

    @property
    def live_tasks(self) -> tuple[str, ...]:
        """Tasks that at least one live model serves."""
        return self.catalog.live_tasks()
