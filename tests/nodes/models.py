"""Stand-ins for the models of a serve config: they take their place and answer without their weights."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, JsonValue

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, ModelWrapper, RunContext, import_wrapper
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError, ModelFailed
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest, SpeechEnhancementResponse
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse

SAMPLE_RATE = 16_000  # Hz
SAMPLES_PER_CHARACTER = 160
POLL_S = 0.02
MAX_HELD_S = 300.0
ORIGIN = ("title", "method", "licence", "commercial_use", "source", "revision")
PLACE = ("tasks", "limits", "memory_mb", "gpu_memory_mb")


class StandIn(ModelWrapper[TaskRequest, TaskResponse]):
    """Declares what another model takes of a node, sleeps, and echoes.

    While there is a file of its name in its folder, its answers wait.
    """

    class Config(ModelConfig):
        name: str
        of: str
        of_args: dict[str, JsonValue] = Field(default_factory=dict)
        folder: Path
        work_s: float = 0.1

    config: Config

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        wrapper = import_wrapper(config.of)
        card = wrapper.card(wrapper.Config.model_validate(config.of_args))
        return ModelCard.model_validate({name: getattr(card, name) for name in (*ORIGIN, *PLACE)})

    def load(self, device: str) -> None:
        pass

    def run_batch(self, requests: Sequence[TaskRequest], context: RunContext) -> list[TaskResponse | AudioGPTError]:
        time.sleep(self.config.work_s)
        gate, until = self.config.folder / self.config.name, time.monotonic() + MAX_HELD_S
        while gate.exists() and not context.cancelled(0) and time.monotonic() < until:
            time.sleep(POLL_S)
        return [ECHOES.get(type(request), _cannot)(request) for request in requests]


def _speak(request: TextToSpeechRequest) -> TextToSpeechResponse:
    samples = np.full((1, SAMPLES_PER_CHARACTER * len(request.text)), 0.5, np.float32)
    return TextToSpeechResponse(audio=Audio(samples, SAMPLE_RATE))


def _translate(request: SpeechTranslationRequest) -> SpeechTranslationResponse:
    return SpeechTranslationResponse(text=request.text or "", language=request.target_language, source_language="en")


def _halve(request: SpeechEnhancementRequest) -> SpeechEnhancementResponse:
    return SpeechEnhancementResponse(audio=Audio(request.audio.waveform / 2, request.audio.sample_rate))


def _cannot(request: TaskRequest) -> AudioGPTError:
    return ModelFailed(f"A stand-in has no answer to {type(request).__name__}.")


ECHOES: dict[type[TaskRequest], Callable[[Any], TaskResponse | AudioGPTError]] = {
    TextToSpeechRequest: _speak,
    SpeechTranslationRequest: _translate,
    SpeechEnhancementRequest: _halve,
}
