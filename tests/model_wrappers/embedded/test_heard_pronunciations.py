"""Whether words are heard the way that they are to be said."""

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.embedded.espeak_ng import EspeakNG
from model_wrappers.embedded.hibari.hibari import Hibari, HibariConfig
from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig
from tests.model_wrappers.measures import RecordedContext
from tests.model_wrappers.spoken import transcripts, words

TEXT = "My friend Xqrtz lives in London. Ask Xqrtz about the weather."
SAID = [{"Xqrtz": "peter"}, {"Xqrtz": "/ˈpiːtɚ/"}, {"Xqrtz": "PEE-ter"}]


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    model = Whisper(WhisperConfig())
    model.load("cpu")
    return model


@pytest.fixture(scope="module", params=[EspeakNG(ModelConfig()), Hibari(HibariConfig())], ids=["espeak", "hibari"])
def voice(request: pytest.FixtureRequest) -> EspeakNG | Hibari:
    model: EspeakNG | Hibari = request.param
    model.load("cpu")
    return model


def request(pronunciations: dict[str, str]) -> TextToSpeechRequest:
    return TextToSpeechRequest.model_validate(
        {"text": TEXT, "language": "en", "speed": 0.8, "pronunciations": pronunciations}
    )


def name_heard(whisper: Whisper, voice: EspeakNG | Hibari, pronunciations: dict[str, str]) -> float:
    """How often the name is heard, in the mean over some variations of the sound."""
    (answer,) = voice.run_batch([request(pronunciations)], RecordedContext())
    assert isinstance(answer, TextToSpeechResponse), answer
    assert isinstance(answer.audio, Audio)
    return float(np.mean([words(text).split().count("peter") for text in transcripts(whisper, answer.audio, "en")]))


@pytest.mark.parametrize("pronunciations", SAID, ids=["letters", "phonemes", "syllables"])
def test_a_word_is_heard_as_it_is_to_be_said(
    voice: EspeakNG | Hibari, whisper: Whisper, pronunciations: dict[str, str]
) -> None:
    assert name_heard(whisper, voice, {}) == 0
    assert name_heard(whisper, voice, pronunciations) >= 1.5  # it is said twice


def test_a_stream_says_what_the_whole_says() -> None:
    hibari = Hibari(HibariConfig())
    hibari.load("cpu")
    said = request(SAID[1])
    parts = [part.audio for part in hibari.stream(said, RecordedContext())]
    (whole,) = hibari.run_batch([said], RecordedContext())
    assert isinstance(whole, TextToSpeechResponse)
    assert isinstance(whole.audio, Audio)
    joined = np.concatenate([part.waveform for part in parts if isinstance(part, Audio)], axis=1)
    np.testing.assert_array_equal(joined, whole.audio.waveform)
