"""Read the sung line out of a score: MusicXML or MIDI."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.contract.symbolic import CANONICAL_MAGIC, MIDI_MAGIC, Score
from model_wrappers.singing.melody import Note, Rest, ScoreNote, Song, SungWord, in_range, name_of
from model_wrappers.singing.midi import read_midi
from model_wrappers.singing.musicxml import read_musicxml

MAX_NOTES = 2_000

MAX_NOTE_S = 600.0


@dataclass
class _Word:
    text: str
    notes: list[Note]
    complete: bool


def read_score(score: Score) -> tuple[Song, tuple[Note, ...]]:
    """Return the words on their notes, and the notes alone for other lyrics.

    Raises:
        UnsupportedMedia: If the file cannot be read, or has no or too many notes.
        InvalidInput: If a note is beyond the voice.
    """
    notes = read_line(score.data)
    if not any(note.pitch is not None for note in notes):
        raise UnsupportedMedia("The score holds no notes with a pitch; send one with a melody.", param="score")
    if len(notes) > MAX_NOTES:
        raise UnsupportedMedia(
            f"The sung part has {len(notes)} notes; at most {MAX_NOTES} are sung at once. Send it in parts.",
            param="score",
        )
    for note in notes:
        if note.pitch is not None:
            in_range(note.pitch, name_of(note.pitch), param="score")
    return _words(notes), tuple(Note(note.pitch, note.duration_s) for note in notes)


def read_line(data: bytes, alive: Callable[[], None] = lambda: None) -> list[ScoreNote]:
    """Return the sung line of a score as it is written.

    Args:
        data: A MIDI or MusicXML file, or the canonical form of one.
        alive: Called as the work goes on.

    Raises:
        UnsupportedMedia: If it cannot be read, or a note has no sensible length.
    """
    if data.startswith(CANONICAL_MAGIC):
        return [ScoreNote(**note) for note in json.loads(data)["notes"]]
    notes = read_midi(data, alive) if data.startswith(MIDI_MAGIC) else read_musicxml(data)
    for number, note in enumerate(notes, 1):
        if not 0 <= note.duration_s <= MAX_NOTE_S:
            raise UnsupportedMedia(
                f"Note {number} of the score lasts {note.duration_s:g} s; at most {MAX_NOTE_S:g} s are allowed.",
                param="score",
            )
    return notes


def _words(notes: Sequence[ScoreNote]) -> Song:
    """Join syllables to words; a note without one holds the syllable before it."""
    song: list[_Word | Rest] = []
    open_word: _Word | None = None
    for note in notes:
        if note.pitch is None:
            if open_word and not open_word.complete:
                last = open_word.notes[-1]
                open_word.notes[-1] = replace(last, duration_s=last.duration_s + note.duration_s)
            else:
                song.append(Rest(note.duration_s))
                open_word = None
        elif note.syllable is None and open_word:
            open_word.notes.append(Note(note.pitch, note.duration_s, held=True))
        elif open_word and not open_word.complete and note.syllable is not None:
            open_word.text += note.syllable
            open_word.complete = note.ends_word
            open_word.notes.append(Note(note.pitch, note.duration_s))
        else:
            open_word = _Word(note.syllable or "la", [Note(note.pitch, note.duration_s)], note.ends_word)
            song.append(open_word)
    return tuple(SungWord(part.text, tuple(part.notes)) if isinstance(part, _Word) else part for part in song)
