"""Hibari: fast English speech synthesis on a CPU."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.pronunciations import Pronunciation
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.embedded.hibari.question_melody import risen, rises
from model_wrappers.speech.by_sentence import SpeechBySentence
from model_wrappers.speech.ipa import AMERICAN, spelt
from model_wrappers.speech.reading import read_aloud
from model_wrappers.weights.package_files import package_file

PACKAGE = "hibari-tts==0.2.1"
SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
VOICE = "heart"
SAMPLE_RATE = 24_000  # Hz
MAX_PHONEMES = 400  # the longest the model was made for; its memory grows with the length
PARAGRAPH_PAUSE_S = 0.4  # at normal speed, on top of the 0.8 s the model leaves between sentences
INNER_SILENCE_S = 0.1  # left at each side of a cut inside a sentence
SILENCE = 0.005  # amplitude, -46 dB

_CLAUSE_ENDS = (", ", "; ", ": ", "— ")
_LONG_NUMBER = re.compile(r"\d{16,}")  # read digit by digit: there are no words for more than 36 digits


class HibariConfig(ModelConfig):
    """What changes the voice's sound and speed."""

    threads: int = Field(default=1, ge=1, description="Threads of one synthesis")
    seed: int = Field(default=0, description="Seed of the breath noise; equal texts give equal sound")


@dataclass(frozen=True)
class Piece:
    """Phonemes synthesised at once, and where they stand."""

    phonemes: str
    starts_sentence: bool
    ends_sentence: bool
    ends_paragraph: bool
    rises: bool = False


class Hibari(SpeechBySentence):
    """Speak English with one female American voice, sentence by sentence.

    Source: package hibari-tts, distilled from Kokoro-82M.
    """

    Config = HibariConfig
    config: HibariConfig
    sample_rate = SAMPLE_RATE
    _voice: Any

    @classmethod
    def card(cls, config: HibariConfig) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Hibari heart",
            tasks=("text-to-speech",),
            method="neural",
            licence="Apache-2.0",
            source="pypi:hibari-tts",
            revision=f"0.2.1, sha256 {SHA256[:16]}",
            input_languages=("en",),
            output_languages=("en",),
            limits=Limits(max_characters=MAX_TEXT_CHARACTERS),
            voices={"en": (VOICE,)},
            memory_mb=380,
            requires=(Requirement(kind="module", name="hibari", package=PACKAGE, manager="pip"),),
            reports_progress=True,
            streams=True,
        )

    def load(self, device: str) -> None:
        """Load the voice and the pronunciation lexicon; both run on the CPU."""
        from hibari import Hibari as Voice

        model = package_file("hibari", "assets/hibari.onnx", package=PACKAGE, sha256=SHA256)
        self._voice = Voice(voice=VOICE, model=str(model), threads=self.config.threads)
        self._voice.g2p("Zyxwvut")  # a word in no lexicon, to load the network that guesses

    def warm_up(self) -> None:
        """Speak a word."""
        self._speak(Piece("həlˈO.", True, True, True), 1.0, 0)

    def unload(self) -> None:
        """Release the voice."""
        del self._voice

    def _waveforms(self, request: TextToSpeechRequest, work: Work) -> Iterator[NDArray[np.float32]]:
        _check(request)
        pieces = self._pieces(request.text, request.pronunciations)
        for number, piece in enumerate(pieces):
            work.report(number / len(pieces))
            yield self._speak(piece, request.speed, self.config.seed + number)

    def _pieces(self, text: str, pronunciations: tuple[Pronunciation, ...] = ()) -> list[Piece]:
        pieces = []
        text = _LONG_NUMBER.sub(lambda digits: " ".join(digits[0]), text)
        for paragraph in read_aloud(text, "en", pronunciations, _with_phonemes):
            spoken = [
                (phonemes, rises(sentence))
                for sentence in paragraph
                if _is_spoken(phonemes := self._voice.g2p(sentence))
            ]
            for index, (phonemes, question) in enumerate(spoken, 1):
                chunks = list(_chunks(phonemes))
                for number, chunk in enumerate(chunks):
                    last = number == len(chunks) - 1
                    pieces.append(Piece(chunk, number == 0, last, last and index == len(spoken), last and question))
        return pieces

    def _speak(self, piece: Piece, speed: float, seed: int) -> NDArray[np.float32]:
        """Return the sound of one piece, shape `(samples,)`, with the pauses around it.

        The network slows down well but speeds up only to about twice, unevenly, by squeezing its phonemes to whole
        frames. So slow speech is predicted slow and fast speech is normal speech of which frames of the predicted
        spectrum are left out: exactly as fast as asked, at the same pitch.
        """
        from hibari import dsp

        network_speed, skip = min(speed, 1.0), max(speed, 1.0)
        inputs = {
            "ids": np.array([self._voice.ids(piece.phonemes)], np.int64),
            "speed": np.array([network_speed], np.float32),
        }
        spectrum = [output[0] for output in self._voice.sess.run(None, inputs)]
        if piece.rises:
            spectrum[-1] = risen(spectrum[-1], 1 / network_speed)
        waveform = dsp.synth(*_every(spectrum, skip), np.random.default_rng(seed))
        return _with_pauses(np.clip(waveform, -1.0, 1.0), piece, speed)


