"""Models that echo, wait or go wrong as they are told."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from model_wrappers.contract.base import CompositeModel, ModelConfig, ModelWrapper, RunContext, SubStep
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelLost, ModelOverloaded
from model_wrappers.contract.tasks.base import TaskResponse
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from tests.router.models.plain import BATCHES, GATES, POLL_S, STARTED, STOPPED, UNLOADED, card, translated


class Echo(ModelWrapper[SpeechTranslationRequest, SpeechTranslationResponse]):
    """The no-op: text in, the same text out."""

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return card("speech-translation")

    def load(self, device: str) -> None:
        pass

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        return [translated(request, request.text or "") for request in requests]


class Recorder(Echo):
    """Echoes, writes down its batches, and waits for its gate before each."""

    class Config(ModelConfig):
        name: str
        tag: str = ""
        gated: bool = False
        poison: str | None = None

    config: Config

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return card("speech-translation", reports_progress=True)

    def batch_key(self, request: SpeechTranslationRequest) -> object:
        return request.target_language

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        texts = [request.text or "" for request in requests]
        BATCHES[self.config.name].append(texts)
        STARTED[self.config.name].set()
        if self.config.gated:
            GATES[self.config.name].wait()
        if self.config.poison in texts:
            raise ValueError(f"cannot digest {self.config.poison!r}")
        for item in range(len(texts)):
            context.progress(item, 0.5)
        return [translated(request, text + self.config.tag) for request, text in zip(requests, texts, strict=True)]

    def unload(self) -> None:
        UNLOADED[self.config.name].set()


class Patient(Echo):
    """Works until nobody waits for it any more, or until its gate opens if it is deaf to cancellation."""

    class Config(ModelConfig):
        name: str
        deaf: bool = False

    config: Config

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        STARTED[self.config.name].set()
        while self.config.deaf or not all(context.cancelled(item) for item in range(len(requests))):
            if GATES[self.config.name].wait(POLL_S):
                break
        STOPPED[self.config.name].set()
        return [translated(request, "late") for request in requests]


Fault = Literal["exception", "base-exception", "invalid", "lost", "overloaded", "too-few", "wrong-type"]


class Faulty(Echo):
    """Goes wrong in the configured way the first few times, then echoes."""

    class Config(ModelConfig):
        name: str
        fault: Fault = "exception"
        times: int = 1_000_000

    config: Config

    def load(self, device: str) -> None:
        self.left = self.config.times

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        BATCHES[self.config.name].append([request.text or "" for request in requests])
        self.left -= 1
        if self.left < 0:
            return [translated(request, request.text or "") for request in requests]
        return [self.go_wrong() for _ in requests] if self.config.fault != "too-few" else []

    def go_wrong(self) -> Any:
        match self.config.fault:
            case "exception":
                raise ValueError("no such phoneme")
            case "base-exception":
                raise SystemExit(3)
            case "invalid":
                return InvalidInput("The text holds no words.", param="text")
            case "lost":
                return ModelLost("The process died.")
            case "overloaded":
                return ModelOverloaded("The queue is full.", retry_after_s=0.01)
            case _:
                return TextToSpeechRequest(text="not a response")


class SpokenTranslation(CompositeModel[SpeechTranslationRequest, SpeechTranslationResponse]):
    """Translates with another model and speaks the translation."""

    class Config(ModelConfig):
        voice: str | None = None

    config: Config

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return card("speech-translation", method="composite")

    def sub_steps(self, request: SpeechTranslationRequest) -> tuple[SubStep, ...]:
        written = request.model_copy(update={"speak": False})
        return (
            SubStep("translate", "speech-translation", dict(written)),
            SubStep("speak", "text-to-speech", {"text": {"from": "translate.text"}, "voice": self.config.voice}),
        )

    def combine(
        self, request: SpeechTranslationRequest, outputs: Mapping[str, TaskResponse]
    ) -> SpeechTranslationResponse:
        written, spoken = outputs["translate"], outputs["speak"]
        assert isinstance(written, SpeechTranslationResponse)
        assert isinstance(spoken, TextToSpeechResponse)
        return written.model_copy(update={"audio": spoken.audio})
