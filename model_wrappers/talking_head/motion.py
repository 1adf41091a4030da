"""Plan how a face moves while it speaks: from the sound alone, and the same for the same sound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ANALYSIS_RATE = 16_000  # Hz
WINDOW_S = 0.04
VOICE_HZ = (150.0, 3_500.0)  # what an open mouth lets out; sibilants lie above
OPEN_HZ, CLOSED_HZ = (550.0, 1_100.0), (150.0, 450.0)  # first formant of "a" against that of "i" and "u"
SPREAD_HZ, ROUND_HZ = (1_800.0, 2_800.0), (700.0, 1_300.0)  # second formant of "i" against that of "o" and "u"
SIBILANT_HZ = (4_500.0, 7_900.0)
LOUD_PERCENTILE = 92
RANGE_DB = 35.0  # below the loud parts the mouth is closed
SMOOTHING_S = 0.035  # a lip cannot move faster
BLINK_S = 0.24
BLINK_EVERY_S = (2.2, 5.0)
SWAY_HZ = (0.13, 0.19, 0.29)
SEED = 3


@dataclass(frozen=True)
class Motion:
    """One value a film frame; arrays of shape `(frames,)`."""

    opening: NDArray[np.float64]
    """How far the mouth is open, 0 to 1."""
    spread: NDArray[np.float64]
    """From -1, lips rounded as in "oo", to 1, drawn apart as in "ee"."""
    blink: NDArray[np.float64]
    """How far the eyes are closed, 0 to 1."""
    shift: NDArray[np.float64]
    """Where the head is, in face heights, right and down; shape `(frames, 2)`."""
    roll: NDArray[np.float64]
    """How far the head is tilted, in radians."""


def plan_motion(samples: NDArray[np.float32], frame_rate: int, frames: int) -> Motion:
    """Plan a film from speech.

    Args:
        samples: Mono at `ANALYSIS_RATE`, shape `(samples,)`.
        frame_rate: Frames a second.
        frames: Length of the film.
    """
    from scipy.ndimage import gaussian_filter1d

    times = (np.arange(frames) + 0.5) / frame_rate
    levels = _band_levels(samples, times)
    loudness = _relative_loudness(levels["voice"])
    openness = _tilt(levels["open"], levels["closed"])
    sibilance = _tilt(levels["sibilant"], levels["voice"])
    smoothing = SMOOTHING_S * frame_rate
    opening = loudness * (0.8 + 0.2 * openness) * (1 - 0.7 * np.maximum(sibilance, 0))
    spread = loudness * np.clip(_tilt(levels["spread"], levels["round"]) + 0.6, -1, 1)
    emphasis = gaussian_filter1d(loudness, 0.25 * frame_rate)
    sway = np.stack([_sway(times, phase) for phase in (0.0, 2.1, 4.4)])
    return Motion(
        opening=np.clip(gaussian_filter1d(opening, smoothing), 0, 1),
        spread=gaussian_filter1d(spread, 2 * smoothing),
        blink=_blinks(times),
        shift=np.stack([0.02 * sway[0], 0.01 * sway[1] + 0.02 * emphasis], axis=1),
        roll=np.radians(1.6) * sway[2],
    )


def _band_levels(samples: NDArray[np.float32], times: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return the power in each band around each time."""
    length = round(WINDOW_S * ANALYSIS_RATE)
    padded = np.pad(samples, length)
    starts = np.clip(np.round(times * ANALYSIS_RATE).astype(int) + length // 2, 0, len(padded) - length)
    frequencies = np.fft.rfftfreq(length, 1 / ANALYSIS_RATE)
    bands = {
        "voice": VOICE_HZ,
        "open": OPEN_HZ,
        "closed": CLOSED_HZ,
        "spread": SPREAD_HZ,
        "round": ROUND_HZ,
        "sibilant": SIBILANT_HZ,
    }
    masks = np.stack([(frequencies >= low) & (frequencies < high) for low, high in bands.values()], axis=1)
    window = np.hanning(length).astype(np.float32)
    powers = np.stack([np.abs(np.fft.rfft(padded[s : s + length] * window)) ** 2 @ masks for s in starts])
    return dict(zip(bands, powers.T / length**2, strict=True))


def _relative_loudness(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return loudness (the cube root of power) from 0, silence, to about 1, the loud parts of this recording."""
    reference = float(np.percentile(power, LOUD_PERCENTILE))
    if reference <= 0:
        return np.zeros_like(power)
    least = 10 ** (-RANGE_DB / 30)
    loudness = (np.cbrt(power / reference) - least) / (1 - least)
    return np.asarray(np.clip(loudness, 0, 1.1))


def _tilt(power: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return from -1 to 1 how much one band outweighs another; 20 dB is all."""
    decibels = 10 * np.log10((power + 1e-12) / (other + 1e-12))
    return np.asarray(np.clip(decibels / 20, -1, 1))


def _sway(times: NDArray[np.float64], phase: float) -> NDArray[np.float64]:
    """Return a slow wandering between -1 and 1."""
    waves = [np.sin(2 * np.pi * rate * times + phase * (k + 1)) for k, rate in enumerate(SWAY_HZ)]
    return np.asarray(np.mean(waves, axis=0))


def _blinks(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Close the eyes now and then; closing takes a third of a blink, opening the rest."""
    random = np.random.default_rng(SEED)
    closed = np.zeros_like(times)
    start = random.uniform(0.8, 1.6)
    while start < times[-1]:
        phase = (times - start) / BLINK_S
        closing = np.clip(np.minimum(phase * 3, (1 - phase) * 1.5), 0, 1)
        closed = np.maximum(closed, closing * closing * (3 - 2 * closing))
        start += random.uniform(*BLINK_EVERY_S)
    return closed
