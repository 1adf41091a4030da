"""Model and voice names of OpenAI's clients, and what they stand for here."""

from deployments.api.services import Services
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import InvalidInput, NotFound
from model_wrappers.contract.tasks import TASKS

ASSISTANT = "audiogpt"  # the planner with every task behind it


def resolve(name: str, services: Services) -> str:
    """Return what an alias stands for, or the name itself."""
    return services.settings.model_aliases.get(name, name)


def model_for(name: str, task: str, services: Services, *, also: str | None = None) -> str | None:
    """Return the model a name asks for, None for whichever is best.

    Args:
        name: A model's id, a task or an alias of either.
        task: What the model is to do.
        services: The application's services.
        also: Another task whose name, or alias, means the same here.

    Raises:
        NotFound: If nothing has that name.
        InvalidInput: If it is of another task.
        ModelUnavailable: If it is off.
    """
    target = resolve(name, services)
    if target in (task, also):
        return None
    catalog = services.catalog()
    if target == ASSISTANT or target in TASKS or _is_of_another_task(catalog, target, task):
        raise InvalidInput(
            f"The model '{name}' does not do {task}; choose one of: {', '.join(_choices(task, services, also))}.",
            param="model",
        )
    if target not in {entry.id for entry in catalog.models}:
        raise missing(name, _choices(task, services, also))
    return catalog.get(target).id


def missing(name: str, choices: list[str]) -> NotFound:
    """Return the error for a name nothing has."""
    return NotFound(f"The model '{name[:80]}' does not exist; choose one of: {', '.join(choices)}.", param="model")


def voice_for(name: str, services: Services) -> str | None:
    """Return the voice a name asks for, None for the model's own; a name that is no alias is a voice itself."""
    return services.settings.voice_aliases.get(name, name) or None


def _is_of_another_task(catalog: Catalog, model_id: str, task: str) -> bool:
    return any(entry.id == model_id and task not in entry.card.tasks for entry in catalog.models)


def _choices(task: str, services: Services, also: str | None) -> list[str]:
    models = [entry.id for entry in services.catalog().for_task(task)]
    return [*models, *(alias for alias, target in services.settings.model_aliases.items() if target in (task, also))]