def _check(request: TextToSpeechRequest) -> None:
    if request.language != "en":
        raise InvalidInput(
            f"Hibari speaks English only, not '{request.language}'; set 'language' to 'en' and write English.",
            param="language",
        )
    if request.voice not in (None, VOICE):
        raise InvalidInput(f"Hibari has no voice '{request.voice}'; choose '{VOICE}' or leave it out.", param="voice")
    letters = [character for character in request.text if character.isalpha()]
    foreign = [letter for letter in letters if not unicodedata.name(letter, "").startswith("LATIN")]
    if len(foreign) > len(letters) / 2:
        raise InvalidInput(
            f"Hibari reads English in Latin letters, and most of this text ('{''.join(foreign[:20])}') is in another "
            "script; translate it into English first.",
            param="text",
        )


def _with_phonemes(word: str, phonemes: str) -> str:
    """Return a word with its phonemes, as the voice's own reader of texts takes them."""
    return f"[{word}](/{spelt(phonemes, AMERICAN)}/)"


def _is_spoken(phonemes: str) -> bool:
    return any(character.isalpha() for character in phonemes)


def _chunks(phonemes: str) -> Iterator[str]:
    """Cut a long sentence at the last clause, else at the last word, that fits into the model."""
    while len(phonemes) > MAX_PHONEMES:
        head = phonemes[:MAX_PHONEMES]
        cut = max(head.rfind(end) for end in _CLAUSE_ENDS) + 1
        if cut < MAX_PHONEMES // 4:
            cut = head.rfind(" ") + 1 or MAX_PHONEMES
        yield phonemes[:cut].strip()
        phonemes = phonemes[cut:].strip()
    if _is_spoken(phonemes):
        yield phonemes


def _every(spectrum: list[NDArray[np.float32]], skip: float) -> list[NDArray[np.float32]]:
    """Return every `skip`-th frame, the last axis; contiguous, because the synthesis is slower over other arrays."""
    if skip == 1.0:
        return spectrum
    frames = spectrum[0].shape[-1]
    kept = np.minimum(np.round(np.arange(round(frames / skip)) * skip).astype(int), frames - 1)
    return [np.take(part, kept, axis=-1) for part in spectrum]


def _with_pauses(waveform: NDArray[np.float32], piece: Piece, speed: float) -> NDArray[np.float32]:
    """Shorten the silence at cuts inside a sentence, and lengthen it behind a paragraph."""
    loud = np.flatnonzero(np.abs(waveform) > SILENCE)
    if not len(loud):
        return waveform
    margin = round(INNER_SILENCE_S / speed * SAMPLE_RATE)
    first = 0 if piece.starts_sentence else max(0, loud[0] - margin)
    last = len(waveform) if piece.ends_sentence else loud[-1] + margin
    pause = round(PARAGRAPH_PAUSE_S / speed * SAMPLE_RATE) if piece.ends_paragraph else 0
    return np.concatenate([waveform[first:last], np.zeros(pause, np.float32)])
