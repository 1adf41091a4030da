"""Words and their times out of the pieces of text that a recogniser writes one after another."""

from collections.abc import Iterable
from typing import NamedTuple

from model_wrappers.contract.tasks.speech_recognition import Word


class TimedText(NamedTuple):
    """A piece of a transcript, such as a token: begin and end in seconds, and how probable it was."""

    text: str
    start_s: float
    end_s: float
    probability: float


def join_words(pieces: Iterable[TimedText]) -> tuple[Word, ...]:
    """Join pieces to words: one that begins with a blank begins a word, punctuation belongs to the word before."""
    words: list[list[TimedText]] = []
    for piece in pieces:
        if not words or piece.text[:1].isspace():
            words.append([])
        words[-1].append(piece)
    return tuple(_word(parts) for parts in words if "".join(part.text for part in parts).strip())


def _word(parts: list[TimedText]) -> Word:
    return Word(
        word="".join(part.text for part in parts).strip(),
        start=parts[0].start_s,
        end=parts[-1].end_s,
        probability=sum(part.probability for part in parts) / len(parts),
    )
