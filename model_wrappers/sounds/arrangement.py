"""From catalogue entries to one sound: takes, loops, rhythms, repetitions and layers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio, convert_channels
from model_wrappers.sounds.catalogue import CatalogueEntry, SoundFontVoice
from model_wrappers.sounds.opensfx import read_opensfx
from model_wrappers.sounds.soundfont import SAMPLE_RATE, Note, Program, render_notes
from model_wrappers.sounds.synthesis import SYNTHESES

LOOP_S = 8.0  # length of a sound that could go on for ever, where none is asked for
LONGEST_NATURAL_S = 15.0
HELD_S, RING_S = 3.0, 1.5  # of a single synthesised note
CROSS_FADE_S = 0.25
PAUSE_S = (0.5, 1.5)  # between repetitions of a sound that does not loop
UNEVENNESS = 0.08  # of a rhythm, as a share of its interval
FADE_IN_S, FADE_OUT_S = 0.005, 0.05
LOUDNESS = 0.1  # RMS while something sounds
PEAK = 0.9
SILENCE = 0.003  # share of the peak below which the ends of a take are cut, -50 dB

Waveform = NDArray[np.float32]  # shape `(2, samples)`, at `SAMPLE_RATE`


def render_entry(entry: CatalogueEntry, duration_s: float | None, rng: np.random.Generator) -> Waveform:
    """Make an entry last for a duration, or as long as suits it, shape `(2, samples)` at `SAMPLE_RATE`.

    Args:
        entry: What to play; its files must be installed.
        duration_s: Seconds, or None for the sound's own length.
        rng: Chooses takes and pauses.
    """
    if entry.soundfont is not None and entry.loop:
        sound = _play_voice(entry.soundfont, duration_s or LOOP_S, 0.0)
    elif entry.synthesis is not None and entry.loop:
        sound = _synthesise(entry.synthesis, duration_s or LOOP_S, rng)
    else:
        sound = _fill(entry, [_trimmed(take) for take in _read_takes(entry, rng)], duration_s, rng)
    return fade(level(sound))


def _fill(entry: CatalogueEntry, takes: list[Waveform], duration_s: float | None, rng: np.random.Generator) -> Waveform:
    longest = round((duration_s or LONGEST_NATURAL_S) * SAMPLE_RATE)
    if entry.loop:
        return loop(_chain(takes, rng), round((duration_s or LOOP_S) * SAMPLE_RATE))
    if entry.interval_s is not None:
        return _rhythm(takes, entry.interval_s, round((duration_s or LOOP_S) * SAMPLE_RATE), rng)
    if duration_s is None:
        return takes[0][:, :longest]
    return _repeat(takes, longest, rng)


def _read_takes(entry: CatalogueEntry, rng: np.random.Generator) -> list[Waveform]:
    if entry.synthesis is not None:
        return [_synthesise(entry.synthesis, HELD_S + RING_S, rng)]
    if entry.soundfont is not None:
        return [_play_voice(entry.soundfont, HELD_S, RING_S)]
    files = [read_opensfx()[entry.opensfx].data] if entry.opensfx else [path.read_bytes() for path in entry.files]
    decoded = [Audio.decode(data, sample_rate=SAMPLE_RATE).waveform for data in files]
    return [convert_channels(take, 2) if take.shape[0] <= 2 else take[:2] for take in decoded]


def _synthesise(name: str, duration_s: float, rng: np.random.Generator) -> Waveform:
    return convert_channels(SYNTHESES[name](round(duration_s * SAMPLE_RATE), rng).astype(np.float32)[None], 2)


def _play_voice(voice: SoundFontVoice, held_s: float, ring_s: float) -> Waveform:
    note = Note(0.0, held_s, voice.key, 110)
    return render_notes(voice.file, {0: Program(voice.bank, voice.program)}, [note], held_s + ring_s)


def _trimmed(take: Waveform) -> Waveform:
    loud = np.flatnonzero(np.abs(take).max(axis=0) > SILENCE * np.abs(take).max())
    return take[:, loud[0] : loud[-1] + 1] if loud.size else take


def _chain(takes: list[Waveform], rng: np.random.Generator) -> Waveform:
    chained = takes[0]
    for index in rng.permutation(np.arange(1, len(takes))):
        chained = cross_fade(chained, takes[index])
    return chained


def cross_fade(first: Waveform, second: Waveform) -> Waveform:
    """Join two sounds with equal power over `CROSS_FADE_S`, or a quarter of the shorter one."""
    overlap = min(round(CROSS_FADE_S * SAMPLE_RATE), first.shape[1] // 4, second.shape[1] // 4)
    phase = np.linspace(0, np.pi / 2, overlap, dtype=np.float32)
    middle = first[:, first.shape[1] - overlap :] * np.cos(phase) + second[:, :overlap] * np.sin(phase)
    return np.concatenate([first[:, : first.shape[1] - overlap], middle, second[:, overlap:]], axis=1)


def loop(sound: Waveform, samples: int) -> Waveform:
    """Repeat a sound without a seam until it has the given length."""
    looped = sound
    while looped.shape[1] < samples:
        looped = cross_fade(looped, sound)
    return looped[:, :samples]


def _rhythm(takes: list[Waveform], interval_s: float, samples: int, rng: np.random.Generator) -> Waveform:
    mixed = np.zeros((2, samples), np.float32)
    onset_s = 0.0
    while onset_s * SAMPLE_RATE < samples:
        _add(mixed, takes[rng.integers(len(takes))], round(onset_s * SAMPLE_RATE))
        onset_s += interval_s * (1 + rng.uniform(-UNEVENNESS, UNEVENNESS))
    return mixed


def _repeat(takes: list[Waveform], samples: int, rng: np.random.Generator) -> Waveform:
    mixed = np.zeros((2, samples), np.float32)
    first = 0
    while first < samples:
        take = takes[rng.integers(len(takes))]
        _add(mixed, take, first)
        first += take.shape[1] + round(rng.uniform(*PAUSE_S) * SAMPLE_RATE)
    return mixed


def _add(mixed: Waveform, sound: Waveform, first: int) -> None:
    part = sound[:, : mixed.shape[1] - first]
    mixed[:, first : first + part.shape[1]] += part


def level(sound: Waveform) -> Waveform:
    """Bring a sound to `LOUDNESS` where it sounds, and at most to `PEAK`."""
    peak = float(np.abs(sound).max())
    if peak == 0:
        return sound
    power = (sound**2).mean(axis=0)
    active = power[np.abs(sound).max(axis=0) > 0.05 * peak]
    gain = min(LOUDNESS / float(np.sqrt(active.mean())), PEAK / peak)
    return np.asarray(sound * gain, np.float32)


def fade(sound: Waveform) -> Waveform:
    """Take the clicks off both ends."""
    rise = min(round(FADE_IN_S * SAMPLE_RATE), sound.shape[1] // 2)
    fall = min(round(FADE_OUT_S * SAMPLE_RATE), sound.shape[1] // 2)
    shaped = sound.copy()
    shaped[:, :rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    shaped[:, shaped.shape[1] - fall :] *= np.linspace(1, 0, fall, dtype=np.float32)
    return shaped


def layer(sounds: Sequence[tuple[Waveform, float]]) -> Waveform:
    """Add sounds that begin together, each with its gain in dB, and keep below full scale."""
    mixed = np.zeros((2, max(sound.shape[1] for sound, _ in sounds)), np.float32)
    for sound, gain_db in sounds:
        _add(mixed, sound * np.float32(10 ** (gain_db / 20)), 0)
    return np.asarray(mixed * min(1.0, PEAK / max(float(np.abs(mixed).max()), 1e-9)), np.float32)
