"""Autoregressive models of sound: fitting, filling gaps and continuing beyond an edge."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

ITERATIONS = 5  # the gap's SNR stops rising after three to five
LONGEST_MEMORY_S = 0.02  # of a model: two periods of the deepest voice; longer ones fit noise
EXTRAPOLATION_CONTEXT = 8  # samples of context for each coefficient
ORDER_PER_SAMPLE = 3  # of the gap, as Janssen et al. choose
CONTEXT_PER_ORDER = 4
SILENCE = 1e-12  # mean power below which there is nothing to model; 16-bit rounding noise has 8e-11


def gap_order(gap: int, sample_rate: int) -> int:
    """Return the order of the model that fills a gap of so many samples."""
    return min(ORDER_PER_SAMPLE * gap + 2, round(LONGEST_MEMORY_S * sample_rate))


def interpolate(samples: Samples, begin: int, end: int, order: int) -> Samples:
    """Fill a gap with the samples that an autoregressive model of the surroundings finds most likely.

    Model and gap are estimated in turn.

    Args:
        samples: Shape `(samples,)`, at least `order` of them on each side of the gap; those in the gap do not count.
        begin: First sample of the gap.
        end: The sample after it.
        order: Order of the model.

    Returns:
        Shape `(end - begin,)`.

    Source: A. Janssen, R. Veldhuis, L. Vries, "Adaptive interpolation of discrete-time signals that can be modeled
    as autoregressive processes", IEEE TASSP 34(2), 1986.
    """
    from scipy.linalg import solve_toeplitz
    from scipy.signal import fftconvolve

    gap = end - begin
    context = max(CONTEXT_PER_ORDER * order, CONTEXT_PER_ORDER * gap)
    first = max(0, begin - context)
    known = samples[first : end + context].copy()
    begin, end = begin - first, end - first
    known[begin:end] = 0.0
    if np.mean(known**2) < SILENCE:
        return np.zeros(gap)
    current = known.copy()
    for _ in range(ITERATIONS):
        coefficients = fit(current, order)
        lags = np.correlate(coefficients, coefficients, "full")
        column = np.zeros(gap)
        shared = min(gap, order + 1)
        column[:shared] = lags[order : order + shared]
        pull = fftconvolve(known[begin - order : end + order], lags, "valid")
        current[begin:end] = solve_toeplitz(column, -pull)
    return current[begin:end]


def fit(samples: Samples, order: int) -> Samples:
    """Return the prediction error filter of a windowed signal (autocorrelation method), shape `(order + 1,)`."""
    from scipy.fft import irfft, next_fast_len, rfft
    from scipy.linalg import solve_toeplitz

    size = next_fast_len(len(samples) + order + 1, real=True)
    spectrum = rfft(samples * np.hanning(len(samples)), size)
    lags = irfft(np.abs(spectrum) ** 2, size)[: order + 1]
    lags[0] = lags[0] * (1 + 1e-6) + SILENCE
    return np.concatenate([[1.0], solve_toeplitz(lags[:order], -lags[1:])])


def extrapolate(context: Samples, count: int) -> Samples:
    """Continue a signal beyond its last sample, fading as its resonances do.

    Args:
        context: What came before, shape `(samples,)`; the model remembers an eighth of it.
        count: Number of samples wanted.
    """
    from scipy.signal import lfilter, lfiltic

    order = len(context) // EXTRAPOLATION_CONTEXT
    if order < 1 or np.mean(context**2) < SILENCE:
        return np.zeros(count)
    coefficients = fit(context, order)
    state = lfiltic([1.0], coefficients, context[: -order - 1 : -1])
    return np.asarray(lfilter([1.0], coefficients, np.zeros(count), zi=state)[0], np.float64)
