"""What was taken out of a mono mixture, taken out of the recording it came from."""

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio

WINDOW_S = 0.032
HOP_S = 0.008
UPPER_SHARE = 0.5  # of the mixture's band whose gain everything above that band gets
SMALL = 1e-8


def apply_gains(recording: Audio, mixture: Audio, kept: Audio) -> Audio:
    """Return a recording, at its own rate and with its channels, with the gains that lead from a mixture to its part.

    Args:
        recording: Any rate and channels.
        mixture: The recording as one channel at a model's rate.
        kept: What the model kept of the mixture, at the same rate.
    """
    if (recording.sample_rate, recording.channels) == (kept.sample_rate, kept.channels):
        return kept
    gains = _gains(mixture, kept)
    frames = recording.waveform.shape[1]
    channels = [_with_gains(channel, recording.sample_rate, gains)[:frames] for channel in recording.waveform]
    return Audio(np.stack(channels), recording.sample_rate)


def _gains(mixture: Audio, kept: Audio) -> NDArray[np.float32]:
    """Return gains of shape `(bins, frames)`; the last row is for all that is above the mixture's band."""
    before, after = (np.abs(_spectrum(sound.waveform[0], sound.sample_rate)) for sound in (mixture, kept))
    gains = np.clip(after / (before + SMALL), 0, 1)
    upper = round(UPPER_SHARE * len(before))
    above = np.sqrt((after[upper:] ** 2).sum(axis=0) / ((before[upper:] ** 2).sum(axis=0) + SMALL))
    return np.asarray(np.vstack([gains, np.clip(above, 0, 1)]), np.float32)


def _with_gains(channel: NDArray[np.float32], sample_rate: int, gains: NDArray[np.float32]) -> NDArray[np.float32]:
    spectrum = _spectrum(channel, sample_rate)
    rows = np.minimum(np.arange(spectrum.shape[0]), len(gains) - 1)
    _, hop_length = _lengths(sample_rate)
    columns = np.rint(np.arange(spectrum.shape[1]) * hop_length / sample_rate / HOP_S).astype(int)
    spectrum *= gains[rows][:, np.minimum(columns, gains.shape[1] - 1)]
    window, hop_length = _lengths(sample_rate)
    _, waveform = scipy.signal.istft(spectrum, sample_rate, "hann", window, window - hop_length)
    return np.asarray(np.pad(waveform, (0, len(channel)))[: len(channel)], np.float32)


def _spectrum(channel: NDArray[np.float32], sample_rate: int) -> NDArray[np.complex64]:
    window, hop_length = _lengths(sample_rate)
    _, _, spectrum = scipy.signal.stft(channel, sample_rate, "hann", window, window - hop_length)
    return np.asarray(spectrum, np.complex64)


def _lengths(sample_rate: int) -> tuple[int, int]:
    """Return window and hop in samples: of equal duration at every rate, so that bins of equal index match."""
    return round(WINDOW_S * sample_rate), round(HOP_S * sample_rate)
