"""What the tests of several wrappers measure with."""

import numpy as np
from numpy.typing import NDArray


class RecordedContext:
    """A run context that keeps what it is told and cancels the given items."""

    def __init__(self, cancelled: tuple[int, ...] = ()) -> None:
        self.fractions: dict[int, list[float]] = {}
        self._cancelled = cancelled

    def progress(self, item: int, fraction: float) -> None:
        self.fractions.setdefault(item, []).append(fraction)

    def cancelled(self, item: int) -> bool:
        return item in self._cancelled


def si_sdr_db(estimate: NDArray[np.float32], reference: NDArray[np.float32]) -> float:
    """Scale-invariant signal-to-distortion ratio in dB of two signals of shape `(samples,)`."""
    estimate, reference = estimate - estimate.mean(), reference - reference.mean()
    target = (estimate @ reference) / (reference @ reference) * reference
    error = estimate - target
    return float(10 * np.log10((target @ target) / (error @ error)))


def snr_db(estimate: NDArray[np.float32], reference: NDArray[np.float32]) -> float:
    """Signal-to-noise ratio in dB of two signals of the same shape."""
    error = (estimate - reference).ravel()
    return float(10 * np.log10((reference.ravel() @ reference.ravel()) / (error @ error)))
