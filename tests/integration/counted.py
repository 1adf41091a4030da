"""Models that do nothing but take a while and write down that they ran."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, ModelWrapper, RequestT, ResponseT, RunContext
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest, SpeechEnhancementResponse
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse

SAMPLE_RATE = 16_000  # Hz
SAMPLES_PER_CHARACTER = 160
HOLD, HELD_S = "hold", 0.05


class Counted(ModelWrapper[RequestT, ResponseT]):
    """Takes its time, once for a batch, and says so in a file that outlives the process.

    It works as long as there is a file of a certain name beside that one.
    """

    class Config(ModelConfig):
        folder: Path
        load_s: float = 0.0
        work_s: float = 0.2

    config: Config

    def load(self, device: str) -> None:
        self.note("loading")
        time.sleep(self.config.load_s)

    def work(self, *notes: str) -> None:
        """Note what is done, and take as long as it takes."""
        self.note(*notes)
        time.sleep(self.config.work_s)
        while (self.config.folder / HOLD).exists():
            time.sleep(HELD_S)

    def note(self, *notes: str) -> None:
        with (self.config.folder / "executed.txt").open("a") as file:
            file.writelines(f"{note}\n" for note in notes)


class Repeater(Counted[SpeechTranslationRequest, SpeechTranslationResponse]):
    """Translates a text by repeating it."""

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return _card("Repeater", "speech-translation")

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        self.work(*(f"{request.text} {request.target_language}" for request in requests))
        return [
            SpeechTranslationResponse(text=request.text or "", language=request.target_language, source_language="en")
            for request in requests
        ]


class Beeper(Counted[TextToSpeechRequest, TextToSpeechResponse]):
    """Speaks a text as a constant, a hundredth of a second a character."""

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return _card("Beeper", "text-to-speech")

    def run_batch(
        self, requests: Sequence[TextToSpeechRequest], context: RunContext
    ) -> list[TextToSpeechResponse | AudioGPTError]:
        self.work(*(f"{request.text} speech" for request in requests))
        lengths = [SAMPLES_PER_CHARACTER * len(request.text) for request in requests]
        return [TextToSpeechResponse(audio=Audio(np.full((1, n), 0.5, np.float32), SAMPLE_RATE)) for n in lengths]


class Halver(Counted[SpeechEnhancementRequest, SpeechEnhancementResponse]):
    """Gives a sound back at half its level."""

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return _card("Halver", "speech-enhancement")

    def run_batch(
        self, requests: Sequence[SpeechEnhancementRequest], context: RunContext
    ) -> list[SpeechEnhancementResponse | AudioGPTError]:
        self.work(*("- enhanced" for _ in requests))
        sounds = [request.audio for request in requests]
        return [SpeechEnhancementResponse(audio=Audio(a.waveform / 2, a.sample_rate)) for a in sounds]


def _card(title: str, task: str) -> ModelCard:
    source = {"licence": "CC0-1.0", "source": "benchmarks", "revision": "1"}
    return ModelCard.model_validate({"title": title, "tasks": (task,), "method": "classical", "memory_mb": 1, **source})
