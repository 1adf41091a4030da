"""Long audio in windows that share passes with the windows of other requests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.base import Work
from model_wrappers.contract.errors import AudioGPTError, Cancelled
from model_wrappers.torch.batches import in_memory

Waveform = NDArray[np.float32]


class Row(NamedTuple):
    """Which window of which request of the batch a row of a pass is."""

    window: int
    member: int


@dataclass(frozen=True)
class Windowing:
    """Windows of `length` samples, neighbours sharing `overlap`; shorter audio takes one window.

    That one is padded with zeros to a multiple of `grain`, so that recordings of about one length share a pass and a
    recording is always padded in the same way, alone or in company.
    """

    length: int
    overlap: int
    grain: int

    def starts(self, samples: int) -> range:
        """Return where the windows of so many samples begin."""
        return range(0, max(samples - self.overlap, 1), self.length - self.overlap)

    def cut(self, waveform: Waveform) -> list[Waveform]:
        """Return the windows of a waveform of shape `(..., samples)`, each padded with zeros to its full length."""
        samples = waveform.shape[-1]
        length = min(self.length, -(-samples // self.grain) * self.grain)
        parts = [waveform[..., start : start + length] for start in self.starts(samples)]
        return [np.pad(part, [(0, 0)] * (part.ndim - 1) + [(0, length - part.shape[-1])]) for part in parts]

    def join(self, windows: Sequence[Waveform], samples: int) -> Waveform:
        """Fade windows of shape `(..., length)` into each other and cut the result to `samples`."""
        if len(windows) == 1:
            return windows[0][..., :samples]
        output = np.zeros((*windows[0].shape[:-1], samples + self.length), np.float32)
        fade = np.linspace(0, 1, self.overlap, dtype=np.float32)
        for start, window in zip(self.starts(samples), windows, strict=True):
            faded = window.copy()
            if start:
                before = output[..., start : start + self.overlap]
                faded[..., : self.overlap] = window[..., : self.overlap] * fade + before * (1 - fade)
            output[..., start : start + window.shape[-1]] = faded
        return output[..., :samples]

    def cut_channels(self, waveform: Waveform) -> list[Waveform]:
        """Return the windows of every channel of a `(channels, samples)` waveform, one channel after another."""
        return [window for channel in waveform for window in self.cut(channel)]

    def join_channels(self, windows: Sequence[Waveform], channels: int, samples: int) -> Waveform:
        """Join what `cut_channels` gave; channels become the first axis."""
        each = len(windows) // channels
        return np.stack([self.join(windows[first : first + each], samples) for first in range(0, len(windows), each)])


def run_windows(
    windows: Sequence[Sequence[Waveform]],
    work: Work,
    run: Callable[[Waveform, Sequence[Row]], Waveform],
    *,
    rows: int,
) -> list[list[Waveform] | AudioGPTError]:
    """Run a network on the windows of all requests: the first ones of all together, then the second ones, and so on.

    Args:
        windows: Of each request; those of equal shape share a pass.
        work: Asked before every pass who still waits, and told how far each is.
        run: Takes windows of shape `(rows, ..., samples)` and whose they are; returns one output a row.
        rows: Most windows in a pass; fewer where the memory does not suffice.

    Returns:
        The outputs of each request's windows in order, or why it has none.
    """
    outputs: list[dict[int, Waveform | AudioGPTError]] = [{} for _ in windows]
    waiting = sorted(Row(number, member) for member, own in enumerate(windows) for number in range(len(own)))

    def window(row: Row) -> Waveform:
        return windows[row.member][row.window]

    def run_rows(part: Sequence[Row]) -> Sequence[Waveform]:
        return list(run(np.stack([window(row) for row in part]), part))

    while waiting := [row for row in waiting if not work.cancelled(row.member)]:
        chosen = [row for row in waiting if window(row).shape == window(waiting[0]).shape][:rows]
        waiting = [row for row in waiting if row not in set(chosen)]
        for row, output in zip(chosen, in_memory(chosen, run_rows), strict=True):
            outputs[row.member][row.window] = output
        for member in {row.member for row in chosen}:
            work.progress(member, len(outputs[member]) / len(windows[member]))
    return [_ordered(found, len(own)) for found, own in zip(outputs, windows, strict=True)]


def _ordered(found: dict[int, Waveform | AudioGPTError], expected: int) -> list[Waveform] | AudioGPTError:
    if len(found) < expected:
        return Cancelled("The caller stopped waiting; the work was given up.")
    failed = next((output for output in found.values() if isinstance(output, AudioGPTError)), None)
    return failed or [output for _, output in sorted(found.items()) if not isinstance(output, AudioGPTError)]
