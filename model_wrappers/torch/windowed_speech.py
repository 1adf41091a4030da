"""Models that read speech of any length in windows of at most 30 s, cut at its pauses."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.base import ResponseT, Work
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_recognition import (
    Segment,
    SpeechRecognitionRequest,
    SpeechRecognitionResponse,
    Word,
)
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.speech.windows import SAMPLE_RATE, UNDETERMINED, SpeechWindows
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.torch.pieces import respond, run_pieces

MAX_DURATION_S = 4 * 3600.0

Waveform = NDArray[np.float32]
SpeechRequest = SpeechRecognitionRequest | SpeechTranslationRequest
SpeechResponse = SpeechRecognitionResponse | SpeechTranslationResponse
SpeechRequestT = TypeVar("SpeechRequestT", bound=SpeechRequest)
ReadT = TypeVar("ReadT")


class WindowedSpeechConfig(TorchConfig):
    """What changes how speech is cut and read."""

    windows_per_batch: int = Field(
        default=16, ge=1, le=256, description="Windows of at most 30 s read together at most"
    )
    vad_threshold: float = Field(default=0.5, ge=0, lt=1, description="Probability above which sound is speech")


@dataclass(frozen=True)
class Speech(Generic[SpeechRequestT]):
    """One request's speech in windows at 16 kHz, each of shape `(samples,)`, with begin and end in seconds."""

    request: SpeechRequestT
    duration_s: float
    windows: tuple[Waveform, ...] = ()
    spans_s: tuple[tuple[float, float], ...] = ()

    @classmethod
    def cut(cls, request: SpeechRequestT, vad_threshold: float) -> "Speech[SpeechRequestT]":
        """Cut the speech of a request at its pauses; what is no speech is left out."""
        assert request.audio is not None
        waveform = request.audio.resample(SAMPLE_RATE).mono()
        spans = list(SpeechWindows(waveform, vad_threshold))
        return cls(
            request,
            len(waveform) / SAMPLE_RATE,
            tuple(waveform[first:last] for first, last in spans),
            tuple((first / SAMPLE_RATE, last / SAMPLE_RATE) for first, last in spans),
        )


class WindowedSpeech(
    TorchModel[SpeechRequestT, ResponseT, Speech[SpeechRequestT]], Generic[SpeechRequestT, ResponseT, ReadT]
):
    """A model that reads the windows of all requests together: some at a time in `read`, joined in `respond`."""

    config: WindowedSpeechConfig

    @classmethod
    def declare(cls, config: Any, **fields: Any) -> ModelCard:
        """Return a card with what all of them share, and `fields` for the rest."""
        shared = {"sample_rate": SAMPLE_RATE, "channels": 1, "requires": needs("torch", "transformers")}
        return super().declare(config, **(shared | {"reports_progress": True} | fields))

    def check(self, request: SpeechRequestT) -> None:
        """Refuse what the card cannot tell of.

        Raises:
            InvalidInput: If the request cannot be answered.
        """

    @abstractmethod
    def read(self, windows: Sequence[Waveform], requests: Sequence[SpeechRequestT]) -> Sequence[ReadT]:
        """Read windows in one pass.

        Args:
            windows: Samples at 16 kHz, each of shape `(samples,)`.
            requests: Whose each of them is.
        """

    @abstractmethod
    def respond(self, speech: Speech[SpeechRequestT], read: list[ReadT]) -> ResponseT:
        """Put together what was read in the windows of one request."""

    def rows(self, batch: Sequence[Speech[SpeechRequestT]]) -> int:
        """Return how many windows of a batch may share a pass."""
        return self.config.windows_per_batch

    def prepare(self, request: SpeechRequestT) -> Speech[SpeechRequestT]:
        """Check the request and cut its speech at its pauses."""
        self.check(request)
        return Speech.cut(request, self.config.vad_threshold)

    def answer(self, batch: Sequence[Speech[SpeechRequestT]], work: Work) -> Sequence[ResponseT | AudioGPTError]:
        """Read the windows of all requests, so many at a time, and join what was read for each."""
        pieces = [[(window, speech.request) for window in speech.windows] for speech in batch]

        def run(rows: Sequence[tuple[Waveform, SpeechRequestT]]) -> Sequence[ReadT]:
            return self.read([window for window, _ in rows], [request for _, request in rows])

        return respond(batch, run_pieces(pieces, work, run, rows=self.rows(batch)), self.respond)


@dataclass(frozen=True)
class Heard:
    """What is said in one window, the times of its words counted from its begin."""

    text: str
    words: tuple[Word, ...] = ()


class Recogniser(WindowedSpeech[SpeechRequest, SpeechResponse, Heard]):
    """A model that writes down, or translates, what is said in each window."""

    def batch_key(self, request: SpeechRequest) -> object:
        """Keep the two tasks apart; languages may mix."""
        return type(request)

    def respond(self, speech: Speech[SpeechRequest], read: list[Heard]) -> SpeechResponse:
        """Join the texts; each window with speech in it becomes a segment."""
        request = speech.request
        timed = isinstance(request, SpeechRecognitionRequest) and request.word_times
        segments = tuple(
            Segment(start=start_s, end=end_s, text=heard.text, words=_moved(heard.words, start_s) if timed else ())
            for (start_s, end_s), heard in zip(speech.spans_s, read, strict=True)
            if heard.text
        )
        text = " ".join(segment.text for segment in segments)
        if isinstance(request, SpeechTranslationRequest):
            source = request.source_language or UNDETERMINED
            return SpeechTranslationResponse(
                text=text, language=request.target_language, source_language=source, segments=segments
            )
        return SpeechRecognitionResponse(
            text=text, language=request.language or UNDETERMINED, duration=speech.duration_s, segments=segments
        )


def _moved(words: tuple[Word, ...], seconds: float) -> tuple[Word, ...]:
    return tuple(word.model_copy(update={"start": word.start + seconds, "end": word.end + seconds}) for word in words)
