"""Notes, and the words sung on them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from model_wrappers.contract.errors import InvalidInput

LOWEST, HIGHEST = 45, 81  # MIDI numbers, A2 to A5
REST_NAMES = ("rest", "r", "ap", "sp")
WORD_BAR = "|"

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_PITCH = re.compile(r"([A-Ga-g])([#♯b♭]{0,3})(-?\d)")


@dataclass(frozen=True)
class Note:
    """One note; `pitch` is a MIDI number, None for a rest."""

    pitch: float | None
    duration_s: float
    held: bool = False
    """Whether it carries on the syllable of the note before it."""
    ends_word: bool = False


@dataclass(frozen=True)
class Rest:
    """Silence, or a breath."""

    duration_s: float
    breath: bool = False


@dataclass(frozen=True)
class SungWord:
    """A word and its notes, none of them a rest."""

    text: str
    notes: tuple[Note, ...]


Song = tuple[SungWord | Rest, ...]


def parse_notes(names: Sequence[str], durations: Sequence[float]) -> tuple[Note, ...]:
    """Read notes such as `C#4/Db4`, `F4` or `rest`; a `|` behind or before a name ends a word.

    Raises:
        InvalidInput: If a name is no note, or a duration is not positive.
    """
    notes: list[Note] = []
    for index, (name, duration_s) in enumerate(zip(names, durations, strict=True)):
        if not duration_s > 0:
            raise InvalidInput(
                f"Note {index} ('{name}') lasts {duration_s:g} s; give a positive number of seconds.",
                param=f"durations.{index}",
            )
        if name.lstrip().startswith(WORD_BAR) and notes:
            notes[-1] = replace(notes[-1], ends_word=True)
        pitch = parse_pitch(name.strip(f"{WORD_BAR} "), param=f"notes.{index}")
        notes.append(Note(pitch, duration_s, ends_word=name.rstrip().endswith(WORD_BAR)))
    return tuple(notes)


def parse_pitch(name: str, *, param: str = "notes") -> int | None:
    """Return the MIDI number of a note, None for a rest; of two spellings `C#4/Db4` the first counts.

    Raises:
        InvalidInput: If it is no note, or beyond the voice.
    """
    if name.lower() in REST_NAMES:
        return None
    match = _PITCH.fullmatch(name.split("/")[0].strip())
    if match is None:
        raise InvalidInput(f"'{name}' is no note; write e.g. C4, C#4, Db4, C#4/Db4 or rest.", param=param)
    letter, accidentals, octave = match.groups()
    shift = sum(1 if sign in "#♯" else -1 for sign in accidentals)
    return in_range(12 * (int(octave) + 1) + _SEMITONES[letter.upper()] + shift, name, param=param)


def in_range(pitch: int, name: str, *, param: str) -> int:
    """Return the MIDI number if the voice reaches it.

    Raises:
        InvalidInput: If it does not.
    """
    if not LOWEST <= pitch <= HIGHEST:
        raise InvalidInput(
            f"Note '{name}' is beyond the voice, which sings from A2 to A5; transpose the melody by octaves.",
            param=param,
        )
    return pitch


def name_of(pitch: int) -> str:
    """Return the name of a MIDI number, e.g. `C#4`."""
    octave, step = divmod(pitch, 12)
    return f"{('C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#', 'B')[step]}{octave - 1}"


@dataclass(frozen=True)
class ScoreNote:
    """One note of the sung line as a score has it."""

    pitch: int | None
    """MIDI number, None for a rest."""
    duration_s: float
    syllable: str | None = None
    """The syllable that begins with it; None carries on the one before."""
    ends_word: bool = True
    """Whether its syllable is the last of a word."""
