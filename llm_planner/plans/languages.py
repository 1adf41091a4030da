"""Which languages the live models of a task can work with."""

from collections.abc import Iterator, Mapping
from typing import Any

from model_wrappers.contract.catalog import Catalog, ModelCard
from model_wrappers.contract.tasks import Task

LANGUAGE_ARGUMENTS = ("language", "source_language", "target_language")


def offered_languages(card: ModelCard, task: Task, argument: str) -> frozenset[str] | None:
    """Return the codes a model takes for one language argument; None is any.

    `target_language` is what a model writes or speaks, `source_language` what it understands. `language` is what is
    heard where the task takes audio, and both what is read and what is spoken where it makes speech from a text.
    """
    understood, produced = _codes(card.input_languages), _codes(card.output_languages)
    if argument == "target_language":
        return produced
    if argument == "source_language" or "audio" in task.inputs:
        return understood
    return understood & produced if understood is not None and produced is not None else understood or produced


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
    return {name: code for name, code in languages.items() if name in LANGUAGE_ARGUMENTS and isinstance(code, str)}


def _knows(card: ModelCard, task: Task, wanted: Mapping[str, str]) -> bool:
    offers = ((code, offered_languages(card, task, name)) for name, code in wanted.items())
    return all(offer is None or code in offer for code, offer in offers)


def _codes(languages: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if languages is None else frozenset(languages)
