"""Which languages a model offers for the language arguments of a task."""

from model_wrappers.contract.catalog import ModelCard
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


def _codes(languages: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if languages is None else frozenset(languages)
