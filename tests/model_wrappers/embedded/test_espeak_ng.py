import shutil

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.embedded.espeak_ng import LANGUAGES, SAMPLE_RATE, VOICES, EspeakNG
from model_wrappers.embedded.hibari.hibari import Hibari, HibariConfig
from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig
from router.spec import ModelSpec
from tests.model_wrappers.measures import RecordedContext
from tests.model_wrappers.spoken import error_rates

SPANISH = "Los niños están jugando en el jardín con el perro de mi hermano."
ENGLISH = "The train to London leaves at nine in the morning, and the next one in the evening."


@pytest.fixture(scope="module")
def espeak() -> EspeakNG:
    assert shutil.which("espeak-ng"), "install the Debian package espeak-ng"
    model = EspeakNG(ModelConfig())
    model.load("cpu")
    return model


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    model = Whisper(WhisperConfig())
    model.load("cpu")
    return model


def speak(model: EspeakNG, text: str, **arguments: object) -> Audio:
    request = TextToSpeechRequest.model_validate({"text": text} | arguments)
    (response,) = model.run_batch([request], RecordedContext())
    assert isinstance(response, TextToSpeechResponse), response
    assert isinstance(response.audio, Audio)
    return response.audio


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (SPANISH, "es"),
        ("Der Zug nach Berlin kommt heute Abend in der Stadt an.", "de"),
    ],
)
def test_speech_is_understood_in_its_language(espeak: EspeakNG, whisper: Whisper, text: str, language: str) -> None:
    audio = speak(espeak, text, language=language, speed=0.7)
    over_all, _ = error_rates(whisper, [(text, audio)], language)
    assert over_all <= 0.3  # a robotic voice


@pytest.mark.parametrize("voice", [EspeakNG(ModelConfig()), Hibari(HibariConfig())], ids=["espeak", "hibari"])
def test_of_marked_text_the_words_are_heard(voice: EspeakNG | Hibari, whisper: Whisper) -> None:
    voice.load("cpu")
    marked = "# **The train** to [London](https://a.b/c) ~~leaves~~ at *nine* in the morning, 😀 and the `next` one in "
    marked += "the evening."
    spoken = voice.run_batch([TextToSpeechRequest(text=marked, speed=0.7)], RecordedContext())[0]
    assert isinstance(spoken, TextToSpeechResponse)
    assert isinstance(spoken.audio, Audio)
    over_all, _ = error_rates(whisper, [(ENGLISH, spoken.audio)])
    assert over_all <= 0.3  # a robotic voice among them


@pytest.mark.parametrize("speed", [0.5, 2.0, 3.0])
def test_speed_changes_the_duration(espeak: EspeakNG, speed: float) -> None:
    normal, changed = speak(espeak, ENGLISH), speak(espeak, ENGLISH, speed=speed)
    assert changed.duration_s * speed == pytest.approx(normal.duration_s, rel=0.2)


def test_every_language_of_the_card_has_a_voice_that_speaks(espeak: EspeakNG) -> None:
    silent = [
        language for language in LANGUAGES if np.abs(speak(espeak, "12", language=language).waveform).max() < 0.05
    ]
    assert silent == []


def test_voices_and_variants_sound_different(espeak: EspeakNG) -> None:
    sounds = [speak(espeak, SPANISH, language="es", voice=voice) for voice in (None, "es-419", "es+f2")]
    assert {sound.sample_rate for sound in sounds} == {SAMPLE_RATE}
    assert len({sound.waveform.tobytes() for sound in sounds}) == 3


def test_equal_requests_give_equal_sound(espeak: EspeakNG) -> None:
    np.testing.assert_array_equal(speak(espeak, SPANISH).waveform, speak(espeak, SPANISH).waveform)


def test_text_is_never_read_as_phonemes_or_options(espeak: EspeakNG) -> None:
    assert speak(espeak, "[[h@l'oU]] and more").duration_s > speak(espeak, "and more").duration_s + 0.5
    assert speak(espeak, "--help and more").duration_s > 0.5


@pytest.mark.parametrize(
    ("arguments", "param", "part"),
    [
        ({"text": "x", "language": "xx"}, "language", "does not speak 'xx'"),
        ({"text": "x", "language": "es", "voice": "en-us"}, "voice", "choose one of: es, es-419"),
        ({"text": "x", "voice": "en-us+../../x"}, "voice", "has no voice"),
        ({"text": "x", "speed": 0.3}, "speed", "0.46 times"),
        ({"text": "!?"}, "text", "only symbols"),
    ],
)
def test_request_it_cannot_answer_says_what_it_can(
    espeak: EspeakNG, arguments: dict[str, object], param: str, part: str
) -> None:
    (error,) = espeak.run_batch([TextToSpeechRequest.model_validate(arguments)], RecordedContext())
    assert isinstance(error, InvalidInput)
    assert error.param == param
    assert part in error.message


def test_machine_without_the_program_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    entry = ModelSpec(id="espeak-ng", wrapper="model_wrappers.embedded.espeak_ng:EspeakNG").entry()
    assert entry.reason == "executable 'espeak-ng' is missing; run: apt-get install espeak-ng"


@pytest.mark.parametrize("language", LANGUAGES)
def test_voices_of_the_card_are_spoken(espeak: EspeakNG, language: str) -> None:
    for voice in VOICES[language]:
        request = TextToSpeechRequest(text="1, 2", language=language, voice=voice)
        (answer,) = espeak.run_batch([request], RecordedContext())
        assert isinstance(answer, TextToSpeechResponse), answer
