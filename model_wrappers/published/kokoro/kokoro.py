"""Kokoro: speech in six languages and many voices, fast enough for a CPU."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.published.kokoro.phonemes import phonemes_of, sounds_of
from model_wrappers.speech.espeak import ESPEAK
from model_wrappers.speech.ipa import spelt
from model_wrappers.speech.kokoro import STYLE_SIZE, KokoroSpeech
from model_wrappers.speech.reading import read_aloud
from model_wrappers.weights.hub import NOT_PINNED, Checkpoint
from model_wrappers.weights.onnx_session import open_session

_ENGLISH = """
af_heart af_bella af_nicole af_sarah af_alloy af_aoede af_jessica af_kore af_nova af_river af_sky
am_michael am_fenrir am_puck am_adam am_echo am_eric am_liam am_onyx am_santa
bf_emma bf_isabella bf_alice bf_lily bm_george bm_fable bm_lewis bm_daniel
"""
VOICES = {
    "en": tuple(_ENGLISH.split()),
    "es": ("ef_dora", "em_alex", "em_santa"),
    "fr": ("ff_siwis",),
    "hi": ("hf_alpha", "hf_beta", "hm_omega", "hm_psi"),
    "it": ("if_sara", "im_nicola"),
    "pt": ("pf_dora", "pm_alex", "pm_santa"),
}
"""By language, the first its own; the second letter tells women's from men's."""
PRONUNCIATIONS = {"a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "p": "pt-br"}
"""Voice of eSpeak NG by the first letter of a voice."""


class KokoroConfig(ModelConfig):
    """Which export of Kokoro, and how much of the machine it takes."""

    model: str = Field(
        default="onnx-community/Kokoro-82M-v1.0-ONNX", description="Folder with the export, or its repository"
    )
    revision: str | None = Field(default=None, description="Commit of the repository; None takes the newest")
    network: str = Field(default="onnx/model_quantized.onnx", description="Which of the repository's networks")
    threads: int = Field(default=2, ge=1, description="Threads of one synthesis")
    memory_mb: int = Field(default=700, gt=0, description="Host memory of a loaded replica in MiB")


class Kokoro(KokoroSpeech):
    """Kokoro 82M as it is published, pronounced by eSpeak NG."""

    Config: ClassVar[type[ModelConfig]] = KokoroConfig
    config: KokoroConfig
    voices = VOICES

    @classmethod
    def checkpoints(cls, config: KokoroConfig) -> tuple[Checkpoint, ...]:
        """Return the export it reads: one of its networks, and all voices."""
        files = ("tokenizer.json", config.network, "voices/*.bin")
        return (Checkpoint(config.model, config.revision, files, config.network, ignored=()),)

    @classmethod
    def card(cls, config: KokoroConfig) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Kokoro 82M",
            tasks=("text-to-speech",),
            method="neural",
            licence="Apache-2.0",
            source=config.model,
            revision=config.revision or NOT_PINNED,
            input_languages=tuple(VOICES),
            output_languages=tuple(VOICES),
            limits=Limits(max_characters=MAX_TEXT_CHARACTERS),
            voices=VOICES,
            memory_mb=config.memory_mb,
            requires=(ESPEAK,),
            reports_progress=True,
            streams=True,
        )

    def load(self, device: str) -> None:
        """Read the network, its phonemes and the voices that are there; it runs on the CPU."""
        folder = self.checkpoints(self.config)[0].folder()
        try:
            self._ids = json.loads((folder / "tokenizer.json").read_bytes())["model"]["vocab"]
            self._styles = {file.stem: _style(file) for file in sorted((folder / "voices").glob("*.bin"))}
            self._session = open_session(folder / self.config.network, threads=self.config.threads)
        except (OSError, ValueError, KeyError, RuntimeError) as exc:
            raise ModelUnavailable(f"{folder} does not load as Kokoro: {type(exc).__name__}: {exc}") from exc
        if not self._styles:
            raise ModelUnavailable(f"{folder} holds no voices; run `audiogpt models pull`.")

    def _pronounce(self, request: TextToSpeechRequest, voice: str) -> Iterator[list[str]]:
        pronunciation = PRONUNCIATIONS[voice[0]]
        sounds = sounds_of(pronunciation, self._ids)
        paragraphs = read_aloud(
            request.text, request.language, request.pronunciations, lambda _, phonemes: f"[{spelt(phonemes, sounds)}]"
        )
        for paragraph in paragraphs:
            yield [phonemes_of(sentence, pronunciation) for sentence in paragraph]


def _style(file: Path) -> NDArray[np.float32]:
    """Return a voice: a vector for each number of phonemes, shape `(numbers, 1, STYLE_SIZE)`."""
    return np.fromfile(file, np.float32).reshape(-1, 1, STYLE_SIZE)
