"""Mel filter banks."""

import numpy as np
from numpy.typing import NDArray

LINEAR_HZ = 200 / 3  # width of a mel below 1 kHz on Slaney's scale
BREAK_HZ = 1_000.0
LOG_STEP = np.log(6.4) / 27  # per mel above 1 kHz


def mel_filters(sample_rate: int, n_fft: int, n_mels: int) -> NDArray[np.float32]:
    """Return triangular filters of equal area from 0 Hz to half the sample rate, shape `(n_mels, n_fft // 2 + 1)`.

    Source: M. Slaney, Auditory Toolbox, 1998; the default of librosa.
    """
    frequencies = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    top = BREAK_HZ / LINEAR_HZ + np.log(max(sample_rate / 2, BREAK_HZ) / BREAK_HZ) / LOG_STEP
    edges = _hertz(np.linspace(0, top, n_mels + 2))
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * (2 / (edges[2:] - edges[:-2]))[:, None], np.float32)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    bend = BREAK_HZ / LINEAR_HZ
    above = BREAK_HZ * np.exp(LOG_STEP * (np.maximum(mels, bend) - bend))
    return np.asarray(np.where(mels < bend, LINEAR_HZ * mels, above))
