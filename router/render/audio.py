"""Waveform and mel spectrogram, read block by block."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from router.render.figure import ACCENT, MARK, figure, label_time, length_text, to_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_ROWS = 8  # channels drawn
COLUMNS = 1400  # two values per pixel of the plot, so that no gap shows
WINDOW_S = 0.046  # 1024 samples at 22,050 Hz
OVERLAP = 4
N_MELS = 96
MAX_FREQUENCY = 16_000  # Hz; above it hardly anything is seen
FLOOR_DB = -80.0
LEAST_GAP_SHARE = 0.05  # of the time axis a marked gap takes


def draw_waveform(data: bytes) -> bytes:
    """Draw least and greatest sample over time, one row per channel."""
    properties = Audio.inspect(data)
    duration_s, channels = properties["duration_s"], properties["channels"]
    frames = round(duration_s * properties["sample_rate"])
    low, high = envelope(Audio.blocks(data), min(channels, MAX_ROWS), frames)
    edges = np.linspace(0, duration_s, low.shape[1])
    limit = max(0.01, 1.05 * float(max(high.max(), -low.min())))
    with figure(100 + 130 * len(low) if len(low) > 1 else 250) as drawn:
        rows = drawn.subplots(len(low), sharex=True, squeeze=False)[:, 0]
        for row, axes in enumerate(rows):
            axes.fill_between(edges, low[row], high[row], color=ACCENT, linewidth=0.6)
            axes.set_ylim(-limit, limit)
            axes.grid(visible=True)
            axes.set_ylabel("Amplitude" if len(low) == 1 else f"Channel {row + 1}")
        rows[0].set_title(_title(properties, len(low)))
        if len(low) > 1:
            drawn.supylabel("Amplitude (full scale = 1)", fontsize=10)
        else:
            rows[0].set_ylabel("Amplitude (full scale = 1)")
        label_time(rows[-1], duration_s)
        return to_png(drawn)


def _title(properties: dict[str, float], drawn: int) -> str:
    channels = int(properties["channels"])
    names = {1: "mono", 2: "stereo"}
    shown = f", first {drawn} drawn" if drawn < channels else ""
    return (
        f"Waveform: {length_text(properties['duration_s'])}, {properties['sample_rate']:,} Hz, "
        f"{names.get(channels, f'{channels} channels')}{shown}"
    )


def envelope(
    blocks: Iterator[NDArray[np.float32]], channels: int, frames: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return least and greatest samples in equal stretches, each of shape `(channels, columns)`."""
    columns = min(COLUMNS, frames)
    low = np.full((channels, columns), np.inf, dtype=np.float32)
    high = np.full((channels, columns), -np.inf, dtype=np.float32)
    position = 0
    for block in blocks:
        column = (np.arange(position, position + block.shape[1]) * columns) // frames
        starts = np.flatnonzero(np.diff(column, prepend=-1))
        reached = column[starts]
        low[:, reached] = np.minimum(low[:, reached], np.minimum.reduceat(block[:channels], starts, axis=1))
        high[:, reached] = np.maximum(high[:, reached], np.maximum.reduceat(block[:channels], starts, axis=1))
        position += block.shape[1]
    return low, high


def draw_mel(data: bytes, gap: tuple[float, float] | None) -> bytes:
    """Draw the mel spectrogram of the mean of the channels, with a filled stretch marked."""
    properties = Audio.inspect(data)
    duration_s, sample_rate = properties["duration_s"], properties["sample_rate"]
    levels = mel_levels(Audio.blocks(data, channels=1), sample_rate, round(duration_s * sample_rate))
    highest = min(sample_rate / 2, MAX_FREQUENCY)
    with figure(340) as drawn:
        axes = drawn.subplots()
        picture = axes.imshow(
            levels,
            origin="lower",
            aspect="auto",
            extent=(0, duration_s, 0, float(hertz_to_mel(highest))),
            cmap="magma",
            vmin=FLOOR_DB,
            vmax=0,
        )
        _label_frequency(axes, highest)
        label_time(axes, duration_s)
        title = f"Mel spectrogram: {length_text(duration_s)}, {sample_rate:,} Hz"
        if gap is not None:
            _mark(axes, gap)
            _show_around(axes, gap, duration_s)
            title += f"; filled from {gap[0]:.2f} to {gap[1]:.2f} s"
        axes.set_title(title, pad=9)
        drawn.colorbar(picture, ax=axes, label="Level (dB, loudest = 0)", pad=0.01)
        return to_png(drawn)


