import io

from rich.console import Console

from audiogpt_cli.terminal.display import RunDisplay
from llm_planner.plans.plan import Plan, PlanOutcome
from llm_planner.plans.results import ErrorInfo, StepResult, StepState
from router.events import Planned, StepEnded, StepStarted


def started(step_id: str) -> StepStarted:
    return StepStarted(step=step_id, task="text-to-speech", model="hibari", at_s=0.0)


def ended(step_id: str, state: StepState, message: str | None = None) -> StepEnded:
    error = ErrorInfo(type="request_error", code="invalid_input", message=message) if message else None
    return StepEnded(result=StepResult(id=step_id, task="text-to-speech", state=state, model="hibari", error=error))


def planned(*step_ids: str, reason: str | None = None) -> Planned:
    steps = [{"id": step_id, "task": "text-to-speech", "arguments": {"text": "hi"}} for step_id in step_ids]
    outcome = PlanOutcome(plan=Plan.model_validate({"steps": steps}))
    return Planned(outcome=outcome, planner="llm", duration_s=1.0, reason=reason)


def shown(*events: Planned | StepStarted | StepEnded) -> str:
    console = Console(file=io.StringIO(), width=100)
    display = RunDisplay(console)
    for event in events:
        display(event)
    with console.capture() as capture:
        console.print(display)
    return capture.get()


def test_steps_that_start_before_the_plan_is_whole_are_shown() -> None:
    assert "Planning ... s1 done s2 running" in shown(started("s1"), ended("s1", "done"), started("s2"))


def test_early_steps_keep_their_state_in_the_plan() -> None:
    rows = shown(started("s1"), ended("s1", "done"), planned("s1", "s2")).splitlines()
    assert any("s1" in row and "done" in row for row in rows)
    assert any("s2" in row and "waiting" in row for row in rows)


def test_second_plan_forgets_what_failed_in_the_first() -> None:
    first = (planned("s1", "s2"), ended("s1", "done"), ended("s2", "failed", "No such voice."))
    assert "No such voice." in shown(*first)
    then = shown(*first, planned("s1", "s2", reason="No such voice."))
    assert "No such voice." not in then
    assert "done" in then
