"""Refusals in plain words, where a plan needs languages that no model in service knows."""

from functools import cache

from llm_planner.plans.languages import unknown_languages
from llm_planner.plans.plan import Plan, Unsupported
from llm_planner.replies.sentences import listed
from model_wrappers.contract.catalog import Catalog
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
            can = listed(sorted(name_language(other) for other in known))
            reason = f"I cannot do {task.id} {word} {name_language(code)}; I can do it {word} {can}."
            return Unsupported(reason=reason, alternatives=(task.id,))
    return None


def name_language(code: str) -> str:
    """Return the English name of an ISO 639-1 code, or the code where there is none."""
    return _names().get(code, code)


@cache
def _names() -> dict[str, str]:
    from llm_planner.offline.language_names import CODES

    return {code: name.title() for name, code in reversed(CODES.items())}  # the first name of each is the common one
