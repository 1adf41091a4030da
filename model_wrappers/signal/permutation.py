"""Bring the sources of every frequency, separated one by one, into one order."""

import numpy as np
from numpy.typing import NDArray

GLOBAL_PASSES = 20
LOCAL_PASSES = 10


def align_frequencies(power: NDArray[np.float32]) -> NDArray[np.int64]:
    """Find the order of the sources at every frequency that makes their activity agree across frequencies.

    The share of the power a source has at a moment is alike at all frequencies where it dominates. Orders are
    first matched to the mean over all frequencies, then to neighbours and harmonics.

    Args:
        power: Power of the separated signals, shape `(frequencies, sources, frames)`.

    Returns:
        Indices of sources, shape `(frequencies, sources)`.

    Source: H. Sawada, S. Araki, S. Makino, "Measuring dependence of bin-wise separated signals for permutation
    alignment in frequency-domain BSS", ISCAS 2007.
    """
    activity = power / (power.sum(axis=1, keepdims=True) + 1e-9)
    activity -= activity.mean(axis=2, keepdims=True)
    activity /= activity.std(axis=2, keepdims=True) + 1e-9
    frequencies, sources, _ = power.shape
    order = np.tile(np.arange(sources), (frequencies, 1))
    for _ in range(GLOBAL_PASSES):
        before = order.copy()
        mean = np.take_along_axis(activity, order[:, :, None], axis=1).mean(axis=0)
        mean /= mean.std(axis=1, keepdims=True) + 1e-9
        for frequency in range(frequencies):
            order[frequency] = _best_order(activity[frequency], mean)
        if (order == before).all():
            break
    return _refine(activity, order)


def _refine(activity: NDArray[np.float32], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Match every frequency to its neighbours and harmonics until nothing changes."""
    ordered = np.take_along_axis(activity, order[:, :, None], axis=1)
    related = [_related(frequency, len(activity)) for frequency in range(len(activity))]
    for _ in range(LOCAL_PASSES):
        changed = False
        for frequency, others in enumerate(related):
            best = _best_order(activity[frequency], ordered[others].sum(axis=0))
            if (best != order[frequency]).any():
                order[frequency], ordered[frequency], changed = best, activity[frequency][best], True
        if not changed:
            break
    return order


def _related(frequency: int, frequencies: int) -> list[int]:
    """Return the indices of the three neighbours on each side, the octave above and the octave below."""
    near = {frequency + distance for distance in (-3, -2, -1, 1, 2, 3)}
    octaves = {2 * frequency - 1, 2 * frequency, 2 * frequency + 1, frequency // 2, frequency // 2 + 1}
    return sorted(index for index in near | octaves if 0 < index < frequencies and index != frequency)


def _best_order(activity: NDArray[np.float32], wanted: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the order of the rows of `activity` that correlates best with the rows of `wanted`."""
    from scipy.optimize import linear_sum_assignment

    return np.asarray(linear_sum_assignment(wanted @ activity.T, maximize=True)[1], np.int64)
