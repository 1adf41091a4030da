"""What is kept of a message while it is answered: for one that somebody waits for, only the turn it ends in."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from llm_planner.plans.request import PlannedOutcome
from llm_planner.plans.results import StepResult
from router.events import Replied
from router.records.sessions import SessionStore, SessionTurn


class Record(Protocol):
    """What was done for a message before, and where it is written down what is done now."""

    @property
    def durable(self) -> bool:
        """Whether another process may go on from it; then no step starts before its plan is written."""
        ...

    @property
    def planned(self) -> PlannedOutcome | None:
        """The plan made before."""
        ...

    @property
    def results(self) -> Mapping[str, StepResult]:
        """Steps done before, by id."""
        ...

    async def settle(self) -> None:
        """Return once all that was told is written."""
        ...

    async def commit(self, replied: Replied, turn: SessionTurn) -> None:
        """Write the end, and the turn with it.

        Raises:
            Conflict: If the session got another turn meanwhile.
        """
        ...


class TurnRecord:
    """Keeps the turn and nothing else."""

    durable = False
    planned: PlannedOutcome | None = None
    results: Mapping[str, StepResult] = {}

    def __init__(self, sessions: SessionStore, tenant: str) -> None:
        """Keep a turn of one of the tenant's sessions."""
        self._sessions = sessions
        self._tenant = tenant

    async def settle(self) -> None:
        """Return at once: nothing is written before the end."""

    async def commit(self, replied: Replied, turn: SessionTurn) -> None:
        """Add the turn to its session; raises what `SessionStore.append` raises."""
        await asyncio.to_thread(self._sessions.append, turn, self._tenant)
