"""Two people on a channel each, as telephone systems and pairs of microphones record them."""

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # Hz
FRAME = 512  # samples, 32 ms
RANGE_DB = 40.0  # below the loudest frames nobody is taken to speak
APART_DB = 12.0  # by which a talker is louder on the own channel than on the other's
UNLIKE = 0.3  # correlation below which both channels of a frame carry sounds of their own
APART_SHARE = 0.85  # of the frames with sound, for the channels to be two people's
LEAST_S = 0.3  # of sound of its own on each channel
MARGIN_FRAMES = 8  # kept around a talker's frames, where the sound begins and fades
SILENCE = 1e-10

Samples = NDArray[np.float32]


def on_own_channels(waveform: Samples) -> tuple[Samples, ...]:
    """Return each talker of a recording alone, or nothing where its channels are not two people's.

    What leaks of one talker into the other's channel is left out, so that no recogniser hears it twice.

    Args:
        waveform: Shape `(channels, samples)` at 16 kHz.
    """
    frames = waveform.shape[1] // FRAME
    if len(waveform) != 2 or not frames:
        return ()
    parts = waveform[:, : frames * FRAME].reshape(2, frames, FRAME)
    power = (parts**2).mean(axis=-1) + SILENCE
    heard = power.max(axis=0) > np.quantile(power.max(axis=0), 0.95) * 10 ** (-RANGE_DB / 10)
    apart = 10 * np.log10(power[0] / power[1])
    alike = np.abs((parts[0] * parts[1]).mean(axis=-1)) / np.sqrt(power[0] * power[1])
    own = np.stack([apart > APART_DB, apart < -APART_DB]) & heard
    together = heard & ~own.any(axis=0) & (alike < UNLIKE)
    least = LEAST_S * SAMPLE_RATE / FRAME
    if own.sum(axis=1).min() < least or (own.any(axis=0) | together).sum() < APART_SHARE * heard.sum():
        return ()
    return tuple(
        _kept(channel, mine | together, theirs) for channel, mine, theirs in zip(waveform, own, own[::-1], strict=True)
    )


def _kept(channel: Samples, mine: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> Samples:
    """Return a channel, silent where only the other's talker is heard."""
    near = np.convolve(mine, np.ones(2 * MARGIN_FRAMES + 1), "same") > 0
    gains = np.repeat(np.where(theirs & ~near, 0.0, 1.0), FRAME)
    gains = np.pad(gains, (0, len(channel) - len(gains)), mode="edge")
    return np.asarray(channel * gains, np.float32)
