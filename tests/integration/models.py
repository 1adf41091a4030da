"""Models for the cluster tests; what they do shows in files, because they run in other processes."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model_wrappers.base import ModelConfig, ModelWrapper, RunContext
from model_wrappers.catalog import ModelCard
from model_wrappers.errors import AudioGPTError, ModelUnavailable
from model_wrappers.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse

WINDOW_S = 0.05
MAX_WINDOWS = 1_200  # a minute


class Windowed(ModelWrapper[SpeechTranslationRequest, SpeechTranslationResponse]):
    """Works in windows until the file `<text>-release.txt` appears or nobody waits any more."""

    class Config(ModelConfig):
        folder: Path

    config: Config

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return ModelCard(
            title="Windowed",
            tasks=("speech-translation",),
            method="classical",
            licence="CC0-1.0",
            source="tests",
            revision="1",
            memory_mb=1,
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        pass

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        (request,) = requests
        name = request.text or ""
        self.mark(name, "started", str(os.getpid()))
        for window in range(MAX_WINDOWS):
            if self.path(name, "release").exists():
                break
            if context.cancelled(0):
                self.mark(name, "stopped", str(window))
                break
            context.progress(0, window / MAX_WINDOWS)
            time.sleep(WINDOW_S)
        return [SpeechTranslationResponse(text=name, language=request.target_language, source_language="en")]

    def mark(self, name: str, event: str, content: str) -> None:
        path = self.path(name, event)
        path.with_suffix(".part").write_text(content)
        path.with_suffix(".part").replace(path)

    def path(self, name: str, event: str) -> Path:
        return self.config.folder / f"{name}-{event}.txt"


class Refusing(Windowed):
    """Refuses to load."""

    def load(self, device: str) -> None:
        raise ModelUnavailable("The weights are not here; put them there.")
