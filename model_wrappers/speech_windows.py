"""Cutting long speech at its pauses into the 30 s windows that recognisers read."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # Hz
WINDOW_S = 30
BLOCK_S = 120  # examined at once: bounds the memory of the detector, not the length of the speech
MIN_PAUSE_MS = 160


def speech_windows(waveform: NDArray[np.float32], threshold: float) -> Iterator[tuple[int, int]]:
    """Find the stretches that hold speech, each at most `WINDOW_S` long, with as few as possible.

    Args:
        waveform: Samples at 16 kHz, shape `(samples,)`.
        threshold: Probability above which 32 ms count as speech; 0 counts everything.

    Yields:
        First sample and the one after the last, in order, without overlap.
    """
    window: tuple[int, int] | None = None
    for start, end in _speech_spans(waveform, threshold):
        if window and end - window[0] <= WINDOW_S * SAMPLE_RATE:
            window = window[0], end
        else:
            if window:
                yield window
            window = start, end
    if window:
        yield window


def _speech_spans(waveform: NDArray[np.float32], threshold: float) -> Iterator[tuple[int, int]]:
    """Yield unbroken stretches of speech, examining the waveform block by block."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=threshold,
        max_speech_duration_s=WINDOW_S,
        min_silence_duration_ms=MIN_PAUSE_MS,
        min_speech_duration_ms=64,
    )
    position, floor = 0, 0
    while position < len(waveform):
        block = waveform[position : position + BLOCK_S * SAMPLE_RATE]
        spans = [(span["start"], span["end"]) for span in get_speech_timestamps(block, options)]
        block_end = len(block)
        if position + len(block) < len(waveform) and spans and spans[-1][1] == len(block) and spans[-1][0] > 0:
            block_end = spans.pop()[0]  # speech goes on behind the block: the next one begins with it
        for start, end in spans:
            yield max(floor, position + start), position + end
            floor = position + end
        position += block_end
