"""What both score readers return."""

from dataclasses import dataclass


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
