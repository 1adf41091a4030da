"""Slips of the keyboard and the tongue, taken out of a request before anybody looks for commands in it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

VOCABULARY = Path(__file__).with_name("vocabulary.txt")  # the words of `training/clauses`
SHORTEST = 3  # letters; shorter words have too many neighbours
LONGEST = 24  # letters; what is longer is no word, and has too many neighbours
SHORTEST_CHANGED = 4  # letters; in words of three only swaps are undone
SHORTEST_REPLACED = 7  # letters of a word that may hold a wrong letter: "snare" is no slip of "share"
SHORTEST_TWICE = 7  # letters of a word that may hold two slips
_SHORTHAND = {
    "u": "you",
    "ur": "your",
    "r": "are",
    "pls": "please",
    "plz": "please",
    "gimme": "give me",
    "lemme": "let me",
    "n": "and",
    "gen": "generate",
    "synth": "synthesise",
    "rec": "recording",
    "pic": "picture",
    "vid": "video",
    "msg": "message",
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = re.compile(r"(?<![\w'#.@/-])[A-Za-z]+(?![\w#@/]|[.-]\w)")
_FILLED_PAUSE = re.compile(r"(?:^|(?<=\s))(?:, ?)?(?:uhm+|uh+|um+|erm*|ehm*|hm+)\b[,.…]{0,3} ?", re.IGNORECASE)


class Speller:
    """Replace words nobody knows by the one word of requests that is a single slip away."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        """Leave alone what is `known`."""
        self._vocabulary = frozenset(VOCABULARY.read_text(encoding="utf-8").split())
        self._known = known

    def correct(self, text: str) -> str:
        """Return a text without filled pauses and without the slips that have one likely meaning."""
        return _WORD.sub(lambda match: self._corrected(match[0]), _FILLED_PAUSE.sub("", text)).strip()

    def _is_word(self, word: str) -> bool:
        stems = [word.removesuffix(ending) for ending in ("s", "es", "ed", "d", "ing")]
        stems += [word[:-1]] if word.endswith("er") else []  # "sampler"
        return self._known(word) or any(stem in self._vocabulary for stem in (word, *stems))

    def _corrected(self, word: str) -> str:
        lower = word.lower()
        if word in _SHORTHAND:
            return _SHORTHAND[lower]
        if not SHORTEST <= len(word) <= LONGEST or word.isupper() or self._is_word(lower):
            return word
        for slips in _slips(len(word)):
            found = {candidate for candidate in slips(lower) if candidate in self._vocabulary}
            if len(found) == 1:
                (only,) = found
                return only.capitalize() if word[0].isupper() else only
        return word


def _slips(length: int) -> Iterator[Callable[[str], Iterator[str]]]:
    yield _swaps
    if length >= SHORTEST_CHANGED:
        yield _others
    if length >= SHORTEST_REPLACED:
        yield _replaced
    if length >= SHORTEST_TWICE:
        yield lambda word: (twice for once in _swaps(word) for twice in _swaps(once))


def _swaps(word: str) -> Iterator[str]:
    """Yield a word with two neighbouring letters the other way round."""
    for place in range(len(word) - 1):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _others(word: str) -> Iterator[str]:
    """Yield a word with one letter less or more."""
    for place in range(len(word) + 1):
        head, tail = word[:place], word[place:]
        if tail:
            yield head + tail[1:]
        for letter in _LETTERS:
            yield head + letter + tail


def _replaced(word: str) -> Iterator[str]:
    """Yield a word with one letter different."""
    for place in range(len(word)):
        for letter in _LETTERS:
            yield word[:place] + letter + word[place + 1 :]
