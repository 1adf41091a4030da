from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.embedded.espeak_ng import EspeakNG
from model_wrappers.embedded.whisper.decoder import DecodedWindow, Decoding, WhisperDecoder, Window
from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig
from model_wrappers.speech.windows import SAMPLE_RATE
from tests.model_wrappers.measures import RecordedContext

TRANSCRIBE = Decoding("transcribe")
SHORT, WHOLE = 1_000, 3_000  # frames of 10 ms


@pytest.fixture(scope="module")
def whisper() -> Iterator[Whisper]:
    model = Whisper(WhisperConfig())
    model.load("cpu")
    yield model
    model.unload()


@pytest.fixture
def decoder(whisper: Whisper) -> WhisperDecoder:
    return whisper._decoder


@pytest.fixture
def encoded(decoder: WhisperDecoder, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Recordings and frames of each run of the encoder."""
    shapes: list[tuple[int, ...]] = []
    encode = decoder._model.encode

    def watched(features: np.ndarray) -> Any:
        shapes.append((len(features), features.shape[-1]))
        return encode(features)

    monkeypatch.setattr(decoder._model, "encode", watched)
    return shapes


@pytest.fixture(scope="module")
def first(speech: Audio) -> np.ndarray:
    """The first of two sentences, which ends after 7 s."""
    return speech.resample(SAMPLE_RATE).mono()[: round(7.2 * SAMPLE_RATE)]


def text(decoded: DecodedWindow) -> str:
    return " ".join(segment.text for segment in decoded.segments)


def test_short_english_speech_is_read_in_a_short_window_word_for_word(
    decoder: WhisperDecoder, first: np.ndarray, spoken_text: str, encoded: list[tuple[int, ...]]
) -> None:
    (decoded,) = decoder.decode([Window(first, 0.0, None)], TRANSCRIBE)
    assert text(decoded) == spoken_text[: spoken_text.index("them.") + len("them.")]
    assert decoded.language == "en"
    assert encoded == [(1, SHORT)]


def test_short_windows_are_read_together_and_no_text_depends_on_the_others(
    decoder: WhisperDecoder, first: np.ndarray, speech: Audio, encoded: list[tuple[int, ...]]
) -> None:
    windows = [Window(part, 0.0, "en") for part in (first, speech.resample(SAMPLE_RATE).mono(), first[SAMPLE_RATE:])]
    together = [text(decoded) for decoded in decoder.decode(windows, TRANSCRIBE)]
    assert encoded == [(2, SHORT), (1, WHOLE)]
    assert together == [text(decoder.decode([window], TRANSCRIBE)[0]) for window in windows]


def test_other_languages_are_read_in_whole_windows(
    decoder: WhisperDecoder, first: np.ndarray, encoded: list[tuple[int, ...]]
) -> None:
    decoder.decode([Window(first, 0.0, "es")], TRANSCRIBE)
    assert encoded == [(1, WHOLE)]


def test_speech_found_to_be_of_another_language_is_read_again_in_a_whole_window(
    decoder: WhisperDecoder, encoded: list[tuple[int, ...]]
) -> None:
    espeak = EspeakNG(ModelConfig())
    espeak.load("cpu")
    request = TextToSpeechRequest(text="Los niños están jugando en el jardín.", language="es", speed=0.7)
    (spoken,) = espeak.run_batch([request], RecordedContext())
    assert isinstance(spoken, TextToSpeechResponse), spoken
    assert isinstance(spoken.audio, Audio)
    (decoded,) = decoder.decode([Window(spoken.audio.resample(SAMPLE_RATE).mono(), 0.0, None)], TRANSCRIBE)
    assert decoded.language == "es"
    assert "jardín" in text(decoded)
    assert encoded == [(1, SHORT), (1, WHOLE)]


def test_doubtful_text_is_read_again_in_a_whole_window(decoder: WhisperDecoder, encoded: list[tuple[int, ...]]) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE).astype(np.float32)
    (decoded,) = decoder.decode([Window(noise, 0.0, "en")], TRANSCRIBE)
    assert decoded.doubtful
    assert encoded == [(1, SHORT), (1, WHOLE)]


def test_short_windows_can_be_switched_off(whisper: Whisper, first: np.ndarray, encoded: list[tuple[int, ...]]) -> None:
    decoder = WhisperDecoder(whisper._decoder._model, beam_size=5, short_windows=False)
    decoder.decode([Window(first, 0.0, "en")], TRANSCRIBE)
    assert encoded == [(1, WHOLE)]
