"""A stretch to fill, what a generator sees of its surroundings, and the filled recording."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio, convert_channels
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest

ROUNDING_S = 0.01  # by which a rounded end may lie behind the last sample
FADE_S = 0.01  # over which the step between known and made sound is evened out


@dataclass(frozen=True)
class Surroundings:
    """The sound around a stretch, and the samples of the stretch in it."""

    waveform: Audio
    begin: int
    end: int


@dataclass(frozen=True)
class Gap:
    """The samples from `begin` to `end` of an audio, and those from `first` to `last` a generator is shown."""

    audio: Audio
    begin: int
    end: int
    first: int
    last: int

    @classmethod
    def of(cls, request: AudioInpaintingRequest, longest_s: float, least_context_s: float) -> "Gap":
        """Place a request's stretch in its audio, in the middle of at most `longest_s` seconds.

        Args:
            request: What to fill.
            longest_s: What a generator can be shown.
            least_context_s: Known sound it needs beside the stretch.

        Raises:
            InvalidInput: If it lies outside, is all of the audio, or is too long.
        """
        audio, rate, length = request.audio, request.audio.sample_rate, request.audio.waveform.shape[1]
        if request.end > audio.duration_s + ROUNDING_S:
            raise InvalidInput(
                f"The stretch from {request.start:g} to {request.end:g} s reaches beyond the end of the audio, which "
                f"lasts {audio.duration_s:.3f} s; give times within it.",
                param="end" if request.start < audio.duration_s else "start",
            )
        most_s = longest_s - least_context_s
        if request.end - request.start > most_s:
            raise InvalidInput(
                f"The stretch lasts {request.end - request.start:g} s; this model fills at most {most_s:.1f} s.",
                param="end",
            )
        begin = min(round(request.start * rate), length - 1)
        end = min(max(round(request.end * rate), begin + 1), length)
        if end - begin == length:
            raise InvalidInput("The stretch is the whole audio; nothing is left to fill it from.", param="end")
        room = int(longest_s * rate)
        first = min(max(0, (begin + end - room) // 2), max(0, length - room))
        return cls(audio, begin, end, first, min(length, first + room))

    def surroundings(self, sample_rate: int) -> Surroundings:
        """Return what a generator is shown, in stereo at its rate; the stretch itself is silent."""
        shown = self.audio.waveform[:, self.first : self.last].copy()
        shown[:, self.begin - self.first : self.end - self.first] = 0.0
        stereo = Audio(convert_channels(shown, 2), self.audio.sample_rate).resample(sample_rate)
        scale = sample_rate / self.audio.sample_rate
        return Surroundings(stereo, int((self.begin - self.first) * scale), round((self.end - self.first) * scale))


def joined(gap: Gap, made: Audio) -> Audio:
    """Return the audio with the stretch taken from what was made of its surroundings, and nothing else changed."""
    rate, channels = gap.audio.sample_rate, gap.audio.channels
    fill = convert_channels(made.resample(rate).waveform, channels)
    waveform = gap.audio.waveform.copy()
    begin, end = gap.begin - gap.first, gap.end - gap.first
    fill = np.pad(fill, ((0, 0), (0, max(0, gap.last - gap.first - fill.shape[1]))))
    stretch = fill[:, begin:end] + _evened(gap, fill, begin, end)
    waveform[:, gap.begin : gap.end] = np.clip(stretch, -1.0, 1.0)
    return Audio(waveform, rate, gap.audio.licence)


def _evened(gap: Gap, fill: NDArray[np.float32], begin: int, end: int) -> NDArray[np.float32]:
    """Return what takes away the step at both edges of the stretch, shape `(channels, samples)`."""
    known = gap.audio.waveform[:, gap.first : gap.last]
    length = end - begin
    fade = min(max(1, int(FADE_S * gap.audio.sample_rate)), length)
    slope = np.zeros(length, np.float32)
    slope[:fade] = np.linspace(1, 0, fade, endpoint=False, dtype=np.float32)
    correction = np.zeros((fill.shape[0], length), np.float32)
    if begin > 0:
        correction += (known[:, begin - 1] - fill[:, begin - 1])[:, None] * slope
    if end < known.shape[1]:
        correction += (known[:, end] - fill[:, end])[:, None] * slope[::-1]
    return correction
