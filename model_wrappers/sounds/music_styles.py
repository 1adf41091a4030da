"""What the words of a music request mean: mood, genre, instruments, tempo and key."""

import json
import re
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCALES = {  # semitones above the tonic
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
TONICS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
TEMPO_RANGE = (40.0, 220.0)  # beats a minute


class Style(BaseModel):
    """How a piece is made; instruments are General MIDI programs, chords scale degrees counted from 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: Literal["major", "minor", "phrygian"] = "major"
    tonic: int = Field(default=0, ge=0, le=11, description="Pitch class, 0 is C")
    tempo: float = Field(default=100.0, description="Beats a minute")
    beats: int = Field(default=4, description="Beats a bar")
    progression: tuple[int, ...] = (0, 4, 5, 3)
    melody: int = 0
    harmony: int = 48
    bass: int | None = 32
    drums: str | None = Field(default="pop", description="Name of a pattern; None is none")
    chords: Literal["block", "arpeggio", "offbeat", "waltz"] = "block"
    density: float = Field(default=0.6, description="Share of the half beats on which the melody moves")
    swing: float = Field(default=0.5, description="Where in the beat its second half begins")

    def but(self, **changes: Any) -> "Style":
        """Return the style with some fields changed and checked."""
        return Style.model_validate(self.model_dump() | changes)


POLYPHONIC = frozenset({0, 6, 10, 12, 13, 11, 19, 21, 24, 27, 46, 105})  # instruments that accompany themselves
MUSIC = re.compile(
    r"\b(music|melod(y|ies)|tune|soundtrack|composition|sonata|song|beat|theme|jingle|ballad|symphony|concerto|waltz"
    r"|lullaby|march|fanfare|jazz|blues|techno|reggae|ambient piece|(piano|guitar|orchestral|string) piece)\b",
    re.IGNORECASE,
)
NOT_MUSIC = re.compile(r"\b(bird|birds|whale|whales|marching)\b|\bheart ?beat", re.IGNORECASE)
KEY = re.compile(r"\bin ([a-g])( |-)?(sharp|flat|#|b)? ?(major|minor)\b", re.IGNORECASE)
BPM = re.compile(r"\b(\d{2,3}) ?(bpm|beats (per|a) minute)\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, list[dict[str, Any]]]:
    text = resources.files(__package__).joinpath("music_styles.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _named(kind: str, text: str) -> list[dict[str, Any]]:
    """Return the entries of one kind whose words are in the text."""
    return [entry for entry in _vocabulary()[kind] if re.search(rf"\b({entry['words']})\b", text, re.IGNORECASE)]


def wants_music(text: str) -> bool:
    """Tell whether a text asks for music rather than for a sound."""
    return MUSIC.search(text) is not None and NOT_MUSIC.search(text) is None


def read_style(text: str) -> Style:
    """Return the style a text describes; where it says nothing, a friendly piece for piano and strings."""
    style = Style()
    for kind in ("genres", "moods"):
        for entry in _named(kind, text)[:1]:
            style = style.but(**entry["style"])
    return _set_tempo(_set_key(_set_instrument(style, text), text), text)


def _set_instrument(style: Style, text: str) -> Style:
    named = [entry["program"] for entry in _named("instruments", text)]
    if not named:
        return style
    style = style.but(melody=named[0])
    if len(named) > 1:
        return style.but(harmony=named[1])
    alone = named[0] in POLYPHONIC and not _named("genres", text)
    if alone or re.search(r"\bsolo\b", text, re.IGNORECASE):
        return style.but(harmony=named[0], bass=named[0] if named[0] in POLYPHONIC else None, drums=None)
    return style


def _set_key(style: Style, text: str) -> Style:
    found = KEY.search(text)
    if found is None:
        return style
    accidental = {"sharp": 1, "#": 1, "flat": -1, "b": -1}.get((found[3] or "").lower(), 0)
    return style.but(tonic=(TONICS[found[1].lower()] + accidental) % 12, scale=found[4].lower())


def _set_tempo(style: Style, text: str) -> Style:
    found = BPM.search(text)
    tempo = float(found[1]) if found else style.tempo
    if not found and re.search(r"\bslow(ly)?\b", text, re.IGNORECASE):
        tempo *= 0.75
    if not found and re.search(r"\b(fast|quick|lively)\b", text, re.IGNORECASE):
        tempo *= 1.3
    return style.but(tempo=min(max(tempo, TEMPO_RANGE[0]), TEMPO_RANGE[1]))
