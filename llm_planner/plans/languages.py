"""Which languages the live models of a task can work with."""

from collections.abc import Iterator, Mapping
from typing import Any

from model_wrappers.contract.catalog import Catalog, ModelCard
from model_wrappers.contract.language_offers import LANGUAGE_ARGUMENTS, offered_languages
from model_wrappers.contract.languages import language_code
from model_wrappers.contract.tasks import Task


def language_problems(task: Task, languages: Mapping[str, Any], catalog: Catalog) -> Iterator[str]:
    """Yield what no live model of the task can do with the languages asked for.

    Args:
        task: Task of the step.
        languages: Language arguments by name, as ISO 639-1 codes.
        catalog: Models in service.
    """
    wanted = _wanted(languages)
    unknown = list(unknown_languages(task, languages, catalog))
    for name, code, known in unknown:
        yield f"argument '{name}': no live model of {task.id} knows '{code}'; choose one of: {', '.join(known)}"
    models = catalog.for_task(task.id)
    if wanted and not unknown and not any(_knows(entry.card, task, wanted) for entry in models):
        asked = ", ".join(f"{name}={code}" for name, code in wanted.items())
        yield f"no one live model of {task.id} knows all of {asked}; change one of them"


def unknown_languages(
    task: Task, languages: Mapping[str, Any], catalog: Catalog
) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the arguments whose language no live model of the task knows: name, code, and the codes that are known."""
    models = catalog.for_task(task.id)
    for name, code in _wanted(languages).items():
        offers = [offered_languages(entry.card, task, name) for entry in models]
        if all(offer is not None and code not in offer for offer in offers):
            yield name, code, sorted(set().union(*(offer for offer in offers if offer is not None)))


def _wanted(languages: Mapping[str, Any]) -> dict[str, str]:
    written = {name: languages[name] for name in LANGUAGE_ARGUMENTS if isinstance(languages.get(name), str)}
    codes = {name: _code(text) for name, text in written.items()}
    return {name: code for name, code in codes.items() if code is not None}


def _code(text: str) -> str | None:
    try:
        return language_code(text)
    except ValueError:
        return text


def _knows(card: ModelCard, task: Task, wanted: Mapping[str, str]) -> bool:
    offers = ((code, offered_languages(card, task, name)) for name, code in wanted.items())
    return all(offer is None or code in offer for code, offer in offers)
