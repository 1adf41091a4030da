"""One rate and one number of channels where a file changes them in its middle."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from model_wrappers.contract.channels import BLOCK_FRAMES, Downmix

Piece = tuple[int, NDArray[np.float32]]  # rate in Hz and samples, shape `(channels, frames)`


class Uniform:
    """Brings pieces of sound to one rate and number of channels."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        """Aim at `sample_rate` Hz and `channels` channels."""
        self._rate = sample_rate
        self._channels = channels
        self._resampler: tuple[int, soxr.ResampleStream] | None = None
        self._downmix: tuple[int, Downmix] | None = None

    def blocks(self, pieces: Iterable[Piece]) -> Iterator[NDArray[np.float32]]:
        """Yield the sound of all pieces in blocks of some `BLOCK_FRAMES` frames."""
        held: list[NDArray[np.float32]] = []
        frames = 0
        for rate, samples in pieces:
            for part in self._converted(rate, samples):
                held.append(part)
                frames += part.shape[1]
            if frames >= BLOCK_FRAMES:
                yield np.concatenate(held, axis=1)
                held, frames = [], 0
        held.extend(self._tail())
        if held:
            yield np.concatenate(held, axis=1)

    def _converted(self, rate: int, samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        samples = self._with_channels(samples)
        if self._resampler is not None and self._resampler[0] != rate:
            yield from self._tail()
        if rate == self._rate:
            yield samples
            return
        if self._resampler is None:
            self._resampler = (rate, soxr.ResampleStream(rate, self._rate, self._channels, dtype="float32"))
        yield self._resampler[1].resample_chunk(np.ascontiguousarray(samples.T)).T

    def _tail(self) -> Iterator[NDArray[np.float32]]:
        """Yield what the resampler still holds, and forget it."""
        if self._resampler is not None:
            yield self._resampler[1].resample_chunk(np.zeros((0, self._channels), np.float32), last=True).T
            self._resampler = None

    def _with_channels(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        found = len(samples)
        if found == self._channels:
            return samples
        if found == 1:
            return np.repeat(samples, self._channels, axis=0)
        if self._channels <= 2:
            if self._downmix is None or self._downmix[0] != found:
                self._downmix = (found, Downmix(found, self._channels))
            return self._downmix[1](samples)
        missing = max(0, self._channels - found)
        return np.pad(samples[: self._channels], ((0, missing), (0, 0)))
