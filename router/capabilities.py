"""Whether a model can take a request at all: languages, lengths, channels."""

from collections.abc import Iterator
from dataclasses import dataclass

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import InvalidInput, RequestError, TooLarge
from model_wrappers.contract.language_offers import LANGUAGE_ARGUMENTS, offered_languages
from model_wrappers.contract.media import media_values
from model_wrappers.contract.tasks import Task
from model_wrappers.contract.tasks.base import TaskRequest

TEXT_ARGUMENTS = ("text", "lyrics")


@dataclass(frozen=True)
class Refusal:
    """Why a model cannot take a request, and what it could take."""

    param: str
    reason: str
    error: type[RequestError] = InvalidInput


def refusals(card: ModelCard, task: Task, request: TaskRequest) -> Iterator[Refusal]:
    """Yield every reason why a model cannot take a request whose media are references or decoded."""
    yield from _language_refusals(card, task, request)
    limits = card.limits
    for param in limits.unsupported:
        if getattr(request, param, None):
            yield Refusal(param, f"it takes no '{param}'")
    if limits.max_characters is not None:
        yield from _text_refusals(limits.max_characters, request)
    for path, medium in media_values(request).items():
        if isinstance(medium, Audio) or (isinstance(medium, ArtifactRef) and medium.kind == "audio"):
            yield from _audio_refusals(limits, path, medium)


def check_limits(model_id: str, card: ModelCard, task: Task, request: TaskRequest) -> None:
    """Raise the first reason why a model cannot take a request.

    Raises:
        RequestError: If there is one.
    """
    for refusal in refusals(card, task, request):
        raise refusal.error(f"Model '{model_id}' cannot take this: {refusal.reason}.", param=refusal.param)


def _language_refusals(card: ModelCard, task: Task, request: TaskRequest) -> Iterator[Refusal]:
    for param in LANGUAGE_ARGUMENTS:
        language = getattr(request, param) if param in task.request.model_fields else None
        offered = None if language is None else offered_languages(card, task, param)
        if offered is not None and language not in offered:
            yield Refusal(param, f"'{param}' is '{language}'; it knows {', '.join(sorted(offered))}")


def _text_refusals(most: int, request: TaskRequest) -> Iterator[Refusal]:
    for param in TEXT_ARGUMENTS:
        length = len(getattr(request, param, None) or "")
        if length > most:
            yield Refusal(param, f"'{param}' has {length:,} characters; it takes at most {most:,}", TooLarge)


def _audio_refusals(limits: Limits, param: str, audio: Audio | ArtifactRef) -> Iterator[Refusal]:
    duration_s, channels = audio.duration_s, audio.channels
    if duration_s is not None and limits.max_duration_s is not None and duration_s > limits.max_duration_s:
        reason = f"'{param}' lasts {duration_s:.1f} s; it takes at most {limits.max_duration_s:g} s"
        yield Refusal(param, reason, TooLarge)
    if channels is None:
        return
    if limits.min_channels is not None and channels < limits.min_channels:
        needed = f"it needs at least {limits.min_channels}, each recorded with its own microphone"
        yield Refusal(param, f"'{param}' has {channels} channel(s); {needed}")
    if limits.max_channels is not None and channels > limits.max_channels:
        yield Refusal(param, f"'{param}' has {channels} channels; it takes at most {limits.max_channels}")
