import itertools
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest, SpeechRecognitionResponse
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.embedded.whisper.hypotheses import is_loop
from model_wrappers.embedded.whisper.whisper import LANGUAGES, Whisper, WhisperConfig
from model_wrappers.speech.windows import SAMPLE_RATE, SpeechWindows
from tests.model_wrappers.measures import RecordedContext
from tests.model_wrappers.spoken import error_rates, word_error_rate


@pytest.fixture(scope="module")
def whisper() -> Iterator[Whisper]:
    model = Whisper(WhisperConfig())
    model.load("cpu")
    yield model
    model.unload()


def transcribe(model: Whisper, audio: Audio, **arguments: object) -> SpeechRecognitionResponse:
    request = SpeechRecognitionRequest.model_validate({"audio": audio} | arguments)
    (response,) = model.run_batch([request], RecordedContext())
    assert isinstance(response, SpeechRecognitionResponse), response
    return response


def silence(duration_s: float) -> np.ndarray:
    return np.zeros((1, round(duration_s * SAMPLE_RATE)), np.float32)


def joined(*waveforms: np.ndarray) -> Audio:
    return Audio(np.concatenate(waveforms, axis=1), SAMPLE_RATE)


def test_human_speech_is_written_down_word_for_word(whisper: Whisper, speech: Audio, spoken_text: str) -> None:
    response = transcribe(whisper, speech)
    over_all, _ = error_rates(whisper, [(spoken_text, speech)])
    assert over_all <= 0.05
    assert response.language == "en"
    assert response.language_probability is not None
    assert response.language_probability > 0.9
    assert response.duration == pytest.approx(10.09)
    assert " ".join(segment.text for segment in response.segments) == response.text


