"""Small real models the API tests need besides those of the router's tests."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, ModelWrapper, RunContext
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_recognition import (
    Segment,
    SpeechRecognitionRequest,
    SpeechRecognitionResponse,
    Word,
)
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from tests.router.models import Sine

SAMPLE_RATE = 16_000  # Hz
SEGMENT_S = 0.5

Request = SpeechRecognitionRequest | SpeechTranslationRequest
Response = SpeechRecognitionResponse | SpeechTranslationResponse


class ToneReader(ModelWrapper[Request, Response]):
    """Reads out the frequency of every half second: `440 hertz`."""

    Config = ModelConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return ModelCard(
            title="Tone reader",
            tasks=("speech-recognition", "speech-translation"),
            method="classical",
            licence="CC0-1.0",
            source="tests",
            revision="1",
            memory_mb=1,
            input_languages=("en", "de", "zh"),
            output_languages=("en",),
            sample_rate=SAMPLE_RATE,
            channels=1,
            streams=True,
        )

    def load(self, device: str) -> None:
        pass

    def run_batch(self, requests: Sequence[Request], context: RunContext) -> list[Response | AudioGPTError]:
        return [self.response(request, list(self.segments(request))) for request in requests]

    def stream(self, request: Request, context: RunContext) -> Iterator[Response]:
        for segment in self.segments(request):
            yield self.response(request, [segment])

    def segments(self, request: Request) -> Iterator[Segment]:
        assert isinstance(request.audio, Audio)
        samples = request.audio.waveform[0]
        frames = round(SEGMENT_S * SAMPLE_RATE)
        for start in range(0, len(samples), frames):
            piece = samples[start : start + frames]
            onset, offset = start / SAMPLE_RATE, (start + len(piece)) / SAMPLE_RATE
            hertz = round(float(np.argmax(np.abs(np.fft.rfft(piece)))) * SAMPLE_RATE / len(piece))
            word = Word(word=str(hertz), start=onset, end=offset, probability=1.0)
            words = (word,) if getattr(request, "word_times", False) else ()
            yield Segment(start=onset, end=offset, text=f"{hertz} hertz", words=words, tokens=(hertz,), seek=0)

    def response(self, request: Request, segments: list[Segment]) -> Response:
        text = " ".join(segment.text for segment in segments)
        if isinstance(request, SpeechTranslationRequest):
            return SpeechTranslationResponse(text=text, language="en", source_language="de", segments=tuple(segments))
        assert isinstance(request.audio, Audio)
        return SpeechRecognitionResponse(
            text=text, language=request.language or "en", duration=request.audio.duration_s, segments=tuple(segments)
        )


class Deaf(ToneReader):
    """Hears nothing in any recording, so that there is nothing to stream."""

    def segments(self, request: Request) -> Iterator[Segment]:
        return iter(())


class EnglishVoice(Sine):
    """Speaks one language only."""

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return super().card(config).model_copy(update={"output_languages": ("en",)})
