"""Canary: speech in 25 European languages, written down or translated to and from English."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.torch.windowed_speech import (
    MAX_DURATION_S,
    Heard,
    Recogniser,
    SpeechRequest,
    Waveform,
    WindowedSpeechConfig,
)

_CODES = "bg hr cs da nl en et fi fr de el hu it lv lt mt pl pt ro sk sl es sv ru uk"
LANGUAGES = tuple(_CODES.split())


class CanaryConfig(WindowedSpeechConfig):
    """Canary 1B v2."""

    model: str = "nvidia/canary-1b-v2"
    max_new_tokens: int = Field(default=256, ge=1, le=1024, description="Most tokens of one window, at most 30 s")
    memory_mb: int = 3_072
    gpu_memory_mb: int = 4_096


class Canary(Recogniser):
    """Canary through transformers; the windows of all requests share passes, whatever their languages.

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
            limits=Limits(max_duration_s=MAX_DURATION_S, unsupported=("text", "speak", "prompt", "word_times")),
        )

    def load_weights(self, *folders: Path) -> None:
        """Read network and processor."""
        from transformers import AutoProcessor, CanaryForConditionalGeneration

        network = CanaryForConditionalGeneration.from_pretrained(
            folders[0], dtype=self.dtype, attn_implementation=self.config.attention
        )
        self._network = self.on_device(network)
        self._processor = AutoProcessor.from_pretrained(folders[0])

    def check(self, request: SpeechRequest) -> None:
        """Refuse speech of a language that is not told, and translations between two other languages than English."""
        source, target = _languages(request)
        if source is None:
            param = "language" if isinstance(request, SpeechRecognitionRequest) else "source_language"
            raise InvalidInput(f"Canary does not detect the language spoken; give '{param}'.", param=param)
        if target != source and "en" not in (source, target):
            raise InvalidInput(
                f"Canary translates from or into English only, not from '{source}' into '{target}'.",
                param="target_language",
            )

    def read(self, windows: Sequence[Waveform], requests: Sequence[SpeechRequest]) -> list[Heard]:
        """Decode each window in the language of its request."""
        sources, targets = zip(*map(_languages, requests), strict=True)
        inputs = self._processor.apply_transcription_request(
            audio=list(windows), source_language=list(sources), target_language=list(targets)
        ).to(self.device, self.dtype)
        generated = self._network.generate(**inputs, max_new_tokens=self.config.max_new_tokens, do_sample=False)
        prompt = inputs["decoder_input_ids"].shape[1]
        texts = self._processor.batch_decode(generated[:, prompt:], skip_special_tokens=True)
        return [Heard(text.strip()) for text in texts]


def _languages(request: SpeechRequest) -> tuple[str | None, str | None]:
    """Return the languages spoken and written."""
    if isinstance(request, SpeechRecognitionRequest):
        return request.language, request.language
    return request.source_language, request.target_language