def test_every_word_is_timed_in_order_in_stereo_at_another_rate_too(
    whisper: Whisper, speech: Audio, spoken_text: str
) -> None:
    stereo = Audio(np.repeat(speech.resample(44_100).waveform, 2, axis=0), 44_100)
    response = transcribe(whisper, stereo, word_times=True, language="en")
    timed = [word for segment in response.segments for word in segment.words]
    assert word_error_rate(spoken_text, " ".join(word.word for word in timed)) <= 0.1
    times = [time for word in timed for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[-1] <= response.duration
    before_second_sentence = [word for word in timed if word.end <= 7.2]
    assert before_second_sentence[-1].word == "them."


def test_two_people_on_a_channel_each_are_written_down_apart(whisper: Whisper, librivox: tuple[Audio, ...]) -> None:
    one, other = (librivox[0].waveform, 0.8 * librivox[2].waveform)
    stereo = np.zeros((2, one.shape[1] + other.shape[1] // 2), np.float32)
    stereo[0, : one.shape[1]], stereo[1, -other.shape[1] :] = one[0], other[0]
    alone = [transcribe(whisper, Audio(each, SAMPLE_RATE)).text for each in (one, other)]
    response = transcribe(whisper, Audio(stereo, SAMPLE_RATE))
    for number, expected in enumerate(alone, 1):
        said = " ".join(segment.text for segment in response.segments if segment.channel == number)
        assert word_error_rate(expected, said) <= 0.1
    assert {segment.channel for segment in response.segments} == {1, 2}
    assert response.text.splitlines()[0] == response.segments[0].text
    centre = Audio(np.repeat(one, 2, axis=0), SAMPLE_RATE)
    assert {segment.channel for segment in transcribe(whisper, centre).segments} == {None}


@pytest.mark.parametrize(
    "waveform",
    [
        pytest.param(silence(3), id="silence"),
        pytest.param(0.1 * np.random.default_rng(0).standard_normal((1, 48_000)), id="noise"),
        pytest.param(0.3 * np.sin(2 * np.pi * 440 / SAMPLE_RATE * np.arange(48_000))[np.newaxis], id="tone"),
        pytest.param(np.full((1, 1), 0.5), id="one sample"),
        pytest.param(np.full((1, 300), 0.5), id="19 ms"),
    ],
)
def test_nothing_is_made_up_where_nobody_speaks(whisper: Whisper, waveform: np.ndarray) -> None:
    response = transcribe(whisper, Audio(waveform.astype(np.float32), SAMPLE_RATE))
    assert (response.text, response.segments, response.language) == ("", (), "und")


@pytest.mark.parametrize(
    ("text", "expected"), [("I'm sorry, " * 30, True), ("1,5" + ",5" * 60, True), ("No, no, no, no! " * 2, False)]
)
def test_one_phrase_over_and_over_is_a_loop(text: str, expected: bool) -> None:
    assert is_loop(text) is expected


def test_true_sentences_are_no_loop(spoken_text: str) -> None:
    assert not is_loop(f"{spoken_text} {spoken_text}")


def test_speech_longer_than_a_window_is_read_to_its_end_with_true_times(
    whisper: Whisper, speech: Audio, spoken_text: str
) -> None:
    context = RecordedContext()
    audio = joined(speech.waveform, silence(20), speech.waveform, silence(3))
    (response,) = whisper.run_batch([SpeechRecognitionRequest(audio=audio, language="en")], context)
    assert isinstance(response, SpeechRecognitionResponse)
    assert word_error_rate(f"{spoken_text} {spoken_text}", response.text) <= 0.07
    second = next(segment for segment in response.segments if segment.start > 15)
    assert second.start == pytest.approx(30.09, abs=0.7)
    assert response.segments[-1].end == pytest.approx(40.1, abs=0.7)
    assert context.fractions[0] == sorted(context.fractions[0])
    assert context.fractions[0][-1] == 1.0
    parts = list(whisper.stream(SpeechRecognitionRequest(audio=audio, language="en"), RecordedContext()))
    assert len(parts) == 2
    assert [segment for part in parts for segment in part.segments] == list(response.segments)
    assert " ".join(part.text for part in parts) == response.text


def test_passage_is_read_on_where_the_model_stops_before_the_end_of_a_window(
    whisper: Whisper, librivox: tuple[Audio, ...]
) -> None:
    passage = joined(*(sentence.waveform for sentence in librivox))  # 24.7 s, of which one decoding covers 21.7
    response = transcribe(whisper, passage, language="en")
    assert response.text.lower().endswith("he might even have been made amiable himself.")
    assert response.segments[-1].end == pytest.approx(passage.duration_s, abs=1.0)


def test_next_window_begins_where_the_last_one_was_left(speech: Audio) -> None:
    windows = SpeechWindows(np.tile(speech.waveform[0], 6), 0.5)
    coming = iter(windows)
    _, first_end = next(coming)
    windows.go_back_to(first_end - 3 * SAMPLE_RATE)
    second_start, second_end = next(coming)
    assert second_start == first_end - 3 * SAMPLE_RATE
    assert first_end < second_end <= second_start + 30 * SAMPLE_RATE


def test_prompt_teaches_a_spelling(whisper: Whisper, speech: Audio) -> None:
    assert "Dashwoode" in transcribe(whisper, speech, language="en", prompt="Mr. John Dashwoode, Mrs. Dashwoode").text


def test_speech_is_translated_into_english(whisper: Whisper, speech: Audio, spoken_text: str) -> None:
    request = SpeechTranslationRequest(audio=speech, target_language="en")
    (response,) = whisper.run_batch([request], RecordedContext())
    assert isinstance(response, SpeechTranslationResponse)
    assert (response.language, response.source_language) == ("en", "en")
    assert word_error_rate(spoken_text, response.text) < 0.1


@pytest.mark.parametrize(
    ("arguments", "param", "message"),
    [
        ({"text": "hola", "target_language": "en"}, "text", "translates speech, not text"),
        (
            {"audio": Audio(silence(1), 16_000), "target_language": "de"},
            "target_language",
            "English only, not into 'de'",
        ),
        ({"audio": Audio(silence(1), 16_000), "target_language": "en", "speak": True}, "speak", "text-to-speech"),
        (
            {"audio": Audio(silence(1), 16_000), "target_language": "en", "source_language": "xx"},
            "source_language",
            "does not know the language 'xx'",
        ),
    ],
)
def test_translations_it_cannot_make_are_refused(
    whisper: Whisper, arguments: dict[str, object], param: str, message: str
) -> None:
    (answer,) = whisper.run_batch([SpeechTranslationRequest.model_validate(arguments)], RecordedContext())
    assert isinstance(answer, InvalidInput)
    assert answer.param == param
    assert message in answer.message


def test_bad_and_cancelled_requests_spoil_no_others_of_their_batch(
    whisper: Whisper, speech: Audio, spoken_text: str
) -> None:
    requests = [
        SpeechRecognitionRequest(audio=speech, language="xx"),
        SpeechRecognitionRequest(audio=speech),
        SpeechRecognitionRequest(audio=Audio(silence(1), 16_000)),
        SpeechRecognitionRequest(audio=speech),
        SpeechRecognitionRequest(audio=Audio(speech.waveform[:, : 7 * SAMPLE_RATE], SAMPLE_RATE), language="en"),
    ]
    bad, good, silent, cancelled, short = whisper.run_batch(requests, RecordedContext(cancelled=(3,)))
    assert isinstance(bad, InvalidInput)
    assert isinstance(cancelled, Cancelled)
    assert not isinstance(good, AudioGPTError)
    assert not isinstance(silent, AudioGPTError)
    assert not isinstance(short, AudioGPTError)
    assert word_error_rate(spoken_text, good.text) <= 0.1
    assert silent.text == ""
    assert word_error_rate(spoken_text[: spoken_text.index(" He was")], short.text) <= 0.15


def test_batches_of_two_threads_do_not_mix(whisper: Whisper, speech: Audio) -> None:
    parts = [speech.waveform[:, : 7 * SAMPLE_RATE], speech.waveform[:, 7 * SAMPLE_RATE :]]
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(
            lambda part: transcribe(whisper, Audio(part, SAMPLE_RATE), language="en").text, parts
        )
    assert "leisure" in first
    assert "young man" not in first
    assert "young man" in second
    assert "leisure" not in second


def test_recording_is_given_up_between_windows_when_nobody_waits(whisper: Whisper, speech: Audio) -> None:
    class LeavesAfterFirstWindow(RecordedContext):
        def cancelled(self, item: int) -> bool:
            return len(self.fractions.get(item, [])) >= 1

    context = LeavesAfterFirstWindow()
    audio = joined(speech.waveform, silence(25), speech.waveform)
    (answer,) = whisper.run_batch([SpeechRecognitionRequest(audio=audio, language="en")], context)
    assert isinstance(answer, Cancelled)
    assert len(context.fractions[0]) == 1


def test_requests_share_a_batch_only_with_equal_prompt_and_temperature(whisper: Whisper, speech: Audio) -> None:
    plain = SpeechRecognitionRequest(audio=speech)
    assert whisper.batch_key(plain) == whisper.batch_key(SpeechRecognitionRequest(audio=speech, language="de"))
    assert whisper.batch_key(plain) != whisper.batch_key(SpeechRecognitionRequest(audio=speech, prompt="Dashwood"))
    assert whisper.batch_key(plain) != whisper.batch_key(SpeechTranslationRequest(audio=speech, target_language="en"))


def test_windows_cover_the_speech_and_fit_into_the_model(speech: Audio) -> None:
    waveform = np.concatenate([speech.waveform[0], silence(2)[0]] * 12)  # 145 s: more than one block
    windows = list(SpeechWindows(waveform, 0.5))
    assert all(0 < end - start <= 30 * SAMPLE_RATE for start, end in windows)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(windows))
    uncovered = waveform.copy()
    for start, end in windows:
        uncovered[start:end] = 0
    assert np.sum(uncovered**2) < 0.005 * np.sum(waveform**2)


def test_everything_is_covered_without_the_detector() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(130 * SAMPLE_RATE).astype(np.float32)
    windows = list(SpeechWindows(noise, 0.0))
    assert windows[0][0] == 0
    assert windows[-1][1] == len(noise)
    assert sum(end - start for start, end in windows) > 0.999 * len(noise)
    assert all(end - start <= 30 * SAMPLE_RATE for start, end in windows)


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"is no checkpoint of this model: it has no 'model.bin'"):
        Whisper(WhisperConfig(model=str(tmp_path))).load("cpu")


def test_languages_are_those_of_the_model() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert set(LANGUAGES) ^ set(_LANGUAGE_CODES) == {"jv", "jw", "yue"}  # Cantonese came with large-v3


def test_two_processes_load_into_an_empty_cache_together(tmp_path: Path) -> None:
    script = "from model_wrappers.embedded.whisper.weights import BASE_WEIGHTS; print(BASE_WEIGHTS.folder())"
    environment = {"AUDIOGPT_CACHE": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    started = [
        subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    folders = {process.communicate()[0].strip() for process in started}
    assert [process.returncode for process in started] == [0, 0]
    (folder,) = folders
    assert {path.name for path in Path(folder).glob("*")} == {
        *("model.bin", "config.json", "tokenizer.json", "vocabulary.txt", "verified.json")
    }
