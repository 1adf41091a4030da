"""Read the sung line of a MIDI file."""

import io
from typing import Any

from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.singing.melody import ScoreNote, in_range

LEAST_REST_S = 0.03  # shorter gaps are how players separate notes
DRUMS = 9  # channel


def read_midi(data: bytes) -> list[ScoreNote]:
    """Return the melody of the track with lyrics, else of the first track with notes.

    A lyric ending in `-` goes on in the next one. Of notes at once the highest is sung, until the next begins.

    Raises:
        UnsupportedMedia: If the file cannot be read.
        InvalidInput: If a note is beyond the voice.
    """
    import mido

    try:
        file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
        tracks = [_Track.of(file, index) for index in range(len(file.tracks))]
    except (OSError, EOFError, ValueError, KeyError, IndexError, UnicodeDecodeError) as exc:
        raise UnsupportedMedia(f"The MIDI file cannot be read ({exc}); export it again.", param="score") from exc
    sung = [track for track in tracks if track.notes]
    if not sung:
        return []
    track = next((track for track in sung if track.lyrics), sung[0])
    lyrics = track.lyrics or next((other.lyrics for other in tracks if other.lyrics), {})
    return _line(track.notes, lyrics)


class _Track:
    """Notes `(start_s, end_s, pitch)` and lyrics by start, of one track."""

    def __init__(self) -> None:
        self.notes: list[tuple[float, float, int]] = []
        self.lyrics: dict[float, str] = {}

    @classmethod
    def of(cls, file: Any, index: int) -> "_Track":
        """Read a track, with the tempo changes of all tracks."""
        import mido

        tempos = sorted(
            (tick, message.tempo)
            for track in file.tracks
            for tick, message in _timed(track)
            if message.type == "set_tempo"
        )
        found = cls()
        sounding: dict[int, float] = {}
        for tick, message in _timed(file.tracks[index]):
            time_s = round(_seconds(tick, tempos, file.ticks_per_beat), 6)
            if message.type == "lyrics":
                found.lyrics[time_s] = message.text
            if isinstance(message, mido.MetaMessage) or message.type not in ("note_on", "note_off"):
                continue
            if message.channel == DRUMS:
                continue
            begun = sounding.pop(message.note, None)
            if begun is not None and time_s > begun:
                found.notes.append((begun, time_s, message.note))
            if message.type == "note_on" and message.velocity:
                sounding[message.note] = time_s
        return found


def _timed(track: Any) -> list[tuple[int, Any]]:
    tick = 0
    timed = []
    for message in track:
        tick += message.time
        timed.append((tick, message))
    return timed


def _seconds(tick: int, tempos: list[tuple[int, int]], ticks_per_beat: int) -> float:
    """Return when a tick is, in seconds; tempos are microseconds a beat."""
    seconds, before, tempo = 0.0, 0, 500_000
    for change, following in tempos:
        if change >= tick:
            break
        seconds += (change - before) * tempo / ticks_per_beat / 1e6
        before, tempo = change, following
    return seconds + (tick - before) * tempo / ticks_per_beat / 1e6


def _line(notes: list[tuple[float, float, int]], lyrics: dict[float, str]) -> list[ScoreNote]:
    """Return one voice: notes and the rests between them."""
    highest = {start: (end, pitch) for start, end, pitch in sorted(notes, key=lambda note: (note[0], note[2]))}
    starts = sorted(highest)
    line: list[ScoreNote] = []
    now_s = 0.0
    for start, following in zip(starts, [*starts[1:], float("inf")], strict=True):
        end, pitch = highest[start]
        if start - now_s >= LEAST_REST_S:
            line.append(ScoreNote(None, start - now_s))
        now_s = following if following - end < LEAST_REST_S else min(end, following)
        text = lyrics.get(start, "").strip()
        syllable = text.rstrip("-") or None
        line.append(
            ScoreNote(in_range(pitch, str(pitch), param="score"), now_s - start, syllable, not text.endswith("-"))
        )
    return line
