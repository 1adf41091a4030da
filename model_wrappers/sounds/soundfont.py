"""Notes and effects of SoundFonts, played by FluidSynth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import ModelUnavailable

SAMPLE_RATE = 44_100  # Hz
GM_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")  # Debian package fluid-soundfont-gm
GS_FONT = Path("/usr/share/sounds/sf2/FluidR3_GS.sf2")  # Debian package fluid-soundfont-gs
GAIN = 0.5  # leaves room for about twenty loud notes at once
DRUM_CHANNEL = 9  # of General MIDI, counted from 0
DRUM_BANK = 128


@dataclass(frozen=True)
class Program:
    """An instrument of a SoundFont."""

    bank: int
    number: int


@dataclass(frozen=True)
class Note:
    """One note; on the drum channel the key is the drum."""

    onset_s: float
    duration_s: float
    key: int
    velocity: int
    channel: int = 0


def render_notes(
    font: Path, programs: Mapping[int, Program], notes: Sequence[Note], duration_s: float
) -> NDArray[np.float32]:
    """Play notes on the given channels' programs.

    Every call has a synthesizer of its own that reads only the samples it plays, so calls neither wait for nor hear
    each other.

    Args:
        font: SoundFont file.
        programs: Instrument by channel.
        notes: In any order.
        duration_s: Length of the result; notes ring until there.

    Returns:
        Samples at `SAMPLE_RATE`, shape `(2, samples)`.

    Raises:
        ModelUnavailable: If the library or the font is missing, or the font lacks a program.
    """
    synth, font_id = _open(font)
    try:
        for channel, program in programs.items():
            if synth.program_select(channel, font_id, program.bank, program.number) != 0:
                raise ModelUnavailable(f"'{font}' has no program {program.number} in bank {program.bank}.")
        return _play(synth, notes, round(duration_s * SAMPLE_RATE))
    finally:
        synth.delete()


def _open(font: Path) -> tuple[Any, int]:
    try:
        import fluidsynth
    except ImportError as exc:
        raise ModelUnavailable(
            f"FluidSynth cannot be loaded ({exc}); install pyfluidsynth==1.4.0 and the Debian package libfluidsynth3."
        ) from exc
    if not font.is_file():
        raise ModelUnavailable(
            f"'{font}' is missing; install the Debian packages fluid-soundfont-gm and fluid-soundfont-gs."
        )
    synth = fluidsynth.Synth(gain=GAIN, samplerate=float(SAMPLE_RATE), **{"synth.dynamic-sample-loading": 1})
    return synth, synth.sfload(str(font))


def _play(synth: Any, notes: Sequence[Note], samples: int) -> NDArray[np.float32]:
    starts = [(round(note.onset_s * SAMPLE_RATE), 1, note) for note in notes]
    ends = [(round((note.onset_s + note.duration_s) * SAMPLE_RATE), 0, note) for note in notes]
    parts, played = [], 0
    for moment, is_start, note in sorted(starts + ends, key=lambda event: event[:2]):
        until = min(moment, samples)
        if until > played:
            parts.append(synth.get_samples(until - played))
            played = until
        if is_start:
            synth.noteon(note.channel, note.key, note.velocity)
        else:
            synth.noteoff(note.channel, note.key)
    if samples > played:
        parts.append(synth.get_samples(samples - played))
    interleaved = np.concatenate(parts).astype(np.float32) / 2**15
    return np.ascontiguousarray(interleaved.reshape(-1, 2).T)
