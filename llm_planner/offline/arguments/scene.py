"""What the arguments of a step are read from, and what they come to."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.sources.references import resolve
from llm_planner.offline.words.masking import Masked
from llm_planner.plans.plan import Step

PRONOUN = re.compile(r"\b(?:it|that|this|they|the sound)\b", re.IGNORECASE)
TEXT_POINTER = re.compile(
    r"\b(?:text|transcripts?|transcription|translations?|captions?|descriptions?|sentence|words|summary|result|"
    r"output|it|that|this|them|each|both|what)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Scene:
    """What a builder of arguments looks at: the clause, the quotes of the request, the sources, what was answered.

    `answers` are values given to an earlier clarifying question, which win over the clause; `steps` are those planned
    before, in this plan and in the last one of the session; `content` is what the parser takes for the words that name
    the sound, or are to be said.
    """

    clause: str
    context: str
    masked: Masked
    sources: Sources
    answers: Mapping[str, Any] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    content: str | None = None

    @property
    def whole(self) -> str:
        """The clause with the statements around it."""
        return f"{self.clause} {self.context}".strip()


@dataclass(frozen=True)
class Arguments:
    """Variants of one step, one for each source it is to be done for, and what is missing for all of them."""

    variants: tuple[dict[str, Any], ...]
    missing: tuple[str, ...] = ()
    sources: tuple[Source | None, ...] = ()


Build = Callable[[Scene], Arguments]


_SENTENCE = re.compile(
    r"[.?!:;]|,\s|\s-\s|\b(?:i|i'[md]|i've|my|me|you|we|what|how|which|when|that|this|it|does|do|is|are|be|would|could|"
    r"can|need|hears?|says?|gimme|imitate|keep|nothing|anything|everything|somebody|only|just|else|many|saying)\b",
    re.IGNORECASE,
)
"""What stands in a sentence about a sound and not in its name."""


def sound_of(scene: Scene, find: Callable[[str, Masked], str | None]) -> str | None:
    """Return the sound a step names: what rules find, or where that is half a sentence what the parser points at."""
    found = find(scene.clause, scene.masked)
    if scene.masked.quotes_in(scene.clause) or scene.content is None:
        return found
    return found if found and not _SENTENCE.search(found) else scene.content


def audio_of(scene: Scene) -> list[Source]:
    """Return the audios a clause means, or the statements around it."""
    return resolve(scene.clause, scene.masked, scene.sources, "audio") or resolve(
        scene.context, scene.masked, scene.sources, "audio"
    )


def on_audio(scene: Scene, extra: Mapping[str, Any] | None = None, missing: tuple[str, ...] = ()) -> Arguments:
    """Do a task for every audio the clause means."""
    found = audio_of(scene)
    known = given(extra or {})
    if not found:
        return Arguments(({**known},), ("audio", *missing), (None,))
    return Arguments(tuple({"audio": s.value, **known} for s in found), missing, tuple(found))


def texts_of(scene: Scene) -> list[Source]:
    """Return the texts a clause means."""
    return resolve(scene.clause, scene.masked, scene.sources, "text")


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that have a value."""
    return {key: value for key, value in arguments.items() if value is not None}
