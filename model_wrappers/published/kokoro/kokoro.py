"""Kokoro: speech in six languages and many voices, fast enough for a CPU."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, RunContext, Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import InvalidInput, ModelUnavailable
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.published.kokoro.phonemes import phonemes_of, sounds_of
from model_wrappers.speech.espeak import ESPEAK
from model_wrappers.speech.ipa import spelt
from model_wrappers.speech.reading import read_aloud
from model_wrappers.weights.hub import NOT_PINNED, Checkpoint
from model_wrappers.weights.onnx_session import open_session

SAMPLE_RATE = 24_000  # Hz
STYLE_SIZE = 256
MAX_PHONEMES = 510  # of one pass; the network's 512 without the two at the ends
PAUSE_S = 0.35  # behind a paragraph, at normal speed
CLAUSE_ENDS = (". ", "! ", "? ", "; ", ": ", ", ", " ")

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


class Kokoro(OneByOneModel[TextToSpeechRequest, TextToSpeechResponse]):
    """Kokoro 82M as an ONNX network, sentence by sentence, pronounced by eSpeak NG.

    Source: hexgrad, Kokoro-82M, 2025, after Li et al., StyleTTS 2, arXiv 2306.07691.
    """

    Config: ClassVar[type[ModelConfig]] = KokoroConfig
    config: KokoroConfig
    _session: Any
    _ids: dict[str, int]
    _styles: dict[str, NDArray[np.float32]]

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

    def warm_up(self) -> None:
        """Speak a syllable."""
        self._synthesise("ə.", next(iter(self._styles)), 1.0)

    def unload(self) -> None:
        """Release network and voices."""
        del self._session, self._styles

    def stream(self, request: TextToSpeechRequest, context: RunContext) -> Iterator[TextToSpeechResponse]:
        """Yield the speech sentence by sentence; joined they are what `run_batch` returns."""
        for waveform in self._waveforms(request, Work(context, (0,))):
            yield TextToSpeechResponse(audio=Audio(waveform[np.newaxis], SAMPLE_RATE))

    def answer(self, request: TextToSpeechRequest, work: Work) -> TextToSpeechResponse:
        """Speak one text; the network takes one sentence at a time."""
        waveform = np.concatenate(list(self._waveforms(request, work)))
        return TextToSpeechResponse(audio=Audio(waveform[np.newaxis], SAMPLE_RATE))

    def _waveforms(self, request: TextToSpeechRequest, work: Work) -> Iterator[NDArray[np.float32]]:
        voice = self._voice(request)
        pieces = list(self._pieces(request, PRONUNCIATIONS[voice[0]]))
        if not pieces:
            raise InvalidInput("The text holds no words to speak, only symbols; write out what to say.", param="text")
        pause = np.zeros(round(PAUSE_S / request.speed * SAMPLE_RATE), np.float32)
        for number, (phonemes, ends_paragraph) in enumerate(pieces):
            work.report(number / len(pieces))
            spoken = self._synthesise(phonemes, voice, request.speed)
            pauses = ends_paragraph and number < len(pieces) - 1
            yield np.concatenate([spoken, pause]) if pauses else spoken
        work.report(1.0)

    def _voice(self, request: TextToSpeechRequest) -> str:
        """Return the voice asked for, else the language's own, after a check that it is here and speaks it."""
        offered = [name for name in VOICES.get(request.language, ()) if name in self._styles]
        if not offered:
            raise InvalidInput(
                f"Kokoro does not speak '{request.language}' here; choose one of: {', '.join(VOICES)}.",
                param="language",
            )
        voice = request.voice or offered[0]
        if voice not in offered:
            raise InvalidInput(
                f"Kokoro has no voice '{voice}' in '{request.language}'; choose one of: {', '.join(offered)}.",
                param="voice",
            )
        return voice

    def _pieces(self, request: TextToSpeechRequest, pronunciation: str) -> Iterator[tuple[str, bool]]:
        """Yield phonemes short enough for the network, and whether they end a paragraph."""
        sounds = sounds_of(pronunciation, self._ids)
        paragraphs = read_aloud(
            request.text, request.language, request.pronunciations, lambda _, phonemes: f"[{spelt(phonemes, sounds)}]"
        )
        for paragraph in paragraphs:
            spoken = [found for sentence in paragraph if (found := self._known(phonemes_of(sentence, pronunciation)))]
            for number, phonemes in enumerate(spoken):
                *begun, last = list(_chunks(phonemes))
                yield from ((chunk, False) for chunk in begun)
                yield last, number == len(spoken) - 1

    def _known(self, phonemes: str) -> str:
        return "".join(letter for letter in phonemes if letter in self._ids)

    def _synthesise(self, phonemes: str, voice: str, speed: float) -> NDArray[np.float32]:
        """Return the sound of at most `MAX_PHONEMES`, shape `(samples,)`; the style follows from their number."""
        ids = [self._ids[letter] for letter in phonemes if letter in self._ids]
        styles = self._styles[voice]
        inputs = {
            "input_ids": np.array([[0, *ids, 0]], np.int64),
            "style": styles[min(len(ids), len(styles) - 1)],
            "speed": np.array([speed], np.float32),
        }
        (waveform,) = self._session.run(None, inputs)
        return np.clip(np.asarray(waveform, np.float32).reshape(-1), -1.0, 1.0)


def _style(file: Path) -> NDArray[np.float32]:
    """Return a voice: a vector for each number of phonemes, shape `(numbers, 1, STYLE_SIZE)`."""
    return np.fromfile(file, np.float32).reshape(-1, 1, STYLE_SIZE)


def _chunks(phonemes: str) -> Iterator[str]:
    """Yield phonemes in pieces the network takes, cut where a clause or at least a word ends."""
    while len(phonemes) > MAX_PHONEMES:
        head = phonemes[:MAX_PHONEMES]
        cut = next((place + 1 for mark in CLAUSE_ENDS if (place := head.rfind(mark)) > 0), MAX_PHONEMES)
        yield phonemes[:cut].strip()
        phonemes = phonemes[cut:].strip()
    if phonemes:
        yield phonemes
