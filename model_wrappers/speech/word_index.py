"""Given words found in texts, in a time that grows with the text and not with the number of words."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, TypeVar

from model_wrappers.contract.languages import WRITTEN_WITHOUT_SPACES

ValueT = TypeVar("ValueT")

_LAST_MARK = 0x11000  # behind the marks of living scripts


@cache
def _parts(spaced: bool) -> re.Pattern[str]:
    """Return what cuts a text into words, spaces and single signs; where no spaces are written, letters are words."""
    marks = "".join(chr(code) for code in range(0x300, _LAST_MARK) if unicodedata.category(chr(code))[0] == "M")
    word = rf"\w[\w{marks}]*" if spaced else rf"[A-Za-z0-9_]+|\w[{marks}]*"
    return re.compile(rf"{word}|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Found(Generic[ValueT]):
    """A word in a text, from `begin` to before `end`, and what it was given for."""

    begin: int
    end: int
    value: ValueT


@dataclass
class _Node(Generic[ValueT]):
    """What may follow the parts so far, and the words that end here, as written."""

    next: dict[str, "_Node[ValueT]"] = field(default_factory=dict)
    words: dict[str, ValueT] = field(default_factory=dict)


class WordIndex(Generic[ValueT]):
    """Finds words and groups of words in texts, the longest first; never a part of a word.

    A word in small letters is found in any case, so that it is also found at the begin of a sentence. One with
    capitals is found as it is written or all in capitals: `Reading` is a town, and `reading` is not.
    """

    def __init__(self, words: Iterable[tuple[str, ValueT]], language: str) -> None:
        """Take the words, each with its value; of equal ones the first counts.

        Args:
            words: As they are written.
            language: Of the texts, ISO 639-1.
        """
        self._pattern = _parts(language not in WRITTEN_WITHOUT_SPACES)
        self._root: _Node[ValueT] = _Node()
        for word, value in words:
            node = self._root
            for part in self._cut(word.strip()):
                node = node.next.setdefault(_folded(part), _Node())
            node.words.setdefault(_comparable(word.strip()), value)

    def find(self, text: str) -> Iterator[Found[ValueT]]:
        """Yield the words in a text from left to right; none overlaps another."""
        parts = self._cut(text)
        begins = [0]
        for part in parts:
            begins.append(begins[-1] + len(part))
        place = 0
        while place < len(parts):
            end, found = self._longest(text, parts, begins, place)
            if found is not None:
                yield found
            place = end

    def _longest(self, text: str, parts: list[str], begins: list[int], place: int) -> tuple[int, Found[ValueT] | None]:
        """Return the place to go on at, and the longest word that begins at a place."""
        node, best, after = self._root, None, place + 1
        for end in range(place, len(parts)):
            following = node.next.get(_folded(parts[end]))
            if following is None:
                break
            node = following
            written = _comparable(text[begins[place] : begins[end + 1]])
            for word, value in sorted(node.words.items(), key=lambda item: item[0] != written):
                if word in (written, written.lower()) or word.upper() == written:
                    best, after = Found(begins[place], begins[end + 1], value), end + 1
                    break
        return after, best

    def _cut(self, text: str) -> list[str]:
        return self._pattern.findall(text)


def _folded(part: str) -> str:
    return " " if part.isspace() else _comparable(part).casefold()


def _comparable(text: str) -> str:
    return " ".join(text.replace("’", "'").split())
