"""Events of a run as MCP progress."""

from llm_planner.plans.plan import PlanOutcome
from router.events import Event, Planned, StepEnded, StepProgress, StepQueued, StepStarted


class Progress:
    """How many of the plan's steps are done, counting parts of steps; it never goes back, as MCP asks."""

    def __init__(self) -> None:
        """Start before the plan."""
        self._fractions: dict[str, float] = {}
        self._total: int | None = None
        self._said = 0.0

    def __call__(self, event: Event) -> tuple[float, float | None, str] | None:
        """Return progress, total and a message to send for an event, None where nothing is to be said."""
        message = self._message(event)
        if message is None:
            return None
        done = sum(self._fractions.values())
        self._said = max(done, self._said + 1e-6)  # every notification must exceed the one before
        return self._said, self._total, message

    def _message(self, event: Event) -> str | None:
        match event:
            case Planned(outcome=PlanOutcome(plan=plan)):
                self._total = len(plan.steps)
                return "plan: " + ", ".join(step.task for step in plan.steps)
            case StepStarted():
                return f"{event.step}: {event.task} with {event.model}"
            case StepQueued() if event.place > 0:
                return f"{event.step}: queued as number {event.place}"
            case StepProgress():
                self._fractions[event.step] = event.fraction
                return f"{event.step}: {event.fraction:.0%}"
            case StepEnded():
                self._fractions[event.result.id] = 1.0
                return f"{event.result.id}: {event.result.state}"
            case _:
                return None
