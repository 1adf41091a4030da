"""Channels of sound: their order by layout, and fewer or more of them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import InvalidInput

# The order of WAVE and FLAC for a number of channels, by FFmpeg's names; everything stored here has it.
LAYOUTS: Final[dict[int, tuple[str, ...]]] = {
    1: ("FC",),
    2: ("FL", "FR"),
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
HALF_POWER = 2**-0.5
# Where the sound of a speaker goes that the target lacks, in order of preference (ITU-R BS.775); LFE goes nowhere.
_INSTEAD: Final[dict[str, tuple[dict[str, float], ...]]] = {
    "FC": ({"FL": HALF_POWER, "FR": HALF_POWER},),
    "FL": ({"FC": HALF_POWER},),
    "FR": ({"FC": HALF_POWER},),
    "SL": ({"BL": 1.0}, {"FL": HALF_POWER}, {"FC": 0.5}),
    "SR": ({"BR": 1.0}, {"FR": HALF_POWER}, {"FC": 0.5}),
    "BL": ({"SL": 1.0}, {"FL": HALF_POWER}, {"FC": 0.5}),
    "BR": ({"SR": 1.0}, {"FR": HALF_POWER}, {"FC": 0.5}),
    "BC": ({"BL": HALF_POWER, "BR": HALF_POWER}, {"FL": 0.5, "FR": 0.5}, {"FC": 0.5}),
    "FLC": ({"FL": 1.0}, {"FC": HALF_POWER}),
    "FRC": ({"FR": 1.0}, {"FC": HALF_POWER}),
    "LFE": ({},),
}
BLOCK_FRAMES = 65_536
OPPOSED = -0.25  # correlation below which a channel is taken to be inverted; unrelated voices stay well above


def stored_order(names: Sequence[str]) -> NDArray[np.float32] | None:
    """Return the matrix that brings a layout into the order its number of channels has here.

    Args:
        names: FFmpeg's names of the channels, e.g. `("FL", "FR", "LFE")`.

    Returns:
        Shape `(channels, channels)`; None where nothing is to be done, or nothing known of the layout.
    """
    target = LAYOUTS.get(len(names))
    if target is None or tuple(names) == target or not set(names) <= {*target, *_INSTEAD} or len(names) == 1:
        return None
    return _matrix(names, target)


def _matrix(source: Sequence[str], target: Sequence[str]) -> NDArray[np.float32]:
    """Return gains of shape `(target, source)`; no output can exceed full scale."""
    gains = np.zeros((len(target), len(source)), np.float32)
    for column, name in enumerate(source):
        choices = ({name: 1.0}, *_INSTEAD.get(name, ()))
        chosen = next((choice for choice in choices if set(choice) <= set(target)), {})
        for speaker, gain in chosen.items():
            gains[target.index(speaker), column] = gain
    return gains / max(1.0, float(np.abs(gains).sum(axis=1).max()))


class Downmix:
    """One or two channels out of more, block by block: by layout, and without channels that cancel each other.

    A channel that opposes those before it is inverted: recordings with a swapped plug would otherwise vanish.
    """

    def __init__(self, source_channels: int, channels: int) -> None:
        """Prepare for blocks of `source_channels` channels."""
        layout = LAYOUTS.get(source_channels)
        if layout is None:
            self._gains = np.full((channels, source_channels), 1 / source_channels, np.float32)
        else:
            self._gains = _matrix(layout, LAYOUTS[channels])
        self._signs = np.ones(source_channels, np.float32)

    def __call__(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mix a block of shape `(source_channels, frames)`."""
        mixed = np.empty((len(self._gains), block.shape[1]), np.float32)
        for row, gains in enumerate(self._gains):
            self._decide_signs(block, np.flatnonzero(gains))
            mixed[row] = (gains * self._signs) @ block
        return mixed

    def _decide_signs(self, block: NDArray[np.float32], heard: NDArray[np.intp]) -> None:
        """Choose each channel's sign so that it adds to those before it; in doubt it stays as it was."""
        if len(heard) < 2:
            return
        centred = block[heard] - block[heard].mean(axis=1, keepdims=True)
        summed = centred[0] * self._signs[heard[0]]
        for place, channel in enumerate(heard[1:], 1):
            sign = self._signs[channel]
            correlation = sign * _correlation(summed, centred[place])
            if correlation < OPPOSED:
                sign = self._signs[channel] = -sign
            summed = summed + sign * centred[place]


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    powers = float(one @ one) * float(other @ other)
    return float(one @ other) / powers**0.5 if powers > 0 else 0.0


def convert_channels(waveform: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Convert a waveform to the given number of channels.

    Args:
        waveform: Samples in [-1, 1], shape `(source_channels, samples)`.
        channels: Number of output channels: one or two are mixed by layout, more repeat a mono source or drop the
            last ones.

    Returns:
        Samples, shape `(channels, samples)`; the input itself if it already matches.

    Raises:
        InvalidInput: If the source is neither mono nor has at least `channels` channels.
    """
    source_channels = waveform.shape[0]
    check_convertible(source_channels, channels)
    if source_channels == channels:
        return waveform
    if source_channels == 1:
        return np.repeat(waveform, channels, axis=0)
    if channels > 2:
        return waveform[:channels]
    downmix = Downmix(source_channels, channels)
    mixed = [downmix(waveform[:, start : start + BLOCK_FRAMES]) for start in range(0, waveform.shape[1], BLOCK_FRAMES)]
    return np.concatenate(mixed, axis=1) if mixed else np.zeros((channels, 0), np.float32)


def check_convertible(source_channels: int, channels: int) -> None:
    """Raise if a sound cannot have that many channels.

    Raises:
        InvalidInput: If the source is neither mono nor has at least `channels` channels.
    """
    if 1 < source_channels < channels:
        raise InvalidInput(f"The audio has {source_channels} channels; this task needs 1 or at least {channels}.")
