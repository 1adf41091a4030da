"""Notes, durations and lyrics of a song, in the forms people write them."""

import re
from dataclasses import dataclass

from llm_planner.offline.words.times import with_digits

_NUMBER = r"(?:\d{1,7}(?:\.\d{1,7})?|\.\d{1,7})"
_ONE = r"[A-Ga-g](?: ?(?:#|♯|b|♭|-?sharp|-?flat))? ?-?\d"
_NOTE = re.compile(rf"(?<![\w#]){_ONE}(?: ?/ ?{_ONE})?(?![\w#]|\.\d)|\b(?:rests?|pause)\b|\bmiddle c\b", re.IGNORECASE)
_BARE = re.compile(
    r"\b(?:notes?|pitches|melody|tones)\b[ :]?[ ]?(?:are |is |of )?(?P<notes>[A-G](?:#|b)?(?:[\s,|"
    r"-]+(?:[A-G](?:#|b)?|rest))+)(?![\w#])"
)
_MIDI = re.compile(
    r"\b(?:midi )?(?:notes?|pitches|numbers)\b[ :]?[ ]?(?:are )?(?P<notes>\d{2,3}(?:[ ,|][ ,|]?\d{2,3})+)\b",
    re.IGNORECASE,
)
_UNIT = r"(?:milliseconds?|ms|seconds?|secs?|s)\b"
_EACH = re.compile(
    rf"(?<![\d.])(?P<count>{_NUMBER})[ -]?(?P<unit>{_UNIT})[^.;\d]{{0,20}}?\b(?:each|apiece|per note|a note|every note|"
    rf"for every)\b|\b(?:each|every note|all(?: notes)?)\b[^.;\d]{{0,30}}?(?P<count2>{_NUMBER})[ -]?(?P<unit2>{_UNIT})",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"\b(?:durations?(?: sequence)?|lengths?|timings?|note durations?|lasting|for|times|lasts?)\b[^\d]{0,25}?"
    rf"(?P<list>{_NUMBER}(?: ?(?:seconds?|secs?|s)? ?(?:[|,;/]|\band\b| ) ?(?:and )?{_NUMBER}(?!\w{{0,9}}\d))*)",
    re.IGNORECASE,
)
_TIMED = re.compile(rf"(?<![\w.])(?P<count>{_NUMBER})[ -]?(?P<unit>{_UNIT})")
"""One of "C4 for half a second, D4 for one second"."""
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
DEFAULT_OCTAVE = 4


@dataclass(frozen=True)
class Melody:
    """Notes in scientific pitch, and one duration in seconds a note."""

    notes: tuple[str, ...]
    durations: tuple[float, ...]


def find_melody(text: str) -> Melody:
    """Return the notes and durations a text names; either may be empty."""
    notes = _notes(text)
    return Melody(notes, find_durations(text, len(notes)))


def _notes(text: str) -> tuple[str, ...]:
    found = [_spelled(match[0]) for match in _NOTE.finditer(text)]
    if any(note != "rest" for note in found):
        return tuple(found)
    if match := _BARE.search(text):
        return tuple(
            note if note == "rest" else f"{note}{DEFAULT_OCTAVE}"
            for note in re.findall(r"rest|[A-G](?:#|b)?", match["notes"])
        )
    if match := _MIDI.search(with_digits(text)):
        numbers = [int(number) for number in re.findall(r"\d{1,7}", match["notes"])]
        return tuple(f"{_NAMES[number % 12]}{number // 12 - 1}" for number in numbers)
    return ()


def _spelled(note: str) -> str:
    note = note.strip().lower()
    if note in ("rest", "rests", "pause"):
        return "rest"
    if note == "middle c":
        return "C4"
    parts = []
    for part in note.split("/"):
        part = re.sub(r"-?sharp|♯", "#", part.strip())
        part = re.sub(r"-?flat|♭", "b", part)
        part = re.sub(r"[\s-]", "", part)
        parts.append(part[0].upper() + part[1:])
    return "/".join(parts)


def find_durations(text: str, count: int) -> tuple[float, ...]:
    """Return the durations a text names for a number of notes, in seconds."""
    digits = re.sub(r"(?<=\d)-(?=\d)", " ", with_digits(_NOTE.sub(" ", text)))
    if match := _EACH.search(digits):
        unit = match["unit"] or match["unit2"]
        seconds = float(match["count"] or match["count2"]) * (0.001 if unit.lower().startswith("m") else 1.0)
        return (seconds,) * count
    timed = tuple(
        float(m["count"]) * (0.001 if m["unit"].startswith("m") else 1.0) for m in _TIMED.finditer(digits.lower())
    )
    if count > 1 and len(timed) == count:
        return timed
    if match := _LIST.search(digits):
        values = tuple(float(value) for value in re.findall(_NUMBER, match["list"]))
        if len(values) == 1 and count > 1:
            return values * count if re.search(r"\beach\b|\ball\b|\bevery\b", digits) else values
        return values
    values = tuple(
        float(value)
        for value in re.findall(
            rf"(?<![\w#.]){_NUMBER}(?![\w#])(?!\.\d)|(?<![\w#.]){_NUMBER}(?=s\b)",
            digits,
        )
    )
    return values if values and len(values) == count else ()
