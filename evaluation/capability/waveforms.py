"""How near one sound is to another: SNR, SI-SDR, PESQ, STOI, L2, multi-resolution STFT, interaural differences."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio

Samples = NDArray[np.float32]

PESQ_RATE = 16_000  # Hz, wide-band
STFT_SIZES = (512, 1024, 2048)  # samples; hop a quarter
OVERSAMPLING = 8
EPSILON = 1e-10
MAX_DB = 100.0  # of an exact copy


def at_rate(audio: Audio, sample_rate: int, samples: int | None = None) -> Samples:
    """Return one channel at a rate, cut or padded with silence to `samples`."""
    mono = audio.resample(sample_rate).mono()
    return mono if samples is None else fit(mono, samples)


def fit(waveform: Samples, samples: int) -> Samples:
    """Cut or pad the last axis with silence."""
    missing = max(samples - waveform.shape[-1], 0)
    return np.pad(waveform[..., :samples], [(0, 0)] * (waveform.ndim - 1) + [(0, missing)])


def snr_db(estimate: Samples, reference: Samples) -> float:
    """Return the signal-to-noise ratio of an estimate."""
    return _db((reference**2).sum(), ((reference - estimate) ** 2).sum())


def si_sdr_db(estimate: Samples, reference: Samples) -> float:
    """Return the scale-invariant signal-to-distortion ratio.

    Source: J. Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019.
    """
    estimate, reference = estimate - estimate.mean(), reference - reference.mean()
    scaled = (estimate @ reference) / (reference @ reference + EPSILON) * reference
    return _db((scaled**2).sum(), ((estimate - scaled) ** 2).sum())


def _db(signal: float, noise: float) -> float:
    return float(np.clip(10 * np.log10((signal + EPSILON) / (noise + EPSILON)), -MAX_DB, MAX_DB))


def pesq(estimate: Samples, reference: Samples) -> float | None:
    """Return wide-band PESQ of speech at 16 kHz, about 1 to 4.6; None where it finds no speech to compare."""
    from pesq import NoUtterancesError
    from pesq import pesq as compute

    if not (estimate.any() and reference.any()):
        return None
    try:
        return float(compute(PESQ_RATE, reference, estimate, "wb"))
    except (NoUtterancesError, ZeroDivisionError):
        return None


def stoi(estimate: Samples, reference: Samples, sample_rate: int) -> float:
    """Return the short-time objective intelligibility, 0 to 1."""
    from pystoi import stoi as compute

    return float(compute(reference, estimate, sample_rate))


def l2(estimate: Samples, reference: Samples) -> float:
    """Return the mean squared difference of waveforms of any shape."""
    return float(((estimate - reference) ** 2).mean())


def mrstft(estimate: Samples, reference: Samples) -> float:
    """Return the multi-resolution STFT distance: spectral convergence and log magnitude, mean over sizes and channels.

    Source: R. Yamamoto et al., "Parallel WaveGAN", arXiv 1910.11480.
    """
    pairs = zip(np.atleast_2d(estimate), np.atleast_2d(reference), strict=True)
    return float(np.mean([_stft_distance(*pair, size) for pair in pairs for size in STFT_SIZES]))


def _stft_distance(estimate: Samples, reference: Samples, size: int) -> float:
    one, other = (_magnitudes(x, size) for x in (estimate, reference))
    convergence = np.linalg.norm(other - one) / (np.linalg.norm(other) + EPSILON)
    return float(convergence + np.abs(np.log(np.maximum(one, 1e-4)) - np.log(np.maximum(other, 1e-4))).mean())


def _magnitudes(waveform: Samples, size: int) -> NDArray[np.float64]:
    padded = fit(waveform, max(waveform.shape[-1], size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 4]
    return np.abs(np.fft.rfft(frames * np.hanning(size)))


def log_spectral_distance_db(estimate: Samples, reference: Samples, sample_rate: int) -> float:
    """Return the distance of log power spectra in frames of 20 ms."""
    size = sample_rate // 50
    levels = []
    for waveform in (estimate, reference):
        frames = np.lib.stride_tricks.sliding_window_view(fit(waveform, max(len(waveform), size)), size)[:: size // 2]
        levels.append(10 * np.log10(np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2 + 1e-6))
    return float(np.sqrt(((levels[0] - levels[1]) ** 2).mean(axis=1)).mean())


def itd_us(ears: Samples, sample_rate: int) -> float:
    """Return the microseconds by which sound of shape `(2, samples)` reaches the left ear first."""
    n_fft = 2 * ears.shape[1]
    left, right = np.fft.rfft(ears, n_fft)
    correlation = np.fft.fftshift(np.fft.irfft(right * left.conj(), n_fft * OVERSAMPLING))
    return float((correlation.argmax() - len(correlation) // 2) / (sample_rate * OVERSAMPLING) * 1e6)


def ild_db(ears: Samples) -> float:
    """Return the decibels by which the left ear of `(2, samples)` is louder."""
    left, right = (ears.astype(float) ** 2).sum(axis=1)
    return float(10 * np.log10((left + EPSILON) / (right + EPSILON)))


def best_order(estimates: Sequence[Samples], references: Sequence[Samples]) -> tuple[Samples, ...]:
    """Return the estimates in the order of the references with the highest mean SI-SDR; silence for a missing one."""
    missing = [np.zeros_like(references[0])] * max(len(references) - len(estimates), 0)
    orders = permutations([*estimates, *missing], len(references))
    return max(orders, key=lambda order: sum(map(si_sdr_db, order, references)))
