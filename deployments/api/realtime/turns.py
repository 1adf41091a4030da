"""Telling from a stream of sound when somebody begins and ends to speak."""

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from deployments.api.realtime.config import SAMPLE_RATE, TurnDetection
from model_wrappers.speech.voice_activity import FRAME, VoiceActivity
from model_wrappers.speech.voice_activity import SAMPLE_RATE as DETECTOR_RATE

FRAME_MS = 1_000 * FRAME // DETECTOR_RATE  # 32
HYSTERESIS = 0.15  # silence is a probability this far below the one that counts as speech, as in Silero's own code
MIN_SPEECH_MS = 96  # shorter bursts are clicks
LAG_MS = 200  # kept besides the padding: the judgement trails the stream by a piece, a frame and the resampler
MAX_SPEECH_S = 60.0  # longer speech is cut here


@dataclass(frozen=True)
class SpeechStarted:
    """Somebody begins to speak, in milliseconds of the stream, padding included."""

    start_ms: int


@dataclass(frozen=True)
class SpeechStopped:
    """Somebody stops; `pcm` is what was said, shape `(samples,)`."""

    end_ms: int
    pcm: NDArray[np.int16]


TurnEvent = SpeechStarted | SpeechStopped


class TurnDetector:
    """Follows one stream; holds at most one utterance."""

    def __init__(self, settings: TurnDetection) -> None:
        """Begin with silence."""
        self._settings = settings
        self._detector = VoiceActivity()
        self._resampler = soxr.ResampleStream(SAMPLE_RATE, DETECTOR_RATE, 1, dtype="float32")
        self._kept = np.zeros(0, np.int16)  # the utterance, or the padding of the next one
        self._kept_from = 0  # sample of the stream `_kept` begins at
        self._frames = 0  # judged so far
        self._loud_ms = self._quiet_ms = 0
        self.speaking = False

    def feed(self, pcm: NDArray[np.int16]) -> list[TurnEvent]:
        """Take more of the stream and return what happened in it."""
        self._kept = np.concatenate([self._kept, pcm])
        samples = self._resampler.resample_chunk(pcm.astype(np.float32) / 32_768)
        events = [event for probability in self._detector.feed(samples) if (event := self._judge(probability))]
        if not self.speaking:
            self._forget_all_but(self._settings.prefix_padding_ms + self._loud_ms + LAG_MS)
        return events

    def clear(self) -> None:
        """Forget what was said so far."""
        self._kept_from += len(self._kept)
        self._kept = np.zeros(0, np.int16)
        self.speaking, self._loud_ms, self._quiet_ms = False, 0, 0

    def commit(self) -> NDArray[np.int16]:
        """Return what is held, as if speech had ended here."""
        pcm = self._kept
        self.clear()
        return pcm

    def _judge(self, probability: float) -> TurnEvent | None:
        self._frames += 1
        now_ms = self._frames * FRAME_MS
        if not self.speaking:
            return self._judge_silence(probability, now_ms)
        quiet = probability < self._settings.threshold - HYSTERESIS
        self._quiet_ms = self._quiet_ms + FRAME_MS if quiet else 0
        too_long = len(self._kept) > MAX_SPEECH_S * SAMPLE_RATE
        return self._stop(now_ms) if self._quiet_ms >= self._settings.silence_duration_ms or too_long else None

    def _judge_silence(self, probability: float, now_ms: int) -> SpeechStarted | None:
        self._loud_ms = self._loud_ms + FRAME_MS if probability >= self._settings.threshold else 0
        if self._loud_ms < MIN_SPEECH_MS:
            return None
        start_ms = max(0, now_ms - self._loud_ms - self._settings.prefix_padding_ms)
        self.speaking, self._quiet_ms = True, 0
        self._forget_before(start_ms * SAMPLE_RATE // 1_000)
        return SpeechStarted(start_ms)

    def _stop(self, now_ms: int) -> SpeechStopped:
        end = now_ms * SAMPLE_RATE // 1_000 - self._kept_from
        said, rest = self._kept[:end], self._kept[end:]
        self._kept_from += len(said)
        self._kept = rest
        self.speaking, self._loud_ms, self._quiet_ms = False, 0, 0
        return SpeechStopped(now_ms, said)

    def _forget_all_but(self, kept_ms: int) -> None:
        self._forget_before(self._kept_from + len(self._kept) - kept_ms * SAMPLE_RATE // 1_000)

    def _forget_before(self, sample: int) -> None:
        gone = min(max(0, sample - self._kept_from), len(self._kept))
        self._kept = self._kept[gone:]
        self._kept_from += gone
