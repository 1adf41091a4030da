"""Find the stretch of a sound that fits best between two given ends."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

BANDS = 24
FRAME_S = 0.032
HOP_S = 0.008
CONTEXT_S = 0.16  # compared on each side: about a syllable
RANGE_DB = 60.0  # below the loudest band all levels count as equal


@dataclass(frozen=True)
class Sizes:
    """Lengths in samples at one sample rate."""

    frame: int
    hop: int
    context: int

    @classmethod
    def at(cls, sample_rate: int) -> "Sizes":
        """Return the sizes at a sample rate; the context is a whole number of hops."""
        hop = max(round(HOP_S * sample_rate), 2)
        return cls(round(FRAME_S / HOP_S) * hop, hop, round(CONTEXT_S / HOP_S) * hop)


class SegmentSearch:
    """The stretches of a mono sound that may be copied, and what they sound like at their ends."""

    def __init__(self, samples: NDArray[np.float64], known: NDArray[np.bool_], sample_rate: int) -> None:
        """Analyse the sound.

        Args:
            samples: Shape `(samples,)`.
            known: Which samples may be copied or compared, same shape.
            sample_rate: Hz.
        """
        self.sizes = Sizes.at(sample_rate)
        self._samples = samples
        self._unknown = np.concatenate([[0], np.cumsum(~known)])
        self._features = self._analyse(samples)

    def best(self, length: int, before: NDArray[np.float64], after: NDArray[np.float64]) -> int | None:
        """Return where the best segment begins, or None if no known stretch is long enough.

        Args:
            length: Samples of the segment.
            before: What comes before it, `sizes.context` samples, or fewer where that end is free.
            after: What comes after it, likewise.
        """
        sizes = self.sizes
        lead = sizes.context if len(before) == sizes.context else 0
        trail = sizes.context if len(after) == sizes.context else 0
        starts = np.arange(lead, len(self._samples) - length - trail + 1, sizes.hop)
        starts = starts[self._unknown[starts + length + trail] == self._unknown[starts - lead]]
        if not len(starts):
            return None
        cost = np.zeros(len(starts))
        if lead:
            cost += self._distance(starts - lead, before)
        if trail:
            cost += self._distance(starts + length, after)
        start = int(starts[cost.argmin()])
        return self._aligned(start, length, before) if lead else start

    def _distance(self, positions: NDArray[np.int64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean squared difference in dB from the sound at each position, at the nearest frame before it."""
        target = self._analyse(wanted)
        windows = sliding_window_view(self._features, len(target), axis=0)
        frames = np.minimum(positions // self.sizes.hop, len(windows) - 1)
        return np.asarray(((windows[frames] - target.T) ** 2).mean(axis=(1, 2)))

    def _aligned(self, start: int, length: int, before: NDArray[np.float64]) -> int:
        """Shift a start by up to a hop so that the waveform in front of it matches."""
        reach = self.sizes.hop
        candidates = np.arange(max(start - reach, len(before)), min(start + reach, len(self._samples) - length) + 1)
        usable = self._unknown[candidates + length] == self._unknown[candidates - len(before)]
        candidates = candidates[usable]
        first = int(candidates[0]) - len(before)
        region = self._samples[first : int(candidates[-1])]
        windows = sliding_window_view(region, len(before))[candidates - candidates[0]]
        norms = np.sqrt((windows**2).sum(axis=1)) + 1e-9
        return int(candidates[((windows @ before) / norms).argmax()])

    def _analyse(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return band levels in dB, shape `(frames, BANDS)`."""
        frame, hop = self.sizes.frame, self.sizes.hop
        padded = np.pad(samples, (0, max(frame - len(samples), 0)))
        frames = sliding_window_view(padded, frame)[::hop] * np.hanning(frame)
        power = np.abs(np.fft.rfft(frames)) ** 2 / frame
        edges = np.unique(np.geomspace(1, power.shape[1], BANDS + 1).astype(int))
        bands = np.add.reduceat(power, edges[:-1], axis=1)
        return np.asarray(10 * np.log10(bands + 10 ** (-RANGE_DB / 10) * np.mean(self._samples**2) + 1e-12))
