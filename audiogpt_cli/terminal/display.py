"""A plan and its steps on the terminal, live."""

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from llm_planner.plans.plan import FromArtifact, FromStep, Plan, PlanOutcome, Step
from llm_planner.plans.results import StepResult
from router.events import (
    Event,
    Planned,
    StepEnded,
    StepProgress,
    StepQueued,
    StepRetried,
    StepStarted,
    Transcribed,
)

STYLES = {
    "waiting": "dim",
    "running": "bold cyan",
    "done": "green",
    "failed": "bold red",
    "skipped": "yellow",
    "cancelled": "yellow",
}
MAX_CELL_CHARACTERS = 60


class RunDisplay:
    """Shows events as they come; use it as a context manager around the call that emits them."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`."""
        self._heard: str | None = None
        self._plan: Plan | None = None
        self._planned = ""
        self._states: dict[str, tuple[str, str]] = {}
        self._console = console
        self._live = Live(self, console=console, refresh_per_second=8, transient=False) if console.is_terminal else None

    def __enter__(self) -> "RunDisplay":
        """Start drawing."""
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *details: object) -> None:
        """Leave the last state on the screen."""
        if self._live:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take in one event; where nothing can be redrawn, it becomes a line."""
        self._take(event)
        if self._live is None and (line := line_of(event)):
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _take(self, event: Event) -> None:
        match event:
            case Transcribed():
                self._heard = event.text
            case Planned():
                self._planned = f"{event.planner} planner, {event.duration_s * 1000:.0f} ms"
                if isinstance(event.outcome, PlanOutcome):
                    self._plan = event.outcome.plan
                if event.reason is not None:
                    self._forget_failures()
            case StepStarted():
                self._states[event.step] = ("running", event.model)
            case StepQueued():
                model = self._states.get(event.step, ("running", ""))[1].split(" ")[0]
                self._states[event.step] = ("running", f"{model} {_queue(event)}".strip())
            case StepProgress():
                model = self._states.get(event.step, ("running", ""))[1].split(" ")[0]
                self._states[event.step] = ("running", f"{model} {event.fraction:.0%}")
            case StepRetried():
                self._states[event.step] = ("running", f"{event.model} again: {event.error.message}")
            case StepEnded():
                self._states[event.result.id] = (event.result.state, _note(event.result))
            case _:
                pass

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the current state."""
        parts: list[Text | Table] = []
        if self._heard is not None:
            parts.append(Text(f"Heard: {self._heard}"))
        if self._plan is not None:
            parts.append(self._table(self._plan))
        elif not self._planned:
            early = [f"{step_id} {state}" for step_id, (state, _) in self._states.items()]
            parts.append(Text(" ".join(["Planning ...", *early]), style="dim"))
        yield Group(*parts)

    def _forget_failures(self) -> None:
        """Show only what goes on or is done: a second plan goes around what failed in the first."""
        kept = {step_id: state for step_id, state in self._states.items() if state[0] in ("running", "done")}
        self._states = kept

    def _table(self, plan: Plan) -> Table:
        table = Table(title=f"Plan ({self._planned})", title_justify="left", expand=False)
        for column in ("step", "task", "takes", "state", "model and time"):
            table.add_column(column, overflow="fold")
        for step in plan.steps:
            state, note = self._states.get(step.id, ("waiting", ""))
            table.add_row(step.id, step.task, _inputs(step), Text(state, style=STYLES[state]), escape(note))
        return table


def line_of(event: Event) -> str | None:
    """Return what an event says in one line, None for those that say little."""
    match event:
        case Transcribed():
            return f"heard: {event.text}"
        case Planned() if isinstance(event.outcome, PlanOutcome):
            steps = ", ".join(f"{step.id} {step.task}" for step in event.outcome.plan.steps)
            return f"planned by the {event.planner} planner in {event.duration_s * 1000:.0f} ms: {steps}"
        case StepStarted():
            return f"{event.step} {event.task}: {'loading' if event.loading else 'running'} {event.model}"
        case StepQueued() if event.place > 0:
            return f"{event.step}: {_queue(event)}"
        case StepRetried():
            return f"{event.step}: {event.model} again: {event.error.message}"
        case StepEnded():
            return f"{event.result.id} {event.result.task}: {event.result.state}, {_note(event.result)}"
        case _:
            return None


def _queue(event: StepQueued) -> str:
    if event.place == 0:
        return ""
    return f"queued as number {event.place}" + (f", about {event.wait_s:.0f} s" if event.wait_s is not None else "")


def _inputs(step: Step) -> str:
    shown = []
    for name, value in step.arguments.items():
        if isinstance(value, FromStep):
            shown.append(f"{name} < {value.source}")
        elif isinstance(value, FromArtifact):
            shown.append(f"{name} < {value.artifact}")
        else:
            shown.append(f"{name} = {value!r}"[:MAX_CELL_CHARACTERS])
    return escape("\n".join(shown))


def _note(result: StepResult) -> str:
    if result.error is not None:
        return result.error.message
    return f"{result.model}, {result.duration_s or 0:.2f} s"
