"""Replies grounded in what really ran: templates that need no LLM, and the introduction of the system."""

from collections.abc import Iterator, Sequence

from llm_planner.plans.history import name_artifacts
from llm_planner.plans.plan import Chat, Clarify, Outcome, PlanOutcome, Unsupported
from llm_planner.plans.request import AnswerRequest
from llm_planner.plans.results import StepResult
from llm_planner.replies.sentences import Done, listed, sentence
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.tasks import TASKS
from model_wrappers.contract.tasks.base import Family

FAMILIES: dict[Family, str] = {
    "speech": "Speech",
    "sound": "Sounds",
    "music": "Singing",
    "talking-head": "Talking portraits",
}


def write_reply(request: AnswerRequest) -> str:
    """Write the reply to a turn from its outcome and results alone."""
    outcome = request.outcome
    if isinstance(outcome, Chat):
        return outcome.reply
    if isinstance(outcome, Clarify):
        return outcome.question
    if isinstance(outcome, Unsupported):
        return _refusal(outcome)
    return "\n".join([*done_sentences(request), *undone_sentences(request), *outcome.notes, *request.notes])


def done_sentences(request: AnswerRequest) -> Iterator[str]:
    """Yield a sentence for every step that finished, in the plan's order."""
    if not isinstance(request.outcome, PlanOutcome):
        return
    rows = name_artifacts(request.session, request.outcome, request.results)
    names = {artifact.ref.id: artifact.name for artifact in request.session.artifacts}
    names |= {f"{row.step}.{row.output}": row.name for row in rows}
    steps = {step.id: step for step in request.outcome.plan.steps}
    for result in request.results:
        if result.state == "done":
            yield sentence(Done(steps[result.id], result, names))


def undone_sentences(request: AnswerRequest) -> Iterator[str]:
    """Yield a sentence for every step that did not finish: why, and what to do."""
    if not isinstance(request.outcome, PlanOutcome):
        return
    by_id = {result.id: result for result in request.results}
    for step in request.outcome.plan.steps:
        result = by_id.get(step.id) or StepResult(id=step.id, task=step.task, state="cancelled")
        if result.state == "skipped":
            broken = [by_id[source].task for source in step.depends_on if source in by_id]
            yield f"I left out {step.task}, because it needs the result of {listed(broken) or 'a step that failed'}."
        elif result.state == "failed":
            error = result.error
            reason = f": {_full_stop(error.message)}" if error else "."
            hint = f" {_full_stop(error.hint)}" if error and error.hint else ""
            yield f"I could not do {step.task}{reason}{hint}"
        elif result.state != "done":
            yield f"{step.task} was stopped before it was done."


def tell_replan(failed: Sequence[StepResult], outcome: Outcome) -> str:
    """Say what became of a plan that did not work out: the way gone instead, or what the planner said.

    Args:
        failed: The steps that failed, each with its error.
        outcome: What the planner answered to that.
    """
    if isinstance(outcome, PlanOutcome):
        reasons = " ".join(
            f"{result.task} failed: {_full_stop(result.error.message)}" for result in failed if result.error
        )
        return f"This is another way than planned at first: {reasons}"
    if isinstance(outcome, Unsupported):
        return _refusal(outcome)
    return outcome.question if isinstance(outcome, Clarify) else outcome.reply


def introduce(catalog: Catalog) -> str:
    """Say who this is and what it can do, from the models in service."""
    lines = ["I am AudioGPT. I understand spoken and typed requests, run audio models and chain them. I can:"]
    live = [TASKS[task_id] for task_id in catalog.live_tasks() if task_id in TASKS]
    if not live:
        return "I am AudioGPT. No audio model is in service at the moment, so I can only talk."
    for family, title in FAMILIES.items():
        summaries = [f"- {task.summary}" for task in live if task.family == family]
        lines += [f"{title}:", *summaries] if summaries else []
    off = [task_id for task_id in TASKS if catalog.why_off(task_id)]
    if off:
        lines.append(f"Off at the moment: {listed(off)}.")
    lines.append("Attach files, or refer to earlier ones by name or by what they are.")
    return "\n".join(lines)


def _refusal(outcome: Unsupported) -> str:
    return " ".join([_full_stop(outcome.reason), *_offers(outcome)])


def _offers(outcome: Unsupported) -> Iterator[str]:
    summaries = [TASKS[task].summary for task in outcome.alternatives if task in TASKS]
    if summaries:
        yield "The nearest I can do: " + " Or: ".join(summaries)


def _full_stop(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…", "”", '"')) else f"{text}."
