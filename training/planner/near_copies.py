"""Requests too near to those that figures are taken from: what is measured must not be trained on."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from evaluation.planner_cases import read_cases
from training.planner.examples import KEPT, Example, read_writer, unmarked

CASES = Path("evaluation/cases")
MEASURED = ("test-*.jsonl", "*-strangers-*.jsonl")  # besides the writers kept whole
NEAR = 0.5  # words in common to words in either
SHORTEST = 4  # words that carry meaning; shorter requests coincide
_EMPTY = {
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "could", "do", "for", "from", "have", "he", "her",
    "his", "i", "i'd", "in", "into", "is", "it", "its", "like", "me", "my", "no", "not", "of", "on", "or", "one",
    "only", "our", "out", "please", "she", "so", "than", "that", "the", "their", "them", "then", "there", "they",
    "this", "to", "two", "up", "was", "we", "what", "when", "which", "who", "will", "with", "would", "you", "your",
    "wav", "mp3", "m4a", "jpg", "png",
}  # fmt: skip
_WORD = re.compile(r"[a-z']+")

Words = frozenset[str]


def words_of(text: str) -> Words:
    """Return the words of a text that carry meaning."""
    return frozenset(_WORD.findall(text.lower())) - _EMPTY


def measured_texts() -> Iterator[str]:
    """Yield every text that figures are taken from."""
    for pattern in MEASURED:
        for case in read_cases(sorted(CASES.glob(pattern))):
            yield from (turn.text for turn in case.turns)
    for path in sorted(KEPT.glob("*.txt")):
        yield from (unmarked(example.text).text for example in read_writer(path))


class NearCopies:
    """Tell what is too near to a set of texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Keep the words of every text that is long enough to be told from others."""
        self._known = [words for words in map(words_of, texts) if len(words) >= SHORTEST]

    def __contains__(self, example: Example) -> bool:
        """Tell whether a request shares most of its words with one of them."""
        words = words_of(unmarked(example.text).text)
        return len(words) >= SHORTEST and any(len(words & known) >= NEAR * len(words | known) for known in self._known)
