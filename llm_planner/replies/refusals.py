"""Refusals in plain words: what nothing in service does, and the languages that no model in service knows."""

from llm_planner.plans.languages import unknown_languages
from llm_planner.plans.plan import Plan, Unsupported
from llm_planner.replies.sentences import listed
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.languages import language_name
from model_wrappers.contract.tasks import TASKS

DIRECTIONS = {"source_language": "from", "target_language": "into", "language": "in"}


def refuse_languages(plan: Plan, catalog: Catalog) -> Unsupported | None:
    """Say which language a plan cannot have and which it can, or return None if languages are not what is wrong."""
    for step in plan.steps:
        task = TASKS.get(step.task)
        if task is None or not catalog.for_task(step.task):
            continue
        for argument, code, known in unknown_languages(task, step.arguments, catalog):
            word = DIRECTIONS[argument]
            can = listed(sorted(language_name(other) for other in known))
            reason = f"I cannot do {task.id} {word} {language_name(code)}; I can do it {word} {can}."
            return Unsupported(reason=reason, alternatives=(task.id,))
    return None


def refusal(text: str, alternatives: tuple[str, ...]) -> str:
    """Say that nothing in service does what was asked."""
    nearest = "; ".join(TASKS[task].summary.rstrip(".").lower() for task in alternatives)
    return f"I cannot do this: '{_shortened(text)}'." + (f" The nearest I can do: {nearest}." if nearest else "")


def off(task: str, catalog: Catalog) -> str:
    """Say that a task is known but not in service, and why."""
    return f"{task} is not in service ({catalog.why_off(task) or 'no model is configured for it'})."


def _shortened(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
