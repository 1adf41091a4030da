"""Cutting long speech at its pauses into the 30 s windows that recognisers read."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # Hz
UNDETERMINED = "und"  # ISO 639-2, for speech whose language is not known
WINDOW_S = 30
BLOCK_S = 120  # examined at once: bounds the memory of the detector, not the length of the speech
MIN_PAUSE_MS = 160
PADDING_S = 0.4  # on either side of each stretch of speech
FRAME = 512  # samples, 32 ms
CLICK_FRAMES = 3  # that may be louder than any speech
HEARD_LEVEL = 0.1  # RMS of the loudest frames from which a detector or recogniser hears everything
MOST_GAIN = 2_000.0


class SpeechWindows:
    """The stretches of a recording that hold speech, in order, each at most `WINDOW_S` long, and as few as possible."""

    def __init__(self, waveform: NDArray[np.float32], threshold: float) -> None:
        """Look at nothing yet.

        Args:
            waveform: Samples at 16 kHz, shape `(samples,)`.
            threshold: Probability above which 32 ms count as speech; 0 counts everything.
        """
        self._coming = _speech_spans(waveform, threshold)
        self._returned: list[tuple[int, int]] = []  # the next one last
        self.spans: tuple[tuple[int, int], ...] = ()
        """The stretches of speech in the last window."""

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield the first sample of each window and the one after its last."""
        while first := self._next_span():
            spans = [first]
            while span := self._next_span():
                if span[1] - first[0] > WINDOW_S * SAMPLE_RATE:
                    self._returned.append(span)
                    break
                spans.append(span)
            self.spans = tuple(spans)
            yield first[0], spans[-1][1]

    def go_back_to(self, sample: int) -> None:
        """Begin the next window inside the last one: a recogniser may stop before the end of what it is given."""
        left = [(max(start, sample), end) for start, end in self.spans if end > sample]
        self._returned.extend(reversed(left))

    def _next_span(self) -> tuple[int, int] | None:
        return self._returned.pop() if self._returned else next(self._coming, None)


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
        spans = [(span["start"], span["end"]) for span in get_speech_timestamps(audible(block), options)]
        block_end = len(block)
        if position + len(block) < len(waveform) and spans and spans[-1][1] == len(block) and spans[-1][0] > 0:
            block_end = spans.pop()[0]  # speech goes on behind the block: the next one begins with it
        for start, end in spans:
            yield max(floor, position + start), position + end
            floor = position + end
        position += block_end


def audible(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples so loud that a network trained on speech at its usual level hears the speech in them."""
    frames = block[: len(block) // FRAME * FRAME].reshape(-1, FRAME)
    if len(frames) <= CLICK_FRAMES:
        return block
    loud = float(np.sqrt(np.partition((frames**2).mean(axis=1), -CLICK_FRAMES - 1)[-CLICK_FRAMES - 1]))
    return block * np.float32(np.clip(HEARD_LEVEL / loud, 1.0, MOST_GAIN)) if loud else block
