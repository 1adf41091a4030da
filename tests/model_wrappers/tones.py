"""A tone of one pitch, and the pitch of a sound."""

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio

TONE_HZ = 440


def tone(sample_rate: int, duration_s: float = 1.0, channels: int = 1) -> NDArray[np.float32]:
    """Return a sine of half full scale, shape `(channels, samples)`."""
    time_s = np.arange(round(duration_s * sample_rate)) / sample_rate
    return np.tile(0.5 * np.sin(2 * np.pi * TONE_HZ * time_s), (channels, 1)).astype(np.float32)


def main_frequency_hz(audio: Audio) -> float:
    spectrum = np.abs(np.fft.rfft(audio.waveform[0] * np.hanning(audio.waveform.shape[1])))
    return float(spectrum.argmax() * audio.sample_rate / audio.waveform.shape[1])
