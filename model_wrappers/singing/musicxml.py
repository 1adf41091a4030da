"""Read the sung line of a MusicXML file."""

from dataclasses import replace
from typing import Any

from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.singing.melody import ScoreNote

DEFAULT_TEMPO = 120.0  # quarter notes a minute, where the score names none
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def read_musicxml(data: bytes) -> list[ScoreNote]:
    """Return the notes of the first part that has lyrics, else of the first part; its first voice, verse 1.

    Raises:
        UnsupportedMedia: If it is not a readable `score-partwise` file.
    """
    import defusedxml.ElementTree
    from defusedxml import DefusedXmlException

    try:
        root = defusedxml.ElementTree.fromstring(data)
    except (defusedxml.ElementTree.ParseError, DefusedXmlException, ValueError, LookupError) as exc:
        raise UnsupportedMedia(f"The MusicXML file cannot be read ({exc}); export it again.", param="score") from exc
    parts = root.findall("part")
    if root.tag != "score-partwise":
        raise UnsupportedMedia(f"The MusicXML file is a '{root.tag[:40]}'; export it as score-partwise.", param="score")
    if not parts:
        return []
    part = next((part for part in parts if part.find(".//lyric") is not None), parts[0])
    try:
        return _joined_ties(_Reader().read(part))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as exc:
        raise UnsupportedMedia(f"The MusicXML file has a broken note ({exc}); export it again.", param="score") from exc


class _Reader:
    """Tempo and divisions as they stand at a place of the score."""

    def __init__(self) -> None:
        self._divisions = 1.0
        self._tempo = DEFAULT_TEMPO
        self._voice: str | None = None

    def read(self, part: Any) -> list[tuple[ScoreNote, bool]]:
        """Return the notes, each with whether it is tied to the one before."""
        notes = []
        for element in (element for measure in part.findall("measure") for element in measure):
            self._follow(element)
            if element.tag == "note" and (note := self._note(element)):
                notes.append(note)
        return notes

    def _follow(self, element: Any) -> None:
        self._divisions = float(element.findtext("divisions") or self._divisions)
        sound = element if element.tag == "sound" else element.find("sound")
        if sound is not None and sound.get("tempo"):
            self._tempo = float(sound.get("tempo"))
        elif element.tag == "direction" and (mark := element.find("direction-type/metronome")) is not None:
            quarters = {"half": 2.0, "quarter": 1.0, "eighth": 0.5}.get(mark.findtext("beat-unit") or "quarter", 1.0)
            dotted = 1.5 if mark.find("beat-unit-dot") is not None else 1.0
            self._tempo = float(mark.findtext("per-minute") or self._tempo / quarters / dotted) * quarters * dotted

    def _note(self, element: Any) -> tuple[ScoreNote, bool] | None:
        voice = element.findtext("voice") or "1"
        self._voice = self._voice or voice
        if voice != self._voice or element.find("chord") is not None or element.find("grace") is not None:
            return None
        duration_s = float(element.findtext("duration")) / self._divisions * 60 / self._tempo
        if element.find("rest") is not None:
            return ScoreNote(None, duration_s), False
        lyric = element.find("lyric")
        syllable = lyric.findtext("text") if lyric is not None else None
        ends = syllable is None or lyric.findtext("syllabic") in (None, "single", "end")
        tied = any(tie.get("type") == "stop" for tie in element.findall("tie"))
        return ScoreNote(_pitch(element.find("pitch")), duration_s, syllable, ends), tied


def _pitch(element: Any) -> int:
    step, octave = element.findtext("step"), element.findtext("octave")
    return 12 * (int(octave) + 1) + _SEMITONES[step] + round(float(element.findtext("alter") or 0))


def _joined_ties(notes: list[tuple[ScoreNote, bool]]) -> list[ScoreNote]:
    joined: list[ScoreNote] = []
    for note, tied in notes:
        if tied and joined and joined[-1].pitch == note.pitch:
            joined[-1] = replace(joined[-1], duration_s=joined[-1].duration_s + note.duration_s)
        else:
            joined.append(note)
    return [note for note in joined if note.duration_s > 0]
