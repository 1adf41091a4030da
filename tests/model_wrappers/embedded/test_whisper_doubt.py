"""What Whisper's wrapper makes of speech that is hard to read."""

from collections.abc import Iterator

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest, SpeechRecognitionResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.embedded.espeak_ng import EspeakNG
from model_wrappers.embedded.whisper.hypotheses import Hypothesis, Reading, is_loop, without_repetition
from model_wrappers.embedded.whisper.languages import Detected, changes, weigh
from model_wrappers.embedded.whisper.segments import to_segments
from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig
from model_wrappers.speech.windows import SAMPLE_RATE, SpeechWindows
from tests.model_wrappers.measures import RecordedContext
from tests.model_wrappers.spoken import word_error_rate


@pytest.fixture(scope="module")
def whisper() -> Iterator[Whisper]:
    model = Whisper(WhisperConfig())
    model.load("cpu")
    yield model
    model.unload()


def heard(model: Whisper, waveform: np.ndarray, **arguments: object) -> SpeechRecognitionResponse:
    request = SpeechRecognitionRequest.model_validate({"audio": Audio(waveform, SAMPLE_RATE)} | arguments)
    (answer,) = model.run_batch([request], RecordedContext())
    assert isinstance(answer, SpeechRecognitionResponse), answer
    return answer


def reading(text: str, log_probability: float = -0.2, speech_s: float = 4.0, language: str = "en") -> Reading:
    return Reading(language, Hypothesis((), log_probability, 0.0), text, speech_s)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P, P, P, P, P, P, P, P, P, P, P, P", True),
        ("Glorrrrrrrrrrrrria", True),
        ("to the right to the right to the right to the right to the right", True),
        ("он пришёл домой " * 11, True),
        ("We can do that, we can do that, we can do that.", False),
        ("Nine one one, nine one one, two two two.", False),
        ("No, no, no, no, no!", False),
    ],
)
def test_short_repetitions_are_told_from_loops(text: str, expected: bool) -> None:
    assert is_loop(text) is expected


def test_repeated_phrase_is_kept_once() -> None:
    assert without_repetition("Turn to the right to the right to the right to the right to the right.") == (
        "Turn to the right."
    )


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (reading("Glue"), "too short"),
        (reading("Glue the sheet to the dark blue background."), None),
        (reading("Yes.", speech_s=0.4), None),
        (reading("Glue the sheet to the dark blue background.", -1.2), "improbable"),
        (reading("他今天不来这里", language="zh"), None),
        (reading(" ".join(str(number) for number in range(60, 130))), "too long"),
    ],
)
def test_text_is_judged_by_the_speech_it_was_read_from(given: Reading, fault: str | None) -> None:
    assert given.fault == fault


def test_best_reading_is_the_one_without_fault_and_never_the_loop() -> None:
    loop, improbable, good = (
        reading("so " * 40, -0.1),
        reading("Some words of it all", -1.3),
        reading("A good text", -0.9),
    )
    assert max((loop, improbable, good), key=lambda each: each.rank) is good
    assert max((loop, improbable), key=lambda each: each.rank) is improbable


def test_loop_that_no_temperature_mends_is_written_once() -> None:
    class Letters:
        def decode(self, tokens: list[int]) -> str:
            return "".join(chr(token) for token in tokens)

    text = "go on " * 40
    part = [{"start": 0.0, "end": 8.0, "tokens": [ord(letter) for letter in text], "seek": 0}]
    (segment,) = to_segments(part, reading(text, speech_s=8.0), Letters())
    assert segment.text == "go on"


def test_rare_language_gives_way_where_it_is_not_sure() -> None:
    probabilities = [("<|cy|>", 0.47), ("<|en|>", 0.3), ("<|nn|>", 0.1)]
    assert weigh(probabilities, ()).code == "en"
    assert weigh(probabilities, ("cy",)).code == "cy"
    assert weigh([("<|cy|>", 0.97), ("<|en|>", 0.01)], ()).code == "cy"


def test_language_changes_only_where_a_stretch_is_surely_of_another() -> None:
    english, spanish = Detected((("en", 0.97), ("es", 0.01))), Detected((("es", 0.95), ("en", 0.01)))
    unsure, brief = Detected((("th", 0.6), ("en", 0.2))), Detected((("th", 0.95), ("en", 0.01)))
    assert changes([(3.0, english), (3.0, unsure), (1.0, brief), (3.0, english)]) == [(0, "en")]
    assert changes([(3.0, unsure), (3.0, english), (3.0, spanish), (3.0, unsure)]) == [(0, "en"), (2, "es")]


def test_very_quiet_speech_is_read_like_loud_speech(whisper: Whisper, speech: Audio, spoken_text: str) -> None:
    hiss = 1e-5 * np.random.default_rng(0).standard_normal(speech.waveform.shape)
    answer = heard(whisper, (1e-3 * speech.waveform + hiss).astype(np.float32))
    assert word_error_rate(spoken_text, answer.text) <= 0.1
    assert answer.language == "en"


def test_two_languages_in_one_recording_are_both_written_down(
    whisper: Whisper, speech: Audio, spoken_text: str
) -> None:
    espeak = EspeakNG(ModelConfig())
    espeak.load("cpu")
    said = "Los niños están jugando en el jardín con el perro de la abuela, y después comen juntos."
    (spoken,) = espeak.run_batch([TextToSpeechRequest(text=said, language="es", speed=0.8)], RecordedContext())
    assert isinstance(spoken, TextToSpeechResponse), spoken
    assert isinstance(spoken.audio, Audio)
    spanish = spoken.audio.resample(SAMPLE_RATE).mono()[np.newaxis]
    pause = np.zeros((1, SAMPLE_RATE), np.float32)
    answer = heard(whisper, np.concatenate([speech.waveform, pause, spanish], axis=1))
    languages = [segment.language for segment in answer.segments]
    assert languages == sorted(languages)  # English, then Spanish
    assert set(languages) == {"en", "es"}
    first = " ".join(segment.text for segment in answer.segments if segment.language == "en")
    assert word_error_rate(spoken_text, first) <= 0.1
    assert "jugando en el jardín" in answer.text


def test_speech_whose_words_were_left_out_is_told(
    whisper: Whisper, speech: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert heard(whisper, speech.waveform).unclear == ()
    decode = whisper._decoder.decode
    monkeypatch.setattr(
        whisper._decoder,
        "decode",
        lambda windows, decoding: [
            type(each)(each.language, each.language_probability, (), True) for each in decode(windows, decoding)
        ],
    )
    answer = heard(whisper, speech.waveform)
    assert answer.text == ""
    assert sum(stretch.end - stretch.start for stretch in answer.unclear) > 5


def test_windows_tell_where_in_them_somebody_speaks(speech: Audio) -> None:
    pause = np.zeros(3 * SAMPLE_RATE, np.float32)
    windows = SpeechWindows(
        np.concatenate([speech.waveform[0, : 7 * SAMPLE_RATE], pause, speech.waveform[0, :80_000]]), 0.5
    )
    (window,) = list(windows)
    assert windows.spans[0][0] == window[0]
    assert windows.spans[-1][1] == window[1]
    assert any(
        after[0] - before[1] > 2 * SAMPLE_RATE for before, after in zip(windows.spans, windows.spans[1:], strict=False)
    )
