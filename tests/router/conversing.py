"""A whole conversation in this process, with an LLM on a real HTTP server where one is given."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llm_planner.online.llm import ChatModel
from llm_planner.planner import LocalPlanner, Planner
from llm_planner.plans.plan import Chat, Outcome
from llm_planner.plans.request import PlanRequest
from router.artifacts.store import ArtifactStore
from router.events import Event, Replied, StepEnded, StepProgress, StepStarted
from router.execution.executor import Executor
from router.records.database import Database
from router.records.sessions import SessionStore
from router.spec import ModelSpec
from router.turn.conversation import Conversation, Message
from tests.llm_planner.llm_server import LLMServer
from tests.router.dispatching import LONG_S, dispatching, scope

TTL_S = 3_600.0


class Greeter:
    """A local planner that only says hello."""

    def plan(self, request: PlanRequest) -> Outcome:
        return Chat(reply="Hello.")


@dataclass
class Talk:
    """One conversation and the events it told."""

    conversation: Conversation
    events: list[Event] = field(default_factory=list)
    on_event: Callable[[Event], None] = lambda event: None

    async def say(self, text: str | None = "Do it", *, deadline_s: float = LONG_S, **fields: Any) -> Replied:
        message = Message(scope(deadline_s), text=text, **fields)
        return await self.conversation.respond(message, self._hear)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    @property
    def told(self) -> list[str]:
        """Kinds of the events so far without progress, begins and ends with their step."""
        steps = {StepStarted: lambda event: f" {event.step}", StepEnded: lambda event: f" {event.result.id}"}
        return [
            event.type + steps.get(type(event), lambda event: "")(event)
            for event in self.events
            if not isinstance(event, StepProgress)
        ]

    def states(self, step_id: str) -> list[str]:
        """States a step ended in, one for each time it ended."""
        return [e.result.state for e in self.events if isinstance(e, StepEnded) and e.result.id == step_id]


@asynccontextmanager
async def talking(
    folder: Path,
    specs: Sequence[ModelSpec],
    server: LLMServer | None = None,
    *,
    local: LocalPlanner | None = None,
    max_turns: int = 100,
    clock: Callable[[], float] | None = None,
) -> AsyncIterator[Talk]:
    """Put a conversation together and take it apart afterwards.

    Args:
        folder: Where its stores are.
        specs: Models in service.
        server: LLM to plan with.
        local: Planner without an LLM.
        max_turns: Turns a session remembers.
        clock: Of the database; its own if None.
    """
    artifacts = ArtifactStore(str(folder / "artifacts"), TTL_S)
    sessions = SessionStore(Database(f"sqlite:///{folder / 'sessions.sqlite3'}", clock), TTL_S, max_turns=max_turns)
    llm = ChatModel(server.settings()) if server else None
    planner = Planner(local or Greeter(), llm)
    try:
        async with dispatching(artifacts, *specs) as dispatcher:
            executor = Executor(dispatcher, artifacts, dispatcher.catalog)
            yield Talk(Conversation(planner, executor, artifacts, sessions))
    finally:
        if llm:
            await llm.close()


def translate(step_id: str, text: Any = "hi", model: str | None = None) -> dict[str, Any]:
    """Return a step that one of the echoing models does."""
    chosen = {"model": model} if model else {}
    return {
        "id": step_id,
        "task": "speech-translation",
        "arguments": {"text": text, "target_language": "en"},
        **chosen,
    }


def speak(step_id: str, text: Any = "hi") -> dict[str, Any]:
    """Return a step that speaks a text."""
    return {"id": step_id, "task": "text-to-speech", "arguments": {"text": text}}


def written(*steps: dict[str, Any]) -> str:
    """Return what an LLM writes to plan these steps."""
    return json.dumps({"outcome": {"kind": "plan", "plan": {"steps": list(steps)}}})


def cut_after(text: str, step: dict[str, Any]) -> list[str]:
    """Cut a written plan behind a step, the first of two pieces of a stream."""
    end = text.index(json.dumps(step)) + len(json.dumps(step))
    return [text[:end], text[end:]]
