"""The pitch of a sung note, by the level of its harmonics over that between them."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

SAMPLE_RATE = 16_000  # Hz
FLOOR_HZ, CEILING_HZ = 80.0, 1_000.0
HOP_S = 0.005
WINDOW = 1_536  # samples, 96 ms: ten periods of the lowest note the singer has
SMOOTHED = 9  # frames averaged, 45 ms: noise evens out, harmonics stay
BINS = 4_096  # of the transform; 3.9 Hz apart
HARMONICS = 8
HIGHEST_HZ = 5_000.0  # harmonics above it say little of a voice
RANGE_DB = 50.0  # below the loudest bin of a frame nothing is told apart
STEP_CENTS = 10.0  # between candidates; the best is refined by a parabola
LEAST_CONTRAST_DB = 5.0  # a stretch with less has no pitch; even a whispered vowel of the singer has 9
CANDIDATES_HZ = FLOOR_HZ * 2 ** (np.arange(0.0, 1_200 * np.log2(CEILING_HZ / FLOOR_HZ), STEP_CENTS) / 1_200)

Floats = NDArray[np.float64]


def contrasts(waveform: NDArray[np.float32]) -> Floats:
    """Return how far, in dB, the harmonics of each candidate rise over what lies between them, every `HOP_S`.

    Of a pitch an octave too low, every other harmonic lies where the true one has only noise; of one too high, every
    other true harmonic lies where it should have none. Octaves are so told apart by all harmonics together, not by the
    lowest, which a breathy voice drowns in noise.

    Args:
        waveform: Samples at `SAMPLE_RATE`, shape `(samples,)`.

    Returns:
        Shape `(frames, candidates)`.

    Source: the idea is that of A. Camacho, J. G. Harris, "A sawtooth waveform inspired pitch estimator for speech and
        music", JASA 124 (2008), on levels in dB.
    """
    padded = np.pad(waveform.astype(np.float64), WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[:: round(HOP_S * SAMPLE_RATE)]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), BINS)) ** 2
    power = uniform_filter1d(power, SMOOTHED, axis=0, mode="nearest")
    loudest = np.maximum(power.max(axis=1, keepdims=True), 1e-12)
    level_db = 10 * np.log10(np.maximum(power / loudest, 10 ** (-RANGE_DB / 10)))
    combs = _combs()
    return np.asarray(level_db[:, : combs.shape[1]] @ combs.T)


def steady_pitch(contrast: Floats) -> float | None:
    """Return the pitch in Hz of a stretch of `contrasts` in which it does not change, None if it has none."""
    if not len(contrast):
        return None
    mean = contrast.mean(axis=0)
    best = int(mean.argmax())
    if mean[best] < LEAST_CONTRAST_DB:
        return None
    return float(CANDIDATES_HZ[best] * 2 ** (_peak_offset(mean, best) * STEP_CENTS / 1_200))


@lru_cache(1)
def _combs() -> Floats:
    """Return the weights of the bins for each candidate, shape `(candidates, bins)`.

    Multiples of a candidate count for it and what lies half way to either side of them against it, the lower the more.
    """
    step_hz = SAMPLE_RATE / BINS
    combs = np.zeros((len(CANDIDATES_HZ), int((HIGHEST_HZ + CEILING_HZ / 2) / step_hz) + 2))
    for comb, candidate in zip(combs, CANDIDATES_HZ, strict=True):
        multiples = np.arange(1, HARMONICS + 1)
        multiples = multiples[multiples * candidate <= HIGHEST_HZ]
        weights = multiples**-0.75 / (multiples**-0.75).sum()
        for shift, share in ((0.0, 1.0), (-0.5, -0.5), (0.5, -0.5)):
            place = (multiples + shift) * candidate / step_hz
            before = place.astype(int)
            np.add.at(comb, before, share * weights * (1 - place + before))
            np.add.at(comb, before + 1, share * weights * (place - before))
    return combs


def _peak_offset(mean: Floats, best: int) -> float:
    """Return where between -0.5 and 0.5 steps of the best candidate the peak lies."""
    if not 0 < best < len(mean) - 1:
        return 0.0
    left, peak, right = mean[best - 1 : best + 2]
    curve = left - 2 * peak + right
    return float(np.clip((left - right) / (2 * curve), -0.5, 0.5)) if curve < 0 else 0.0
