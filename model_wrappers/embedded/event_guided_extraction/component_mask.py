"""A mixture as a sum of spectral components, and the mask that keeps some of them."""

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from model_wrappers.embedded.yamnet.network import FFT_LENGTH, FRAME_LENGTH, HOP_LENGTH, SAMPLE_RATE

COMPONENTS = 10  # more give the search more ways to be wrong, fewer cannot tell sounds apart
ITERATIONS = 100
SMALL = 1e-8
WINDOW_SUM = FRAME_LENGTH / 2  # scipy divides by the sum of the Hann window; the network wants plain spectra


class ComponentMask:
    """Non-negative factorisation of a magnitude spectrogram.

    Source: D. Lee, H. Seung, "Algorithms for non-negative matrix factorization", 2001 (Kullback-Leibler divergence).
    """

    def __init__(self, waveform: NDArray[np.float32], seed: int = 0) -> None:
        """Factorise a mono waveform at 16 kHz, shape `(samples,)`."""
        self._samples = len(waveform)
        _, _, spectrum = scipy.signal.stft(
            waveform, SAMPLE_RATE, "hann", FRAME_LENGTH, FRAME_LENGTH - HOP_LENGTH, FFT_LENGTH
        )
        self._spectrum = spectrum.T * WINDOW_SUM
        self.magnitudes: NDArray[np.float32] = np.abs(self._spectrum).astype(np.float32)
        shapes, gains = _factorise(self.magnitudes.T, COMPONENTS, seed)
        self._components = np.einsum("fk,kt->ktf", shapes, gains)
        self._total = self._components.sum(axis=0) + SMALL

    def kept(self, chosen: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the share of every bin that the chosen components make up, shape `(frames, 257)`."""
        return np.asarray(self._components[chosen].sum(axis=0) / self._total, np.float32)

    def resynthesise(self, mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the waveform of the spectrogram under a mask of shape `(frames, 257)`, as long as the mixture."""
        masked = (self._spectrum * mask).T / WINDOW_SUM
        _, waveform = scipy.signal.istft(
            masked, SAMPLE_RATE, "hann", FRAME_LENGTH, FRAME_LENGTH - HOP_LENGTH, FFT_LENGTH
        )
        return np.asarray(np.pad(waveform, (0, self._samples))[: self._samples], np.float32)


def _factorise(
    magnitudes: NDArray[np.float32], components: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return spectral shapes `(bins, components)` that sum to one, and their gains `(components, frames)`."""
    rng = np.random.default_rng(seed)
    shapes = rng.random((magnitudes.shape[0], components), dtype=np.float32) + 0.1
    gains = rng.random((components, magnitudes.shape[1]), dtype=np.float32) + 0.1
    for _ in range(ITERATIONS):
        gains *= shapes.T @ (magnitudes / (shapes @ gains + SMALL)) / (shapes.sum(axis=0)[:, None] + SMALL)
        shapes *= (magnitudes / (shapes @ gains + SMALL)) @ gains.T / (gains.sum(axis=1)[None] + SMALL)
        scale = shapes.sum(axis=0) + SMALL
        shapes /= scale
        gains *= scale[:, None]
    return shapes, gains


def cross_faded(parts: Sequence[NDArray[np.float32]], overlap: int) -> NDArray[np.float32]:
    """Join waveforms of shape `(samples,)`, each overlapping the next by `overlap` samples, with linear fades."""
    joined = parts[0]
    rise = np.linspace(0, 1, overlap, dtype=np.float32)
    for part in parts[1:]:
        middle = joined[-overlap:] * (1 - rise) + part[:overlap] * rise
        joined = np.concatenate([joined[:-overlap], middle, part[overlap:]])
    return joined