def _mark(axes: "Axes", gap: tuple[float, float]) -> None:
    bar = axes.get_xaxis_transform()
    axes.plot(gap, (1.0, 1.0), color=MARK, linewidth=6, transform=bar, clip_on=False, solid_capstyle="butt")
    for edge in gap:
        axes.axvline(edge, color="white", linewidth=1.6, linestyle=(0, (4, 2)))


def _show_around(axes: "Axes", gap: tuple[float, float], duration_s: float) -> None:
    """Show only the surroundings of a gap that would be too narrow to be seen in the whole sound."""
    from matplotlib.ticker import AutoLocator, ScalarFormatter

    length_s = gap[1] - gap[0]
    if length_s < LEAST_GAP_SHARE * duration_s:
        around_s = length_s * (1 / LEAST_GAP_SHARE - 1) / 2
        axes.set_xlim(max(0.0, gap[0] - around_s), min(duration_s, gap[1] + around_s))
        axes.xaxis.set_major_locator(AutoLocator())
        axes.xaxis.set_major_formatter(ScalarFormatter(useOffset=False))
        axes.set_xlabel("Time (s)")


def _label_frequency(axes: "Axes", highest: float) -> None:
    hertz = [value for value in (0, 250, 500, 1000, 2000, 4000, 8000, 16000) if value <= highest]
    axes.set_yticks([float(hertz_to_mel(value)) for value in hertz], [f"{value:,}" for value in hertz])
    axes.set_ylabel("Frequency (Hz, mel scale)")


def mel_levels(blocks: Iterator[NDArray[np.float32]], sample_rate: int, frames: int) -> NDArray[np.float32]:
    """Return levels in dB below the loudest, shape `(N_MELS, columns)`; of long sounds, windows with gaps between."""
    length = max(16, 2 ** round(np.log2(WINDOW_S * sample_rate)))
    hop_length = max(length // OVERLAP, -(-frames // COLUMNS))
    window = np.hanning(length).astype(np.float32)
    filters = mel_filters(sample_rate, length)
    columns = []
    for piece in _windows(blocks, length, hop_length):
        power = np.abs(np.fft.rfft(piece * window)) ** 2
        columns.append(filters @ power.T)
    power = np.concatenate(columns, axis=1)
    loudest = power.max()
    if loudest == 0:
        return np.full_like(power, FLOOR_DB)
    levels = 10 * np.log10(np.maximum(power / loudest, np.finfo(np.float32).tiny))
    return np.asarray(np.maximum(levels, FLOOR_DB), np.float32)


def _windows(blocks: Iterator[NDArray[np.float32]], length: int, hop_length: int) -> Iterator[NDArray[np.float32]]:
    """Yield stacks of windows, shape `(windows, length)`, centred on multiples of the hop; silence at both ends."""
    held = np.zeros(length // 2, dtype=np.float32)
    skip = 0
    tail = np.zeros((1, length // 2), dtype=np.float32)
    for block in chain(blocks, [tail]):
        held = np.concatenate([held, block[0]])
        drop = min(skip, len(held))
        held, skip = held[drop:], skip - drop
        count = (len(held) - length) // hop_length + 1
        if count > 0:
            yield np.lib.stride_tricks.sliding_window_view(held, length)[: count * hop_length : hop_length]
            used = min(count * hop_length, len(held))
            skip, held = count * hop_length - used, held[used:]


def hertz_to_mel(frequency: float | NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Convert Hz to mel (O'Shaughnessy: 2595 log10(1 + f / 700))."""
    return np.asarray(2595 * np.log10(1 + np.asarray(frequency) / 700))


def mel_filters(sample_rate: int, length: int) -> NDArray[np.float32]:
    """Return triangular filters from 0 Hz to `MAX_FREQUENCY`, shape `(N_MELS, length // 2 + 1)`, each of sum 1.

    A filter narrower than the bins takes the bin nearest to its centre.
    """
    highest = min(sample_rate / 2, MAX_FREQUENCY)
    edges = np.linspace(0, float(hertz_to_mel(highest)), N_MELS + 2)
    bins = np.fft.rfftfreq(length, 1 / sample_rate)
    position = hertz_to_mel(bins)
    step = edges[1] - edges[0]
    filters = np.maximum(0, 1 - np.abs(position - edges[1:-1, None]) / step)
    nearest = np.argmin(np.abs(position - edges[1:-1, None]), axis=1)
    filters[np.arange(N_MELS), nearest] += 1e-9
    return np.asarray(filters / filters.sum(axis=1, keepdims=True), np.float32)
