"""Mixtures of recorded sounds whose events are known, and scores of detected events against them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.sound_sources import SoundSource
from model_wrappers.contract.audio import Audio

SAMPLE_RATE = 16_000  # Hz
SEGMENT_S = 1.0  # as in the DCASE challenges


@dataclass(frozen=True)
class KnownEvent:
    """One source placed in a mixture."""

    source: SoundSource
    onset: float
    offset: float


@dataclass(frozen=True)
class SoundMixture:
    """A sound made of known events over quiet noise."""

    audio: Audio
    events: tuple[KnownEvent, ...]


def place_in_time(
    sources: Sequence[SoundSource], seed: int, duration_s: float = 15.0, noise: float = 0.003
) -> SoundMixture:
    """Spread sources over a recording, each in its own slot with at most one second of overlap.

    Args:
        sources: What to place, in order of time.
        seed: Decides times, levels (-6 to +3 dB) and noise.
        duration_s: Length of the mixture.
        noise: RMS of the white noise underneath; sources have 0.08.
    """
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(int(duration_s * SAMPLE_RATE)).astype(np.float32) * noise
    slot_s = duration_s / len(sources)
    events = []
    for index, source in enumerate(sources):
        sound = source.waveform(SAMPLE_RATE)[: int((slot_s + 1.0) * SAMPLE_RATE)]
        room_s = max(0.15, slot_s - len(sound) / SAMPLE_RATE)
        onset = index * slot_s + rng.uniform(0.1, room_s)
        first = int(onset * SAMPLE_RATE)
        sound = sound[: len(samples) - first]
        samples[first : first + len(sound)] += sound * 10 ** (rng.uniform(-6, 3) / 20)
        events.append(KnownEvent(source, onset, onset + len(sound) / SAMPLE_RATE))
    return SoundMixture(Audio(samples[None], SAMPLE_RATE), tuple(events))


def random_mixtures(sources: Sequence[SoundSource], count: int, events: int = 4) -> list[SoundMixture]:
    """Return mixtures of `events` different sources each, the same ones at every call."""
    rng = np.random.default_rng(1)
    choices = [rng.permutation(len(sources))[:events] for _ in range(count)]
    return [place_in_time([sources[k] for k in chosen], seed) for seed, chosen in enumerate(choices)]


@dataclass(frozen=True)
class SegmentScore:
    """Segments right, too many and missed; scores add up over recordings."""

    hits: int = 0
    false_alarms: int = 0
    misses: int = 0

    def __add__(self, other: "SegmentScore") -> "SegmentScore":
        return SegmentScore(self.hits + other.hits, self.false_alarms + other.false_alarms, self.misses + other.misses)

    @property
    def f_score(self) -> float:
        """Harmonic mean of precision and recall; 1 where there was nothing to find and nothing was found."""
        total = 2 * self.hits + self.false_alarms + self.misses
        return 2 * self.hits / total if total else 1.0


def score_segments(
    found: Iterable[tuple[float, float]], true: Iterable[tuple[float, float]], duration_s: float
) -> SegmentScore:
    """Compare two sets of `(onset, offset)` second by second.

    Source: A. Mesaros, T. Heittola, T. Virtanen, "Metrics for polyphonic sound event detection", 2016.
    """
    one, other = _active(found, duration_s), _active(true, duration_s)
    return SegmentScore(int((one & other).sum()), int((one & ~other).sum()), int((other & ~one).sum()))


def _active(spans: Iterable[tuple[float, float]], duration_s: float) -> NDArray[np.bool_]:
    begins = np.arange(0, duration_s, SEGMENT_S)
    active = np.zeros(len(begins), bool)
    for onset, offset in spans:
        active |= (begins < offset) & (begins + SEGMENT_S > onset)
    return active
