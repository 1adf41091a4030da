"""Independent low-rank matrix analysis: blind separation of as many sources as there are microphones."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from model_wrappers.signal.permutation import align_frequencies

SEED = 0
MODEL_FLOOR = 1e-5  # least power of a source's model; with less, a silent frame outweighs all others
TINY = 1e-12
QUIETEST = 1e-4  # amplitude below which a frequency is not raised to the level of the others, relative to the loudest
SILENCE = 1e-8  # amplitude far below the last bit of 24-bit samples
VECTOR_ITERATIONS = 20
LOW_RANK_ITERATIONS = 40
REFINING_ITERATIONS = 10
GUIDE_FLOOR = 1e-3  # least power of a source refined, 30 dB below its frequency's mean: the guide leaks more than that
COMPONENTS = 3  # rank of each source's spectrogram; more fit a few seconds of speech too closely

Report = Callable[[float], None]
PowerModel = Callable[[int, NDArray[np.float32]], NDArray[np.float32]]


def separate(mixture: NDArray[np.complex64], sources: int, *, report: Report) -> NDArray[np.complex64]:
    """Separate a spectrogram of several microphones into its sources.

    Independent vector analysis finds a first separation, its frequencies are brought into one order, and low-rank
    models of the sources' power refine it.

    Args:
        mixture: Shape `(frequencies, microphones, frames)`.
        sources: Number of sources, at most the number of microphones; more microphones are reduced to their
            principal components, frequency by frequency.
        report: Called with the fraction done before every pass; may raise to stop.

    Returns:
        The sources as they sound at the first microphone, shape `(frequencies, sources, frames)`. With as many
        microphones as sources they add up to the first microphone.

    Source: D. Kitamura et al., "Determined blind source separation unifying independent vector analysis and
    nonnegative matrix factorization", IEEE/ACM TASLP 24(9), 2016.
    """
    observed, reduction, level = _observed(mixture, sources)
    total = VECTOR_ITERATIONS + LOW_RANK_ITERATIONS
    demixing = np.tile(np.eye(sources, dtype=np.complex128), (len(observed), 1, 1))
    for iteration in range(VECTOR_ITERATIONS):
        report(iteration / total)
        _improve(demixing, observed, lambda source, power: power.mean(axis=0, keepdims=True))
    order = align_frequencies(np.abs(_images(demixing, reduction, observed) * level) ** 2)
    demixing = np.take_along_axis(demixing, order[:, :, None], axis=1)
    low_rank = _LowRankModel(observed.shape)
    for iteration in range(LOW_RANK_ITERATIONS):
        report((VECTOR_ITERATIONS + iteration) / total)
        low_rank.scale(_improve(demixing, observed, low_rank.update))
    return np.asarray(_images(demixing, reduction, observed) * level, np.complex64)


def refine(
    mixture: NDArray[np.complex64], separated: NDArray[np.complex64], *, report: Report
) -> NDArray[np.complex64]:
    """Separate a spectrogram again, with the powers of sources separated before as their models.

    A long window leaves less reverberation between its frames but too few of them to tell the sources' order at every
    frequency, or their low-rank models, from a short recording; a separation with a shorter window knows both.

    Args:
        mixture: Shape `(frequencies, microphones, frames)`.
        separated: The sources at the first microphone, shape `(frequencies, sources, frames)`.
        report: Called with the fraction done before every pass; may raise to stop.

    Returns:
        The sources as `separate` returns them.
    """
    observed, reduction, level = _observed(mixture, separated.shape[1])
    models = np.maximum((np.abs(separated) / level) ** 2, GUIDE_FLOOR).astype(np.float32)
    demixing = np.tile(np.eye(separated.shape[1], dtype=np.complex128), (len(observed), 1, 1))
    for iteration in range(REFINING_ITERATIONS):
        report(iteration / REFINING_ITERATIONS)
        for source in range(demixing.shape[1]):
            _project(demixing, observed, models[:, source], source)
    return np.asarray(_images(demixing, reduction, observed) * level, np.complex64)


def _observed(
    mixture: NDArray[np.complex64], sources: int
) -> tuple[NDArray[np.complex64], NDArray[np.complex128], NDArray[np.float32]]:
    """Return the mixture in as many channels as sources and at one level, the reduction to them, and the levels."""
    level = np.sqrt(np.mean(np.abs(mixture) ** 2, axis=(1, 2), keepdims=True))
    level = np.maximum(level, max(QUIETEST * level.max(), SILENCE))
    reduction = _principal_components(mixture, sources)
    return (reduction.astype(np.complex64) @ mixture) / level, reduction, level


class _LowRankModel:
    """Each source's power spectrogram as a product of two small non-negative matrices."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        frequencies, sources, frames = shape
        random = np.random.default_rng(SEED)
        self._bases = random.uniform(0.1, 1.0, (sources, frequencies, COMPONENTS)).astype(np.float32)
        self._gains = random.uniform(0.1, 1.0, (sources, COMPONENTS, frames)).astype(np.float32)

    def update(self, source: int, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Move one source's factors towards its power (Itakura-Saito divergence) and return their product.

        Args:
            source: Index of the source.
            power: Of its spectrogram, shape `(frequencies, frames)`, as that of the product.
        """
        bases, gains = self._bases[source], self._gains[source]
        model = np.maximum(bases @ gains, MODEL_FLOOR)
        bases *= np.sqrt((power / model**2) @ gains.T / ((1 / model) @ gains.T))
        np.maximum(bases, MODEL_FLOOR, out=bases)
        model = np.maximum(bases @ gains, MODEL_FLOOR)
        gains *= np.sqrt(bases.T @ (power / model**2) / (bases.T @ (1 / model)))
        np.maximum(gains, MODEL_FLOOR, out=gains)
        return np.asarray(np.maximum(bases @ gains, MODEL_FLOOR), np.float32)

    def scale(self, gain: NDArray[np.float64]) -> None:
        """Follow sources whose power was multiplied by `gain`, shape `(frequencies, sources)`."""
        self._bases *= gain.T.astype(np.float32)[:, :, None]


def _improve(
    demixing: NDArray[np.complex128], observed: NDArray[np.complex64], model: PowerModel
) -> NDArray[np.float64]:
    """Pass once over the sources and scale each to its level at the microphones, in place.

    Returns:
        What the power of each source was multiplied by, shape `(frequencies, sources)`.
    """
    for source in range(demixing.shape[1]):
        row = demixing[:, source, None, :].astype(np.complex64)
        power = np.abs((row @ observed)[:, 0]) ** 2
        _project(demixing, observed, np.maximum(model(source, power), MODEL_FLOOR), source)
    gain = np.mean(np.abs(np.linalg.inv(demixing)) ** 2, axis=1)
    demixing *= np.sqrt(gain)[:, :, None]
    return np.asarray(gain, np.float64)


def _project(
    demixing: NDArray[np.complex128], observed: NDArray[np.complex64], model: NDArray[np.float32], source: int
) -> None:
    """Replace one source's row of every demixing matrix by iterative projection, in place."""
    covariance = _covariance(observed, np.float32(1) / model)
    size = demixing.shape[1]
    trace = np.trace(covariance, axis1=1, axis2=2).real
    covariance += (1e-9 * trace + TINY)[:, None, None] * np.eye(size)
    wanted = np.zeros((len(demixing), size, 1), np.complex128)
    wanted[:, source] = 1.0
    row = np.linalg.solve(demixing @ covariance, wanted)
    energy = (row.conj().swapaxes(1, 2) @ covariance @ row).real
    demixing[:, source] = (row / np.sqrt(np.maximum(energy, TINY)))[:, :, 0].conj()


def _covariance(observed: NDArray[np.complex64], weights: NDArray[np.float32] | None = None) -> NDArray[np.complex128]:
    """Average over frames; `weights` has shape `(frequencies or 1, frames)`."""
    weighted = observed if weights is None else observed * weights[:, None, :]
    sums = weighted @ observed.conj().swapaxes(1, 2)
    return np.asarray(sums / observed.shape[2], np.complex128)


def _principal_components(mixture: NDArray[np.complex64], sources: int) -> NDArray[np.complex128]:
    """Return what takes the microphones to `sources` channels, shape `(frequencies, sources, microphones)`."""
    frequencies, microphones, _ = mixture.shape
    if sources == microphones:
        return np.tile(np.eye(sources, dtype=np.complex128), (frequencies, 1, 1))
    _, vectors = np.linalg.eigh(_covariance(mixture))
    return np.asarray(vectors[:, :, -sources:].conj().swapaxes(1, 2), np.complex128)


def _images(
    demixing: NDArray[np.complex128], reduction: NDArray[np.complex128], observed: NDArray[np.complex64]
) -> NDArray[np.complex64]:
    """Scale each source to what the first microphone hears of it (minimal distortion principle)."""
    mixing = reduction[:, :, 0].conj()[:, None, :] @ np.linalg.inv(demixing)
    return np.asarray((mixing[:, 0, :, None] * demixing).astype(np.complex64) @ observed, np.complex64)
