"""Kokoro as an ONNX network: what the wrappers of its exports share."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.base import Work
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.speech.by_sentence import SpeechBySentence

SAMPLE_RATE = 24_000  # Hz
STYLE_SIZE = 256
MAX_PHONEMES = 510  # of one pass; the network's 512 without the two at the ends
PAUSE_S = 0.35  # behind a paragraph, at normal speed
CLAUSE_ENDS = (". ", "! ", "? ", "; ", ": ", ", ", " ")


class KokoroSpeech(SpeechBySentence):
    """Speak sentence by sentence; a wrapper reads network, ids of phonemes and styles, and pronounces.

    Source: hexgrad, Kokoro-82M, 2025, after Li et al., StyleTTS 2, arXiv 2306.07691.
    """

    sample_rate = SAMPLE_RATE
    voices: ClassVar[dict[str, tuple[str, ...]]]
    """By language, the first its own."""
    _session: Any
    _ids: dict[str, int]
    _styles: dict[str, NDArray[np.float32]]

    @abstractmethod
    def _pronounce(self, request: TextToSpeechRequest, voice: str) -> Iterator[list[str]]:
        """Yield the phonemes of each sentence, paragraph by paragraph."""

    def warm_up(self) -> None:
        """Speak a syllable."""
        self._synthesise("ə.", next(iter(self._styles)), 1.0)

    def unload(self) -> None:
        """Release network and voices."""
        del self._session, self._styles

    def _waveforms(self, request: TextToSpeechRequest, work: Work) -> Iterator[NDArray[np.float32]]:
        voice = self._voice(request)
        pieces = [piece for paragraph in self._pronounce(request, voice) for piece in self._pieces(paragraph)]
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
        offered = [name for name in self.voices.get(request.language, ()) if name in self._styles]
        if not offered:
            raise InvalidInput(
                f"Kokoro does not speak '{request.language}' here; choose one of: {', '.join(self.voices)}.",
                param="language",
            )
        voice = request.voice or offered[0]
        if voice not in offered:
            raise InvalidInput(
                f"Kokoro has no voice '{voice}' in '{request.language}'; choose one of: {', '.join(offered)}.",
                param="voice",
            )
        return voice

    def _pieces(self, paragraph: list[str]) -> Iterator[tuple[str, bool]]:
        """Yield phonemes short enough for the network, and whether they end a paragraph."""
        spoken = [known for phonemes in paragraph if (known := self._known(phonemes))]
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
            self._session.get_inputs()[0].name: np.array([[0, *ids, 0]], np.int64),
            "style": styles[min(len(ids), len(styles) - 1)],
            "speed": np.array([speed], np.float32),
        }
        (waveform,) = self._session.run(None, inputs)
        return np.clip(np.asarray(waveform, np.float32).reshape(-1), -1.0, 1.0)


def _chunks(phonemes: str) -> Iterator[str]:
    """Yield phonemes in pieces the network takes, cut where a clause or at least a word ends."""
    while len(phonemes) > MAX_PHONEMES:
        head = phonemes[:MAX_PHONEMES]
        cut = next((place + 1 for mark in CLAUSE_ENDS if (place := head.rfind(mark)) > 0), MAX_PHONEMES)
        yield phonemes[:cut].strip()
        phonemes = phonemes[cut:].strip()
    if phonemes:
        yield phonemes
