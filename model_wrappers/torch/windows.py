"""Long audio in windows that overlap, and what came of them joined again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]


@dataclass(frozen=True)
class Windowing:
    """Windows of `length` samples, neighbours sharing `overlap`; shorter audio takes one window.

    That one is padded with zeros to a multiple of `grain`, so that recordings of about one length share a pass and a
    recording is always padded in the same way, alone or in company.
    """

    length: int
    overlap: int
    grain: int

    def starts(self, samples: int) -> range:
        """Return where the windows of so many samples begin."""
        return range(0, max(samples - self.overlap, 1), self.length - self.overlap)

    def cut(self, waveform: Waveform) -> list[Waveform]:
        """Return the windows of a waveform of shape `(..., samples)`, each padded with zeros to its full length."""
        samples = waveform.shape[-1]
        length = min(self.length, -(-samples // self.grain) * self.grain)
        parts = [waveform[..., start : start + length] for start in self.starts(samples)]
        return [np.pad(part, [(0, 0)] * (part.ndim - 1) + [(0, length - part.shape[-1])]) for part in parts]

    def join(self, windows: Sequence[Waveform], samples: int) -> Waveform:
        """Fade windows of shape `(..., length)` into each other and cut the result to `samples`."""
        if len(windows) == 1:
            return windows[0][..., :samples]
        output = np.zeros((*windows[0].shape[:-1], samples + self.length), np.float32)
        fade = np.linspace(0, 1, self.overlap, dtype=np.float32)
        for start, window in zip(self.starts(samples), windows, strict=True):
            faded = window.copy()
            if start:
                before = output[..., start : start + self.overlap]
                faded[..., : self.overlap] = window[..., : self.overlap] * fade + before * (1 - fade)
            output[..., start : start + window.shape[-1]] = faded
        return output[..., :samples]

    def cut_channels(self, waveform: Waveform) -> list[Waveform]:
        """Return the windows of every channel of a `(channels, samples)` waveform, one channel after another."""
        return [window for channel in waveform for window in self.cut(channel)]

    def join_channels(self, windows: Sequence[Waveform], channels: int, samples: int) -> Waveform:
        """Join what `cut_channels` gave; channels become the first axis."""
        each = len(windows) // channels
        return np.stack([self.join(windows[first : first + each], samples) for first in range(0, len(windows), each)])
