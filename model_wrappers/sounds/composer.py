"""A rule-based composer: style and seed to notes for melody, chords, bass and drums."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_wrappers.sounds.music_styles import SCALES, Style
from model_wrappers.sounds.soundfont import DRUM_BANK, DRUM_CHANNEL, GM_FONT, Note, Program, render_notes

DEFAULT_DURATION_S = 20.0
RING_S = 2.0  # the last chord's, inside the duration
PHRASE_BARS = 4
MELODY, HARMONY, BASS = 0, 1, 2  # channels
MELODY_ROOT, CHORD_ROOT, BASS_ROOT = 72, 55, 36  # MIDI keys around which the parts lie
KICK, SNARE, SIDE_STICK, CLOSED_HAT, OPEN_HAT, RIDE, CRASH = 36, 38, 37, 42, 46, 51, 49  # General MIDI drums

# Per style a list of (drum, places in half beats of a 4/4 bar, velocity).
DRUM_PATTERNS: dict[str, tuple[tuple[int, tuple[int, ...], int], ...]] = {
    "pop": ((KICK, (0, 4), 100), (SNARE, (2, 6), 90), (CLOSED_HAT, tuple(range(8)), 55)),
    "rock": ((KICK, (0, 3, 4), 115), (SNARE, (2, 6), 110), (CLOSED_HAT, tuple(range(8)), 75), (CRASH, (0,), 60)),
    "swing": ((RIDE, (0, 2, 3, 4, 6, 7), 60), (CLOSED_HAT, (2, 6), 50), (KICK, (0, 4), 50)),
    "techno": ((KICK, (0, 2, 4, 6), 115), (OPEN_HAT, (1, 3, 5, 7), 65), (SNARE, (2, 6), 70)),
    "hiphop": ((KICK, (0, 3, 5), 110), (SNARE, (2, 6), 100), (CLOSED_HAT, tuple(range(8)), 50)),
    "march": ((SNARE, (0, 2, 3, 4, 6, 7), 70), (KICK, (0, 4), 95)),
    "reggae": ((KICK, (4,), 105), (SIDE_STICK, (4,), 90), (CLOSED_HAT, (1, 3, 5, 7), 60)),
    "timpani": ((KICK, (0, 4), 120), (41, (0, 6, 7), 100), (CRASH, (0,), 50)),
}


@dataclass(frozen=True)
class Piece:
    """A composition, ready to be played."""

    style: Style
    notes: tuple[Note, ...]
    duration_s: float

    def render(self) -> NDArray[np.float32]:
        """Return the sound, shape `(2, samples)` at the SoundFont's rate."""
        programs = {MELODY: Program(0, self.style.melody), HARMONY: Program(0, self.style.harmony)}
        programs[BASS] = Program(0, self.style.bass or 0)
        programs[DRUM_CHANNEL] = Program(DRUM_BANK, 0)
        return render_notes(GM_FONT, programs, self.notes, self.duration_s)


def compose(style: Style, duration_s: float, seed: int) -> Piece:
    """Write a piece of whole bars that ends on its tonic chord.

    Args:
        style: Scale, tempo, instruments and manner.
        duration_s: Length in seconds; the tempo gives way by as much as the bars need to come out even.
        seed: Decides rhythm and melody.
    """
    rng = np.random.default_rng(seed)
    playing_s = max(duration_s - RING_S, duration_s / 2)
    bars = max(1, round(playing_s * style.tempo / 60 / style.beats))
    beat_s = playing_s / (bars * style.beats)
    chords = [style.progression[bar % len(style.progression)] for bar in range(bars - 1)] + [0]
    notes = [
        *_melody(style, chords, beat_s, rng),
        *(note for bar, degree in enumerate(chords) for note in _harmony(style, degree, bar, beat_s)),
        *(note for bar, degree in enumerate(chords) for note in _bass(style, degree, bar, beat_s)),
        *(note for bar in range(bars) for note in _drums(style, bar, beat_s)),
        *_ending(style, playing_s, duration_s),
    ]
    return Piece(style, tuple(notes), duration_s)


def scale_key(style: Style, degree: int, near: int) -> int:
    """Return the MIDI key of a scale degree, its octave counted from the tonic nearest to `near`."""
    scale = SCALES[style.scale]
    octave, step = divmod(degree, len(scale))
    tonic = near + (style.tonic - near) % 12
    return (tonic if tonic - near <= 6 else tonic - 12) + 12 * octave + scale[step]


