"""Mixtures of two voices: endless random ones to learn from, fixed ones to measure with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import lfilter

from training.separation.voices import SAMPLE_RATE, Voice

LEVEL_DB = 2.5  # either voice is up to so much louder or softer than the same
SPEEDS = (0.86, 0.93, 1.0, 1.07, 1.15)  # pitch and formants move with it: other people's voices
TILT = 0.375  # largest coefficient of the random second-order filters (Valin, "RNNoise", arXiv 1709.08243)

Voices = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Mixture:
    """Two voices and who they are; the mixture is their sum."""

    names: tuple[str, str]
    sources: NDArray[np.float32]
    """Shape `(2, samples)`."""


class RandomMixtures:
    """Draw mixtures of two different people, with other speeds, filters and levels every time."""

    def __init__(self, voices: Sequence[Voice], samples: Voices, duration_s: float, seed: int) -> None:
        self._voices = voices
        self._samples = samples
        self._length = int(duration_s * SAMPLE_RATE)
        self._rng = np.random.default_rng(seed)
        weights = np.sqrt([len(samples[voice.name]) for voice in voices])
        self._weights = weights / weights.sum()

    def batch(self, size: int) -> NDArray[np.float32]:
        """Return sources, shape `(size, 2, samples)`."""
        return np.stack([self._pair() for _ in range(size)])

    def _pair(self) -> NDArray[np.float32]:
        while True:
            first, second = self._rng.choice(len(self._voices), 2, replace=False, p=self._weights)
            if are_different_people(self._voices[first], self._voices[second]):
                return np.stack([self._segment(self._voices[first]), self._segment(self._voices[second])])

    def _segment(self, voice: Voice) -> NDArray[np.float32]:
        speed = self._rng.choice(SPEEDS)
        source = self._samples[voice.name]
        needed = int(self._length * speed) + 1
        if len(source) < needed:
            source = np.tile(source, -(-needed // len(source)))
        start = self._rng.integers(0, len(source) - needed + 1)
        segment = source[start : start + needed].astype(np.float32)
        if speed != 1.0:
            segment = soxr.resample(segment, SAMPLE_RATE * speed, SAMPLE_RATE, quality="LQ")
        segment = np.pad(segment[: self._length], (0, max(self._length - len(segment), 0)))
        numerator, denominator = self._rng.uniform(-TILT, TILT, (2, 2))
        filtered = lfilter([1, *numerator], [1, *denominator], segment)
        return at_level(filtered, self._rng.uniform(-LEVEL_DB, LEVEL_DB))


def at_level(samples: NDArray[np.floating], level_db: float) -> NDArray[np.float32]:
    """Bring samples of any shape to an RMS of 0.1 and `level_db` above."""
    rms = np.sqrt(np.mean(np.square(samples))) + 1e-6
    return np.asarray(samples / rms * 0.1 * 10 ** (level_db / 20), np.float32)


def are_different_people(one: Voice, other: Voice) -> bool:
    """Tell whether two voices are certainly not one person."""
    return one.name != other.name and (not one.person or one.person != other.person)


def fixed_mixtures(
    voices: Sequence[Voice], samples: Voices, per_pair: int, duration_s: float, seed: int = 11
) -> list[Mixture]:
    """Mix every two voices `per_pair` times, the same way at every call, without speeds or filters."""
    rng = np.random.default_rng(seed)
    length = int(duration_s * SAMPLE_RATE)
    mixtures = []
    for one, other in combinations(voices, 2):
        for _ in range(per_pair):
            parts = []
            for voice in (one, other):
                source = samples[voice.name]
                start = rng.integers(0, len(source) - length + 1)
                parts.append(at_level(source[start : start + length], rng.uniform(-LEVEL_DB, LEVEL_DB)))
            mixtures.append(Mixture((one.name, other.name), np.stack(parts)))
    return mixtures
