"""Models that speak, hear and change sound."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, ModelWrapper, RunContext
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest, SpeechEnhancementResponse
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest, SpeechRecognitionResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from tests.router.models.plain import BATCHES, GATES, POLL_S, STARTED, STOPPED, card

SAMPLE_RATE = 16_000  # Hz
SECONDS_PER_CHARACTER = 0.01


class Sine(ModelWrapper[TextToSpeechRequest, TextToSpeechResponse]):
    """Speaks every text as a tone, a hundredth of a second a character."""

    class Config(ModelConfig):
        frequency_hz: float = 440.0
        seconds_per_character: float = SECONDS_PER_CHARACTER
        output_languages: tuple[str, ...] | None = None
        max_characters: int | None = None

    config: Config

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        limits = Limits(max_characters=config.max_characters)
        return card("text-to-speech", output_languages=config.output_languages, limits=limits)

    def load(self, device: str) -> None:
        self.omega = 2 * np.pi * self.config.frequency_hz / SAMPLE_RATE

    def run_batch(
        self, requests: Sequence[TextToSpeechRequest], context: RunContext
    ) -> list[TextToSpeechResponse | AudioGPTError]:
        return [TextToSpeechResponse(audio=self.tone(len(request.text))) for request in requests]

    def tone(self, characters: int) -> Audio:
        samples = np.arange(round(characters * self.config.seconds_per_character * SAMPLE_RATE))
        return Audio(0.5 * np.sin(self.omega * samples, dtype=np.float32)[None, :], SAMPLE_RATE)


class Dripper(Sine):
    """Speaks word by word, each word once its gate lets it."""

    class Config(Sine.Config):
        name: str
        fails_after: int | None = None

    config: Config

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return card("text-to-speech", streams=True)

    def stream(self, request: TextToSpeechRequest, context: RunContext) -> Iterator[TextToSpeechResponse]:
        try:
            for number, word in enumerate(request.text.split()):
                STARTED[self.config.name].set()
                while not GATES[self.config.name].wait(POLL_S):
                    if context.cancelled(0):
                        return
                if number == self.config.fails_after:
                    raise ValueError("no such phoneme")
                BATCHES[self.config.name].append([word])
                yield TextToSpeechResponse(audio=self.tone(len(word)))
        finally:
            STOPPED[self.config.name].set()


class Hoarse(Sine):
    """Has no voice."""

    def run_batch(
        self, requests: Sequence[TextToSpeechRequest], context: RunContext
    ) -> list[TextToSpeechResponse | AudioGPTError]:
        raise ValueError("no voice today")


class Hearer(ModelWrapper[SpeechRecognitionRequest, SpeechRecognitionResponse]):
    """Hears the same words in every recording."""

    class Config(ModelConfig):
        text: str

    config: Config

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return card("speech-recognition")

    def load(self, device: str) -> None:
        pass

    def run_batch(
        self, requests: Sequence[SpeechRecognitionRequest], context: RunContext
    ) -> list[SpeechRecognitionResponse | AudioGPTError]:
        lengths = [request.audio.duration_s for request in requests]
        return [SpeechRecognitionResponse(text=self.config.text, language="en", duration=s) for s in lengths]


class Halver(ModelWrapper[SpeechEnhancementRequest, SpeechEnhancementResponse]):
    """Gives an audio back at half its level, mono at 8 kHz."""

    class Config(ModelConfig):
        max_duration_s: float | None = None
        min_channels: int | None = None

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        limits = Limits(max_duration_s=config.max_duration_s, min_channels=config.min_channels)
        return card("speech-enhancement", sample_rate=8_000, channels=1, limits=limits)

    def load(self, device: str) -> None:
        pass

    def run_batch(
        self, requests: Sequence[SpeechEnhancementRequest], context: RunContext
    ) -> list[SpeechEnhancementResponse | AudioGPTError]:
        sounds = [request.audio for request in requests]
        return [SpeechEnhancementResponse(audio=Audio(a.waveform / 2, a.sample_rate)) for a in sounds]
