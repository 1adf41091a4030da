"""What the arguments of a step are read from, and what they come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.sources.references import resolve
from llm_planner.offline.words.lists import words
from llm_planner.offline.words.masking import Masked
from llm_planner.plans.plan import Step


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


def points_back(clause: str) -> bool:
    """Tell whether a clause speaks of what was made before: "it", "the result"."""
    return bool(words("pronouns") & {word.strip(".,;:?!") for word in clause.casefold().split()})


def texts_of(scene: Scene) -> list[Source]:
    """Return the texts a clause means."""
    return resolve(scene.clause, scene.masked, scene.sources, "text")


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that have a value."""
    return {key: value for key, value in arguments.items() if value is not None}
