"""Fit lyrics to notes.

A word has as many syllables as it is pronounced with, and each syllable takes one note. Where the numbers differ:

- notes marked with `|` belong together word by word;
- `_` in the lyrics holds the last syllable of the word before it on one more note;
- exactly one note per word: the syllables of a word share its note;
- notes left over: the last word holds them, phrase by phrase where `AP` in the lyrics and rests in the notes cut both
  into as many phrases;
- too few notes: an error.

A rest inside a word lengthens the note before it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.singing.melody import Note, Rest, Song, SungWord

BREATH, SILENCE, HOLD = "AP", "SP", "_"

SyllableCounts = Callable[[Sequence[str]], list[int]]


def align(lyrics: str, notes: Sequence[Note], count: SyllableCounts) -> Song:
    """Give each word its notes.

    Args:
        lyrics: Words, `AP` for a breath, `_` to hold a syllable; `|` separates words as blanks do.
        notes: The melody in order.
        count: Returns the number of syllables of each word.

    Raises:
        InvalidInput: If there is no word, or words and notes do not fit.
    """
    tokens = [token for token in re.split(r"[\s|]+", lyrics) if token]
    words = [token for token in tokens if token not in (BREATH, SILENCE)]
    if not any(token != HOLD for token in words):
        raise InvalidInput("The lyrics hold no word to sing; write words besides AP and _.", param="lyrics")
    if any(note.ends_word for note in notes):
        song = _by_bars([token for token in words if token != HOLD], notes)
    else:
        phrases, melodies = _phrases(tokens), _melodies(notes)
        if len(phrases) != len(melodies):
            phrases, melodies = [words], [list(notes)]
        song = [part for pair in zip(phrases, melodies, strict=True) for part in _align_phrase(*pair, count)]
    breathing = BREATH in tokens
    return tuple(replace(part, breath=breathing) if isinstance(part, Rest) else part for part in song)


def _by_bars(words: Sequence[str], notes: Sequence[Note]) -> list[SungWord | Rest]:
    """Give each word the notes between two bars; bars around rests alone hold no word."""
    groups: list[list[Note]] = [[]]
    for note in notes:
        groups[-1].append(note)
        if note.ends_word:
            groups.append([])
    sung = [group for group in groups if any(note.pitch is not None for note in group)]
    if len(sung) != len(words):
        raise InvalidInput(
            f"The bars '|' make {len(sung)} groups of notes for {len(words)} words; put one bar behind each word's "
            "notes.",
            param="notes",
        )
    remaining = iter(words)
    song: list[SungWord | Rest] = []
    for group in groups:
        if any(note.pitch is not None for note in group):
            song += _deal([next(remaining)], [sum(note.pitch is not None for note in group)], group)
        else:
            song += [Rest(note.duration_s) for note in group]
    return song


def _phrases(tokens: Sequence[str]) -> list[list[str]]:
    """Cut the lyrics at breaths and silences."""
    groups = groupby(tokens, key=lambda token: token in (BREATH, SILENCE))
    return [list(group) for is_pause, group in groups if not is_pause]


def _melodies(notes: Sequence[Note]) -> list[list[Note]]:
    """Cut the melody behind rests; rests at the very beginning stay with the first part."""
    parts: list[list[Note]] = [[]]
    for note in notes:
        begins = note.pitch is not None and parts[-1] and parts[-1][-1].pitch is None
        if begins and any(earlier.pitch is not None for earlier in parts[-1]):
            parts.append([])
        parts[-1].append(note)
    return parts


def _align_phrase(tokens: Sequence[str], notes: Sequence[Note], count: SyllableCounts) -> list[SungWord | Rest]:
    words = [token for token in tokens if token != HOLD]
    syllables = count(words)
    wanted = list(syllables)
    sung = sum(note.pitch is not None for note in notes)
    for index, token in enumerate(tokens):
        if token == HOLD:
            before = sum(earlier != HOLD for earlier in tokens[:index])
            wanted[max(before - 1, 0)] += 1
    if sung == len(words) < sum(wanted):
        wanted = [1] * len(words)
    if sung < sum(wanted) or not words:
        listed = ", ".join(f"{word} {number}" for word, number in zip(words, syllables, strict=True))
        raise InvalidInput(
            f"{sung} notes are too few for {sum(wanted)} syllables ({listed[:300]}); give one note per syllable, or "
            "exactly one per word.",
            param="notes",
        )
    wanted[-1] += sung - sum(wanted)
    return _deal(words, wanted, notes)


def _deal(words: Sequence[str], wanted: Sequence[int], notes: Sequence[Note]) -> list[SungWord | Rest]:
    """Deal the notes out in order, `wanted` of them to each word."""
    song: list[SungWord | Rest] = []
    queue = list(notes)
    for word, number in zip(words, wanted, strict=True):
        own: list[Note] = []
        while len(own) < number:
            note = queue.pop(0)
            if note.pitch is not None:
                own.append(note)
            elif own:
                own[-1] = replace(own[-1], duration_s=own[-1].duration_s + note.duration_s)
            else:
                song.append(Rest(note.duration_s))
        song.append(SungWord(word, tuple(own)))
    return song + [Rest(note.duration_s) for note in queue]