def _melody(style: Style, chords: list[int], beat_s: float, rng: np.random.Generator) -> Iterator[Note]:
    """Repeat one rhythm per phrase; take chord tones on strong beats and steps between, and end on the tonic."""
    slots = 2 * style.beats
    rhythms = [_rhythm(style, slots, rng) for _ in range(PHRASE_BARS)]
    degree = int(rng.choice([0, 2, 4]))
    for bar, root in enumerate(chords):
        onsets = [0] if bar == len(chords) - 1 else rhythms[bar % PHRASE_BARS]
        for slot, following in zip(onsets, [*onsets[1:], slots], strict=True):
            degree += int(rng.choice([-2, -1, -1, 0, 1, 1, 2]))
            degree = min(max(degree, -3), 9)
            if slot % 4 == 0:
                degree = _nearest_chord_tone(degree, root)
            if bar == len(chords) - 1:
                degree = _nearest_tonic(degree)
            begin, end = (bar * style.beats * beat_s + _slot_s(style, place, beat_s) for place in (slot, following))
            velocity = 96 if slot % 4 == 0 else 82
            yield Note(begin, 0.95 * (end - begin), scale_key(style, degree, MELODY_ROOT), velocity, MELODY)


def _rhythm(style: Style, slots: int, rng: np.random.Generator) -> list[int]:
    return [
        slot for slot in range(slots) if slot == 0 or rng.random() < style.density * (1.0 if slot % 2 == 0 else 0.6)
    ]


def _nearest_chord_tone(degree: int, root: int) -> int:
    tones = [root + third + 7 * octave for third in (0, 2, 4) for octave in (-2, -1, 0, 1)]
    return min(tones, key=lambda tone: abs(tone - degree))


def _nearest_tonic(degree: int) -> int:
    return 7 * round(degree / 7)


def _slot_s(style: Style, slot: int, beat_s: float) -> float:
    """Return when a half beat begins; the second half of a beat comes late in swing."""
    beat, second = divmod(slot, 2)
    return (beat + second * style.swing) * beat_s


def _triad(style: Style, degree: int) -> list[int]:
    return [scale_key(style, degree % 7 + third, CHORD_ROOT) for third in (0, 2, 4)]


def _harmony(style: Style, degree: int, bar: int, beat_s: float) -> Iterator[Note]:
    start_s, bar_s, keys = bar * style.beats * beat_s, style.beats * beat_s, _triad(style, degree)
    if style.chords == "arpeggio":
        for slot in range(2 * style.beats):
            key = (keys + keys[1::-1])[slot % 5]
            yield Note(start_s + _slot_s(style, slot, beat_s), beat_s, key, 62, HARMONY)
    elif style.chords in ("offbeat", "waltz"):
        beats = [beat for beat in range(style.beats) if beat % 2 == 1 or (style.chords == "waltz" and beat > 0)]
        for beat in beats:
            yield from (Note(start_s + beat * beat_s, 0.5 * beat_s, key, 66, HARMONY) for key in keys)
    else:
        yield from (Note(start_s, 0.98 * bar_s, key, 60, HARMONY) for key in keys)


def _bass(style: Style, degree: int, bar: int, beat_s: float) -> Iterator[Note]:
    if style.bass is None:
        return
    start_s = bar * style.beats * beat_s
    root, fifth = (scale_key(style, degree % 7 + step, BASS_ROOT) for step in (0, 4))
    half = style.beats // 2 if style.beats % 2 == 0 else style.beats
    for beat in range(0, style.beats, half):
        yield Note(start_s + beat * beat_s, 0.95 * half * beat_s, root if beat == 0 else fifth, 92, BASS)


def _drums(style: Style, bar: int, beat_s: float) -> Iterator[Note]:
    for drum, slots, velocity in DRUM_PATTERNS[style.drums] if style.drums else ():
        if drum == CRASH and bar % PHRASE_BARS:
            continue
        for slot in (slot for slot in slots if slot < 2 * style.beats):
            onset_s = bar * style.beats * beat_s + _slot_s(style, slot, beat_s)
            yield Note(onset_s, 0.1, drum, velocity, DRUM_CHANNEL)


def _ending(style: Style, playing_s: float, duration_s: float) -> Iterator[Note]:
    for key in _triad(style, 0):
        yield Note(playing_s, 0.7 * (duration_s - playing_s), key, 66, HARMONY)
    yield Note(playing_s, 0.7 * (duration_s - playing_s), scale_key(style, 0, MELODY_ROOT), 80, MELODY)
    if style.bass is not None:
        yield Note(playing_s, 0.7 * (duration_s - playing_s), scale_key(style, 0, BASS_ROOT), 86, BASS)
