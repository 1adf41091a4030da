"""Read the sung line of a MIDI file."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain

from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.singing.melody import ScoreNote
from model_wrappers.singing.midi_events import Track, read_tracks
from model_wrappers.singing.midi_words import Lyric, sung_words, written_words

LEAST_REST_S = 0.03  # shorter gaps are how players separate notes
NEAR_S = 0.05  # a word this near to a note is sung on it
DEFAULT_TEMPO = 500_000  # microseconds a beat
SMPTE = 0x8000  # flag of a division into frames of film instead of beats
MAX_NOTES = 20_000  # of the sung line


def read_midi(data: bytes, alive: Callable[[], None] = lambda: None) -> list[ScoreNote]:
    """Return the melody of the track with lyrics, else of the track with notes where the lyrics are.

    A syllable goes on in the next one if it ends in `-`, or, in a file that writes its spaces, if no space follows. Of
    notes at once the highest is sung, until the next begins.

    Args:
        data: The complete file.
        alive: Called as the work goes on.

    Raises:
        UnsupportedMedia: If the file cannot be read, or its line has too many notes.
    """
    try:
        division, events = read_tracks(data, alive)
    except ValueError as exc:
        raise UnsupportedMedia(f"The MIDI file cannot be read: {exc}. Export it again.", param="score") from exc
    tempo = _Tempo(division, events)
    tracks = [_track(track, tempo, alive) for track in events]
    lyrics = _lyrics(tracks)
    sung = [track for track in tracks if track.notes]
    if not sung:
        return []
    own = [track for track in sung if track.lyrics] or sung
    notes = max(own, key=lambda track: _matches(track, lyrics)).notes
    if len(notes) > MAX_NOTES:
        raise UnsupportedMedia(
            f"The score's sung part has {len(notes):,} notes; at most {MAX_NOTES:,} are allowed.", param="score"
        )
    return _line(notes, lyrics)


@dataclass
class _Track:
    """Notes `(start_s, end_s, pitch)`, and what may be words."""

    notes: list[tuple[float, float, int]] = field(default_factory=list)
    lyrics: list[Lyric] = field(default_factory=list)
    texts: list[Lyric] = field(default_factory=list)


class _Tempo:
    """Seconds at any tick, by the tempo changes of all tracks."""

    def __init__(self, division: int, tracks: list[Track]) -> None:
        division = division or 1
        changes = {0: DEFAULT_TEMPO}
        if division & SMPTE:
            frames, parts = 256 - (division >> 8), division & 0xFF
            changes, division = {0: 1_000_000}, max(1, frames * parts)
        else:
            changes |= dict(sorted(chain.from_iterable(track.tempos for track in tracks)))
        self._ticks = sorted(changes)
        self._s_a_tick = [changes[tick] / division / 1e6 for tick in self._ticks]
        self._starts_s = [0.0]
        for before, after, s_a_tick in zip(self._ticks, self._ticks[1:], self._s_a_tick, strict=False):
            self._starts_s.append(self._starts_s[-1] + (after - before) * s_a_tick)

    def seconds(self, tick: int) -> float:
        """Return when a tick is."""
        place = bisect_right(self._ticks, tick) - 1
        return round(self._starts_s[place] + (tick - self._ticks[place]) * self._s_a_tick[place], 6)


def _track(events: Track, tempo: _Tempo, alive: Callable[[], None]) -> _Track:
    alive()
    found = _Track(
        lyrics=[(tempo.seconds(tick), text) for tick, text in events.lyrics],
        texts=[(tempo.seconds(tick), text) for tick, text in events.texts],
    )
    sounding: dict[int, float] = {}
    for tick, pitch, begins in events.notes:
        time_s = tempo.seconds(tick)
        begun = sounding.pop(pitch, None)
        if begun is not None and time_s > begun:
            found.notes.append((begun, time_s, pitch))
        if begins:
            sounding[pitch] = time_s
    alive()
    return found


def _lyrics(tracks: list[_Track]) -> dict[float, tuple[str, bool]]:
    """Return syllables by their time, each with whether it ends a word: of lyric events, else of a karaoke file."""
    with_notes = sorted(tracks, key=lambda track: not track.notes)
    lyrics = next((track.lyrics for track in with_notes if track.lyrics), None)
    if lyrics is not None:
        return sung_words(lyrics)
    texts = [track.texts for track in tracks if track.texts]
    return next((words for words in map(written_words, texts) if words), {})


def _matches(track: _Track, lyrics: dict[float, tuple[str, bool]]) -> int:
    """Count the syllables that begin with a note of a track."""
    starts = sorted({start for start, _, _ in track.notes})
    return sum(1 for time_s in lyrics if (near := _nearest(starts, time_s)) is not None and near >= 0)


def _nearest(starts: list[float], time_s: float) -> float | None:
    place = bisect_left(starts, time_s)
    near = min(starts[max(0, place - 1) : place + 1], key=lambda start: abs(start - time_s), default=None)
    return near if near is not None and abs(near - time_s) <= NEAR_S else None


def _line(notes: list[tuple[float, float, int]], lyrics: dict[float, tuple[str, bool]]) -> list[ScoreNote]:
    """Return one voice: notes and the rests between them."""
    highest = {start: (end, pitch) for start, end, pitch in sorted(notes, key=lambda note: (note[0], note[2]))}
    starts = sorted(highest)
    sung = {near: word for time_s, word in lyrics.items() if (near := _nearest(starts, time_s)) is not None}
    line: list[ScoreNote] = []
    now_s = 0.0
    for start, following in zip(starts, [*starts[1:], float("inf")], strict=True):
        end, pitch = highest[start]
        if start - now_s >= LEAST_REST_S:
            line.append(ScoreNote(None, start - now_s))
        now_s = following if following - end < LEAST_REST_S else min(end, following)
        syllable, ends_word = sung.get(start, (None, True))
        line.append(ScoreNote(pitch, now_s - start, syllable, ends_word))
    return line
