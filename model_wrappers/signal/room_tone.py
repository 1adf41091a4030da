"""What a room sounds like while nobody speaks, as long as wanted."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Samples = NDArray[np.float64]

STRETCH_S = 0.1
HOP_S = 0.01
SILENCE = 1e-12  # mean power below which a stretch is no room but a muted track


def room_tone(around: Samples, known: NDArray[np.bool_], count: int, sample_rate: int) -> Samples:
    """Return noise with the spectrum, the level and the channels' relations of the quietest stretch of a recording.

    White noise filtered with the stretch itself has all of these, and no sound of it comes again.

    Args:
        around: Shape `(channels, samples)`.
        known: Which samples count, shape `(samples,)`.
        count: Samples wanted.
        sample_rate: Hz.

    Returns:
        Shape `(channels, count)`; silence where the recording holds nothing quieter than what it says.
    """
    from scipy.signal import fftconvolve

    length = max(2, min(round(STRETCH_S * sample_rate), int(known.sum())))
    power = sliding_window_view((around**2).mean(axis=0), length)[:: max(1, round(HOP_S * sample_rate))].mean(axis=-1)
    whole = sliding_window_view(known, length)[:: max(1, round(HOP_S * sample_rate))].all(axis=-1)
    usable = np.flatnonzero(whole & (power > SILENCE))
    if not len(usable):
        return np.zeros((len(around), count))
    begin = int(usable[power[usable].argmin()]) * max(1, round(HOP_S * sample_rate))
    window = np.hanning(length)
    quiet = around[:, begin : begin + length] * window / np.sqrt((window**2).sum())
    noise = np.random.default_rng(begin).standard_normal(count + length - 1)
    return np.stack([fftconvolve(noise, channel, "valid") for channel in quiet])
