"""Late reverberation of a room, predicted from what was heard before and taken away."""

import numpy as np
from numpy.typing import NDArray

WINDOW_S = 0.064
TAPS = 8  # earlier frames that predict one
DELAY = 3  # frames left alone: speech itself goes on from frame to frame
ITERATIONS = 3
FLOOR = 1e-8  # of the mean power, below which a frame's own is not trusted
BLOCK_VALUES = 500_000  # of spectra at once; what predicts them takes `TAPS` times their 4 MB, twice
LOADING = 1e-6
TINY = 1e-10


def without_late(spectra: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Return what several microphones hear without the room's late reverberation.

    Args:
        spectra: Shape `(frequencies, microphones, frames)`, of windows of `WINDOW_S` that overlap by three quarters.

    Source: T. Nakatani et al., "Speech dereverberation based on variance-normalized delayed linear prediction", IEEE
    TASLP 18(7), 2010.
    """
    least = FLOOR * float(np.mean(np.abs(spectra) ** 2)) + TINY
    blocks = np.array_split(spectra, max(1, -(-spectra.size // BLOCK_VALUES)))
    return np.concatenate([_block_without_late(block, least) for block in blocks])


def _block_without_late(spectra: NDArray[np.complex64], least: float) -> NDArray[np.complex64]:
    """Do what `without_late` does with some of the frequencies."""
    microphones = spectra.shape[1]
    earlier = _earlier(spectra)
    direct = spectra
    for _ in range(ITERATIONS):
        power = np.maximum((np.abs(direct) ** 2).mean(axis=1), least).astype(np.float32)
        weighted = (earlier / power[:, None, :]).conj().swapaxes(1, 2)
        correlation = (earlier @ weighted).astype(np.complex128)
        load = LOADING * np.trace(correlation, axis1=1, axis2=2).real / (TAPS * microphones) + TINY
        correlation += load[:, None, None] * np.eye(TAPS * microphones)
        prediction = np.linalg.solve(correlation.conj(), (spectra @ weighted).astype(np.complex128).swapaxes(1, 2))
        direct = spectra - prediction.swapaxes(1, 2).astype(np.complex64) @ earlier
    return direct


def _earlier(spectra: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Return the frames that predict each frame, shape `(frequencies, TAPS * microphones, frames)`."""
    frequencies, microphones, frames = spectra.shape
    earlier = np.zeros((frequencies, TAPS * microphones, frames), np.complex64)
    for tap in range(TAPS):
        shift = min(DELAY + tap, frames)
        earlier[:, tap * microphones : (tap + 1) * microphones, shift:] = spectra[:, :, : frames - shift]
    return earlier


def late_share(heard: NDArray[np.complex64], direct: NDArray[np.complex64]) -> float:
    """Return the share of the power that was late reverberation: 0.004 at RT60 0.15 s, 0.07 at 0.4, 0.12 at 0.7."""
    power = float(np.sum(np.abs(heard) ** 2))
    return float(np.sum(np.abs(heard - direct) ** 2)) / power if power else 0.0


def shared_late(late: NDArray[np.complex64], voices: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Return each voice's part of the late reverberation: as much as it sounded just before, shape of `voices`.

    Args:
        late: What was taken away at one microphone, shape `(frequencies, frames)`.
        voices: Shape `(frequencies, voices, frames)`.
    """
    from scipy.signal import lfilter

    power = lfilter([0.15], [1, -0.85], np.abs(voices) ** 2, axis=2) + TINY
    return np.asarray(late[:, None] * (power / power.sum(axis=1, keepdims=True)), np.complex64)
