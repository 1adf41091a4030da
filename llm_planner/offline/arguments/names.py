"""What the words of a step name: a sound to make or to look for, words to say. The parser points at them."""

import re
from collections.abc import Sequence

from llm_planner.offline.arguments.scene import Scene
from llm_planner.offline.words.lists import words
from llm_planner.offline.words.times import strip_durations
from model_wrappers.contract.languages import NAMES

MOST_WORDS = 6  # of an answer, or of a request that follows another, that is all a name
_WORD = re.compile(r"[\w'’-]+")
_POINTING = words("pointing") | {name.casefold() for name in NAMES}
_BEFORE, _AFTER = words("around_a_sound", "before"), words("around_a_sound", "after")
_GENERIC = words("around_a_sound", "generic")
_DOES = frozenset(word.removesuffix("s").removesuffix("e") for word in words("around_a_sound", "does"))
_SOUND = frozenset({"sound", "sounds", "noise", "noises"})
_ASKED_OF = frozenset({"do", "does", "did", "if", "when", "whether", "until", "where"})


def is_reference(text: str) -> bool:
    """Tell whether words point at something instead of naming it: "the transcript", "that sound", "the Spanish"."""
    found = _WORD.findall(text.casefold())
    return bool(found) and all(word in _POINTING for word in found)


def words_to_say(scene: Scene) -> str | None:
    """Return what a step is to say or sing, or None where its words point at a text or have none."""
    if quotes := scene.masked.quotes_in(scene.clause):
        return max(quotes, key=len)
    said = (scene.content or "").removeprefix("that ").strip()
    return said if said and not is_reference(said) else None


def sound_to_make(scene: Scene) -> str | None:
    """Return the sound or music a step makes, or None where its words name none."""
    if quotes := scene.masked.quotes_in(scene.clause):
        return quotes[0]
    named = strip_durations(scene.content or _short(scene.clause) or "").strip(" .,;:?!")
    return named if _bare(named, "") else None


def sound_to_find(scene: Scene) -> str | None:
    """Return the sound a step looks for or takes out, or None where its words name none."""
    if quotes := scene.masked.quotes_in(scene.clause):
        return quotes[0]
    return _bare(scene.content or _short(scene.clause) or "", scene.whole)


def _short(clause: str) -> str | None:
    name = clause.split(",")[0]
    return name if len(name.split()) <= MOST_WORDS else None


def _bare(name: str, clause: str) -> str | None:
    """Return a name without article, without what it is said to do in a question, or None where it names nothing."""
    named = name.strip(" .,;:?!").split()
    while named and (skipped := _introduces(named)):
        del named[:skipped]
    while named and named[-1].casefold() in _AFTER:
        del named[-1]
    asked = bool(_ASKED_OF & set(clause.casefold().split()))
    if len(named) > 1 and (named[-1].casefold() in _SOUND or (asked and _stem(named[-1]) in _DOES)):
        del named[-1]
    return None if all(word.casefold() in _GENERIC for word in named) else " ".join(named)


def _introduces(words: Sequence[str]) -> int:
    """Return how many words at the beginning say nothing of a sound: "the", "sound of"."""
    first, *rest = (word.casefold() for word in words[:2])
    return 2 if first in _SOUND and rest == ["of"] else int(first in _BEFORE)


def _stem(word: str) -> str:
    return word.casefold().removesuffix("s").removesuffix("e")
