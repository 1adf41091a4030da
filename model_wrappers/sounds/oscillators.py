"""What synthesised sounds are made of: tones, noises, pulses and struck bodies."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_wrappers.sounds.soundfont import SAMPLE_RATE

Samples = NDArray[np.float64]  # shape `(samples,)`, at `SAMPLE_RATE`

QUIET_S = 7.0  # time constants after which a struck body is silent


def tone(frequency: Samples | float, samples: int, partials: Sequence[float] = (1.0,)) -> Samples:
    """Return a tone whose partials have the amplitudes given.

    Args:
        frequency: Hz, for the whole or at every sample.
        samples: Length.
        partials: Amplitude of the fundamental and of each further harmonic; those past 18 kHz are left out.
    """
    pitch = np.broadcast_to(np.asarray(frequency, np.float64), samples)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    heard = [(k, amplitude) for k, amplitude in enumerate(partials, 1) if k * pitch.max() < 18_000]
    return np.asarray(sum(amplitude * np.sin(k * phase) for k, amplitude in heard), np.float64)


def noise(
    samples: int, rng: np.random.Generator, low_hz: float = 20.0, high_hz: float = 18_000.0, slope: float = 0.0
) -> Samples:
    """Return noise of RMS 1 within a band, its level falling by `slope` times 3 dB an octave."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    frequencies = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    band = 1 / (1 + (low_hz / np.maximum(frequencies, 1e-3)) ** 6) / (1 + (frequencies / high_hz) ** 6)
    shaped = np.fft.irfft(spectrum * band * np.maximum(frequencies, 20.0) ** (-slope / 2), samples)
    return np.asarray(shaped / max(float(shaped.std()), 1e-12))


def wandering(samples: int, rng: np.random.Generator, rate_hz: float) -> Samples:
    """Return a smooth random line between about -1 and 1 that changes `rate_hz` times a second."""
    count = max(4, int(samples / SAMPLE_RATE * rate_hz) + 4)
    places = np.linspace(0, samples, count)
    from scipy.interpolate import CubicSpline

    return np.asarray(np.tanh(CubicSpline(places, rng.standard_normal(count) * 0.6)(np.arange(samples))))


def random_onsets(samples: int, rng: np.random.Generator, rate_hz: float) -> NDArray[np.int64]:
    """Return the moments of independent events, `rate_hz` a second on average, in samples."""
    return np.sort(rng.integers(0, samples, max(1, rng.poisson(rate_hz * samples / SAMPLE_RATE))))


def regular_onsets(samples: int, rng: np.random.Generator, rate_hz: float, unevenness: float) -> NDArray[np.int64]:
    """Return the moments of a rhythm that wavers by a share of its interval, in samples."""
    interval = SAMPLE_RATE / rate_hz
    onsets = np.cumsum(interval * (1 + unevenness * rng.uniform(-1, 1, int(samples / interval) + 1))) - 0.9 * interval
    return np.asarray(onsets[(onsets >= 0) & (onsets < samples)], np.int64)


def struck(frequencies: Sequence[float], decay_s: float, rng: np.random.Generator, knock: float = 0.3) -> Samples:
    """Return a body hit once: its modes die away, the higher the sooner.

    Args:
        frequencies: Hz of the modes.
        decay_s: Time constant of the lowest mode.
        rng: Decides strengths and phases.
        knock: Share of the noise of the hit itself.
    """
    lowest = min(frequencies)
    time_s = np.arange(int(QUIET_S * decay_s * SAMPLE_RATE) + 1) / SAMPLE_RATE
    ringing = sum(
        rng.uniform(0.4, 1.0)
        * np.sin(2 * np.pi * frequency * time_s + rng.uniform(0, 2 * np.pi))
        * np.exp(-time_s / (decay_s * (lowest / frequency) ** 0.7))
        for frequency in frequencies
    )
    hit = noise(len(time_s), rng, lowest, 12_000.0) * np.exp(-time_s / 0.003)
    onset = np.minimum(1.0, time_s / 0.0005)
    return np.asarray(onset * (ringing / np.sqrt(len(frequencies)) + knock * hit))


def placed(sounds: Sequence[Samples], onsets: Sequence[int] | NDArray[np.int64], samples: int) -> Samples:
    """Return sounds added up at their moments, cut at the end."""
    mixed = np.zeros(samples)
    for sound, onset in zip(sounds, onsets, strict=True):
        part = sound[: samples - onset]
        mixed[onset : onset + len(part)] += part
    return mixed


def resonant(sound: Samples, bands: Sequence[tuple[float, float, float]]) -> Samples:
    """Return a sound through resonances, each `(Hz, width in Hz, gain)`, added up."""
    from scipy.signal import iirpeak, lfilter

    return np.asarray(sum(gain * lfilter(*iirpeak(f, f / width, fs=SAMPLE_RATE), sound) for f, width, gain in bands))


def engine(
    firing_hz: Samples | float, samples: int, rng: np.random.Generator, cylinders: int = 4, brightness: float = 0.3
) -> Samples:
    """Return a combustion engine: a burst of gas a firing, each cylinder with its own strength, through an exhaust."""
    pitch = np.broadcast_to(np.asarray(firing_hz, np.float64), samples)
    cycles = np.cumsum(pitch) / SAMPLE_RATE
    within = cycles % 1.0
    own = np.tile(rng.uniform(0.6, 1.0, cylinders), int(cycles[-1]) // cylinders + 2)
    bursts = own[cycles.astype(int)] * np.exp(-within * 4) * (1 + 0.35 * noise(samples, rng, 40, 2_500, 1.0))
    exhaust = resonant(bursts - bursts.mean(), [(70, 90, 1.0), (160, 160, 0.8), (420, 400, 0.4), (1_100, 1_000, 0.15)])
    valves = noise(samples, rng, 400, 7_000, 0.7) * (0.4 + np.exp(-within * 3))
    return np.asarray(exhaust / exhaust.std() + brightness * valves)
