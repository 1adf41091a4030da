"""Models for the cluster tests; what they do shows in files, because they run in other processes."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, ModelWrapper, RequestT, ResponseT, RunContext
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError, ModelUnavailable
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse

WINDOW_S = 0.05
MAX_WINDOWS = 2_400  # two minutes: as long as a test waits for anything
BEGAN, DONE, CANCELLED = "began", "done", "cancelled"
WORD_SAMPLES, SAMPLE_RATE = 2_400, 24_000  # Hz


class Held(ModelWrapper[RequestT, ResponseT]):
    """Works in windows on each name until the file `<name>-release.txt` appears or nobody waits any more.

    What it works on it enters into the journal of the name: a line when it begins, and one when it ends.
    """

    class Config(ModelConfig):
        folder: Path
        id: str

    config: Config

    def load(self, device: str) -> None:
        pass

    def hold(self, name: str, context: RunContext) -> bool:
        """Work until released, and tell whether that was so."""
        self.enter(name, BEGAN)
        self.mark(name, "started", str(os.getpid()))
        released = self._work(name, context)
        self.enter(name, DONE if released else CANCELLED)
        return released

    def _work(self, name: str, context: RunContext) -> bool:
        for window in range(MAX_WINDOWS):
            if self.path(name, "release").exists():
                return True
            if context.cancelled(0):
                self.mark(name, "stopped", str(window))
                return False
            context.progress(0, window / MAX_WINDOWS)
            time.sleep(WINDOW_S)
        raise TimeoutError(f"no test released '{name}'")

    def enter(self, name: str, event: str) -> None:
        with self.path(name, "journal").open("a") as journal:
            journal.write(f"{self.config.id} {os.getpid()} {event}\n")

    def mark(self, name: str, event: str, content: str) -> None:
        path = self.path(name, event)
        path.with_suffix(".part").write_text(content)
        path.with_suffix(".part").replace(path)

    def path(self, name: str, event: str) -> Path:
        return self.config.folder / f"{name}-{event}.txt"


class Windowed(Held[SpeechTranslationRequest, SpeechTranslationResponse]):
    """Translates once it is released, by the text's name."""

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return _card("Windowed", "speech-translation", reports_progress=True)

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        (request,) = requests
        name = request.text or ""
        self.hold(name, context)
        return [SpeechTranslationResponse(text=name, language=request.target_language, source_language="en")]


class Late(Windowed):
    """Takes until the file `<gate>-release.txt` appears to be loaded."""

    class Config(Windowed.Config):
        gate: str

    config: Config

    def load(self, device: str) -> None:
        self.mark(self.config.gate, "started", str(os.getpid()))
        while not self.path(self.config.gate, "release").exists():
            time.sleep(WINDOW_S)


class Refusing(Windowed):
    """Refuses to load."""

    def load(self, device: str) -> None:
        raise ModelUnavailable("The weights are not here; put them there.")


class Dripping(Held[TextToSpeechRequest, TextToSpeechResponse]):
    """Speaks word by word, each a tenth of a second of silence, once it is released."""

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        languages = ("la",)  # that nothing else asks for
        return _card("Dripping", "text-to-speech", output_languages=languages, streams=True)

    def stream(self, request: TextToSpeechRequest, context: RunContext) -> Iterator[TextToSpeechResponse]:
        for word in request.text.replace(".", "").split():
            if not self.hold(word, context):
                return
            yield TextToSpeechResponse(audio=Audio(np.zeros((1, WORD_SAMPLES), np.float32), SAMPLE_RATE))


def _card(title: str, task: str, **fields: Any) -> ModelCard:
    source = {"licence": "CC0-1.0", "source": "tests", "revision": "1"}
    return ModelCard.model_validate(
        {"title": title, "tasks": (task,), "method": "classical", "memory_mb": 1, **source, **fields}
    )
