"""When each phoneme of a phrase begins, and how high it is sung."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.embedded.hibari.phonemes import Syllable, pronounce, syllables
from model_wrappers.embedded.hibari.voice import FRAME_S, FRAMES_PER_UNIT, UNIT_S
from model_wrappers.singing.melody import Note, SungWord

CONSONANT_SHARE = 0.45  # of the time from vowel to vowel at most
CONSONANT_UNITS = 2  # at least: singers speak consonants clearly
FIRST_L_UNITS = 4  # at least: with no sound before it to move from, a shorter l is heard as part of its vowel
ONSET_UNITS = 2  # of a stressed vowel, in its stress mark: the voice forms the vowel there
DIPHTHONGS = frozenset("IWY")  # as in ride, down and boy: held at their beginning; say and go are held whole
GLIDE_UNITS = 4  # of their ends
GLIDE_SHARE = 0.4  # of the time there is, at most
HEAD_UNITS = 6  # of silence before a phrase; the voice swallows consonants that come at once
TAIL_UNITS = 4  # of silence behind a phrase
SLIDE_S = 0.07  # from note to note
VIBRATO_HZ = 5.5
VIBRATO_SEMITONES = 0.3
VIBRATO_DELAY_S = 0.35  # a note shorter than twice this has none
VIBRATO_ONSET_S = 0.3


@dataclass(frozen=True)
class SungSyllable:
    """A syllable and its notes; the vowel begins with the first of them."""

    syllable: Syllable
    notes: tuple[Note, ...]
    ends_word: bool


@dataclass(frozen=True)
class Performance:
    """What the voice needs to sing a phrase."""

    phonemes: str
    durations: NDArray[np.int64]
    """Units of each symbol and of the silence at both ends."""
    pitch: NDArray[np.float64]
    """Hz, frame by frame."""
    vowels: NDArray[np.bool_]
    """Which symbols are vowels."""
    lead_s: float
    """From the beginning to the first vowel."""


def sung_syllables(words: Sequence[SungWord], g2p: Callable[[str], str]) -> list[SungSyllable]:
    """Deal the notes of each word out to its syllables: one each, the rest to the last.

    Raises:
        InvalidInput: If a word cannot be pronounced.
    """
    sung = []
    for word, phonemes in zip(words, pronounce([word.text for word in words], g2p), strict=True):
        parts = syllables(phonemes)
        if not parts:
            raise InvalidInput(f"'{word.text}' is no word that can be sung; write it out.", param="lyrics")
        groups = _dealt_notes(word.notes, len(parts))
        for number, (part, notes) in enumerate(zip(parts, groups, strict=True)):
            sung.append(SungSyllable(part, notes, number == len(parts) - 1))
    return sung


def _dealt_notes(notes: tuple[Note, ...], count: int) -> list[tuple[Note, ...]]:
    begins = [index for index, note in enumerate(notes) if not note.held]
    if len(begins) == count:
        return [notes[first:last] for first, last in zip(begins, [*begins[1:], len(notes)], strict=True)]
    if len(notes) >= count:
        return [*((note,) for note in notes[: count - 1]), notes[count - 1 :]]
    shared = count - len(notes) + 1
    last = Note(notes[-1].pitch, notes[-1].duration_s / shared)
    return [*((note,) for note in notes[:-1]), *[(last,)] * shared]


def perform(sung: Sequence[SungSyllable], spoken: Callable[[str], NDArray[np.int64]]) -> Performance:
    """Time a phrase and draw its pitch.

    Args:
        sung: Its syllables.
        spoken: Returns the durations of phonemes in speech, in units, with the silence at both ends.
    """
    phonemes, nuclei = _joined(sung)
    natural = np.maximum(spoken(phonemes)[1:-1], CONSONANT_UNITS)
    natural[[symbol == " " for symbol in phonemes]] = 1
    beats = np.concatenate([[0.0], np.cumsum([sum(note.duration_s for note in part.notes) for part in sung])])
    edges = np.round(beats / UNIT_S).astype(int)
    first = nuclei[0].start
    durations = np.maximum(natural, 1)
    if phonemes.startswith("l"):
        durations[0] = max(durations[0], FIRST_L_UNITS)
    lead = HEAD_UNITS + int(durations[:first].sum())
    position = 0
    for number, nucleus in enumerate(nuclei):
        end = nuclei[number + 1].start if number + 1 < len(nuclei) else len(phonemes)
        slot = max(int(edges[number + 1]) - position, 1)
        symbols = phonemes[nucleus.start : nucleus.stop]
        durations[nucleus.start : end] = _filled(durations[nucleus.start : end], symbols, slot)
        position += int(durations[nucleus.start : end].sum())
    durations = np.concatenate([[HEAD_UNITS], durations, [TAIL_UNITS]])
    frames = FRAMES_PER_UNIT * int(durations.sum())
    vowel = np.zeros(len(durations), bool)
    vowel[[index + 1 for nucleus in nuclei for index in nucleus]] = True
    notes = [note for part in sung for note in part.notes]
    return Performance(phonemes, durations, melody_hz(notes, frames, lead * UNIT_S), vowel, lead * UNIT_S)


def melody_hz(notes: Sequence[Note], frames: int, lead_s: float) -> NDArray[np.float64]:
    """Return the pitch in Hz, shape `(frames,)`, of notes that begin after `lead_s`, with glides and vibrato."""
    from scipy.ndimage import gaussian_filter1d

    times = (np.arange(frames) + 0.5) * FRAME_S - lead_s
    ends = np.cumsum([note.duration_s for note in notes])
    at = np.searchsorted(ends[:-1], times + SLIDE_S / 2, side="right")
    pitches = np.array([note.pitch for note in notes], np.float64)
    semitones = gaussian_filter1d(pitches[at], SLIDE_S / 3 / FRAME_S, mode="nearest")
    since = times - np.concatenate([[0.0], ends[:-1]])[at] - VIBRATO_DELAY_S
    long = np.array([note.duration_s >= 2 * VIBRATO_DELAY_S for note in notes])[at]
    depth = VIBRATO_SEMITONES * np.clip(since / VIBRATO_ONSET_S, 0, 1) * long
    return np.asarray(440.0 * 2 ** ((semitones + depth * np.sin(2 * np.pi * VIBRATO_HZ * since) - 69) / 12))


def _joined(sung: Sequence[SungSyllable]) -> tuple[str, list[range]]:
    """Return the phonemes of the phrase, and where in them each vowel with its stress mark stands."""
    text, nuclei = "", []
    for part in sung:
        text += part.syllable.onset
        nuclei.append(range(len(text), len(text) + len(part.syllable.vowel)))
        text += part.syllable.vowel + part.syllable.coda + (" " if part.ends_word else "")
    return text.rstrip() + ".", nuclei


def _filled(natural: NDArray[np.int64], vowel: str, slot: int) -> NDArray[np.int64]:
    """Stretch the vowel, the first symbols, so that all last `slot` units; consonants give way if there is no room.

    Of a vowel with a stress mark the voice speaks the beginning in the mark, and in the vowel's own symbol what it
    glides to.
    """
    filled = natural.copy()
    consonants = filled[len(vowel) :]
    most = max(int(CONSONANT_SHARE * slot), len(consonants))
    while consonants.sum() > most:
        consonants[consonants.argmax()] -= 1
    room = max(slot - int(consonants.sum()), len(vowel))
    own = len(vowel) - 1
    filled[:own] = 1
    if own and vowel[own] in DIPHTHONGS:
        filled[own] = min(GLIDE_UNITS, max(int(GLIDE_SHARE * room), 1))
        filled[own - 1] = room - filled[own] - (own - 1)
    else:
        if own:
            filled[own - 1] = min(ONSET_UNITS, max(room // 3, 1))
        filled[own] = room - filled[:own].sum()
    return filled
