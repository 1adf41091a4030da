"""Canary: speech in 25 European languages, written down or translated to and from English."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput
from model_wrappers.contract.tasks.speech_recognition import (
    Segment,
    SpeechRecognitionRequest,
    SpeechRecognitionResponse,
)
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.speech.windows import SAMPLE_RATE, SpeechWindows
from model_wrappers.torch.batches import in_memory
from model_wrappers.torch.model import TorchConfig, TorchModel, needs

_CODES = """
bg hr cs da nl en et fi fr de el hu it lv lt mt pl pt ro sk sl es sv ru uk
"""
LANGUAGES = tuple(_CODES.split())

Request = SpeechRecognitionRequest | SpeechTranslationRequest
Response = SpeechRecognitionResponse | SpeechTranslationResponse


class CanaryConfig(TorchConfig):
    """Canary 1B v2."""

    model: str = "nvidia/canary-1b-v2"
    windows_per_batch: int = Field(default=16, ge=1, le=256, description="Windows of 30 s decoded together at most")
    max_new_tokens: int = Field(default=256, ge=1, le=1024, description="Most tokens of one window, at most 30 s")
    vad_threshold: float = Field(default=0.5, ge=0, lt=1, description="Probability above which sound is speech")
    memory_mb: int = 3_072
    gpu_memory_mb: int = 4_096


@dataclass(frozen=True)
class Speech:
    """One request's speech, cut into windows."""

    request: Request
    waveform: NDArray[np.float32]
    spans: tuple[tuple[int, int], ...]
    source: str
    target: str


class Canary(TorchModel[Request, Response, Speech]):
    """Canary through transformers; the windows of all requests share batches, whatever their languages.

    Source: Sekoyan et al., Canary-1B-v2 and Parakeet-TDT-0.6B-v3, arXiv 2509.14128.
    """

    Config = CanaryConfig
    config: CanaryConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare both tasks."""
        return cls.declare(
            config,
            title="Canary 1B v2",
            tasks=("speech-recognition", "speech-translation"),
            licence="CC-BY-4.0",
            input_languages=LANGUAGES,
            output_languages=LANGUAGES,
            sample_rate=SAMPLE_RATE,
            channels=1,
            limits=Limits(max_duration_s=4 * 3600, unsupported=("text", "speak", "prompt", "word_times")),
            requires=needs("torch", "transformers"),
            reports_progress=True,
        )

    def load_weights(self, *folders: Path) -> None:
        """Read network and processor."""
        from transformers import AutoProcessor, CanaryForConditionalGeneration

        network = CanaryForConditionalGeneration.from_pretrained(
            folders[0], dtype=self.dtype, attn_implementation=self.config.attention
        )
        self._network = self.on_device(network)
        self._processor = AutoProcessor.from_pretrained(folders[0])

    def batch_key(self, request: Request) -> object:
        """Keep the two tasks apart; languages may mix."""
        return type(request)

    def prepare(self, request: Request) -> Speech:
        """Check the languages and cut the speech at its pauses."""
        source, target = _languages(request)
        assert request.audio is not None
        waveform = request.audio.resample(SAMPLE_RATE).mono()
        spans = tuple(SpeechWindows(waveform, self.config.vad_threshold))
        return Speech(request, waveform, spans, source, target)

    def answer(self, batch: Sequence[Speech], work: Work) -> Sequence[Response | AudioGPTError]:
        """Decode the windows of all requests, so many at a time, and join each request's texts."""
        windows = [(member, span) for member, speech in enumerate(batch) for span in speech.spans]
        size = self.config.windows_per_batch
        texts: dict[int, list[str | AudioGPTError]] = {member: [] for member in range(len(batch))}
        for first in range(0, len(windows), size):
            work.report(first / len(windows))
            chunk = [window for window in windows[first : first + size] if not work.cancelled(window[0])]
            for (member, _), text in zip(chunk, in_memory(chunk, lambda part: self._decode(batch, part)), strict=True):
                texts[member].append(text)
        work.report(1.0)
        return [_response(speech, texts[member]) for member, speech in enumerate(batch)]

    def _decode(self, batch: Sequence[Speech], windows: Sequence[tuple[int, tuple[int, int]]]) -> list[str]:
        speeches = [batch[member] for member, _ in windows]
        inputs = self._processor.apply_transcription_request(
            audio=[batch[member].waveform[slice(*span)] for member, span in windows],
            source_language=[speech.source for speech in speeches],
            target_language=[speech.target for speech in speeches],
        ).to(self.device, self.dtype)
        generated = self._network.generate(**inputs, max_new_tokens=self.config.max_new_tokens, do_sample=False)
        prompt = inputs["decoder_input_ids"].shape[1]
        return [text.strip() for text in self._processor.batch_decode(generated[:, prompt:], skip_special_tokens=True)]


def _languages(request: Request) -> tuple[str, str]:
    """Return the languages spoken and written."""
    if isinstance(request, SpeechRecognitionRequest):
        param, source = "language", request.language
    else:
        param, source = "source_language", request.source_language
    if source is None:
        raise InvalidInput(f"Canary does not detect the language spoken; give '{param}'.", param=param)
    target = source if isinstance(request, SpeechRecognitionRequest) else request.target_language
    for name, language in ((param, source), ("target_language", target)):
        if language not in LANGUAGES:
            raise InvalidInput(
                f"Canary does not know the language '{language}'; choose one of: {', '.join(LANGUAGES)}.", param=name
            )
    if isinstance(request, SpeechTranslationRequest):
        if request.audio is None:
            raise InvalidInput("Canary translates speech, not text; send 'audio'.", param="text")
        if "en" not in (source, target):
            raise InvalidInput(
                f"Canary translates from or into English only, not from '{source}' into '{target}'.",
                param="target_language",
            )
    return source, target


def _response(speech: Speech, texts: Sequence[str | AudioGPTError]) -> Response | AudioGPTError:
    for text in texts:
        if isinstance(text, AudioGPTError):
            return text
    segments = tuple(
        Segment(start=first / SAMPLE_RATE, end=last / SAMPLE_RATE, text=text)
        for (first, last), text in zip(speech.spans, texts, strict=False)
        if isinstance(text, str) and text
    )
    written = " ".join(segment.text for segment in segments)
    if isinstance(speech.request, SpeechRecognitionRequest):
        return SpeechRecognitionResponse(
            text=written,
            language=speech.source,
            duration=len(speech.waveform) / SAMPLE_RATE,
            segments=segments,
        )
    return SpeechTranslationResponse(text=written, language=speech.target, source_language=speech.source)
