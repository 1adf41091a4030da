from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.embedded.hibari.hibari import MAX_PHONEMES, SAMPLE_RATE, Hibari, HibariConfig
from tests.model_wrappers.measures import RecordedContext

TEXT = "He was not an ill-disposed young man, unless to be rather cold-hearted is to be ill-disposed."


@pytest.fixture(scope="module")
def hibari() -> Hibari:
    model = Hibari(HibariConfig())
    model.load("cpu")
    model.warm_up()
    return model


def speak(model: Hibari, text: str, **arguments: object) -> Audio:
    request = TextToSpeechRequest.model_validate({"text": text} | arguments)
    (response,) = model.run_batch([request], RecordedContext())
    assert isinstance(response, TextToSpeechResponse), response
    assert isinstance(response.audio, Audio)
    return response.audio


def pauses_s(audio: Audio, shortest_s: float = 0.25) -> list[float]:
    """The silences inside the speech, in seconds."""
    loud = np.flatnonzero(np.abs(audio.waveform[0]) > 0.01)
    gaps = np.diff(loud) / audio.sample_rate
    return [float(gap) for gap in gaps if gap > shortest_s]


def pitch_hz(audio: Audio) -> float:
    """Median fundamental frequency of the loud frames, by autocorrelation between 100 and 400 Hz."""
    frames = np.lib.stride_tricks.sliding_window_view(audio.waveform[0], 1_200)[::600]
    frames = frames[np.sqrt(np.mean(frames**2, axis=1)) > 0.05]
    lags = range(audio.sample_rate // 400, audio.sample_rate // 100)
    likeness = np.array([np.sum(frames[:, lag:] * frames[:, :-lag], axis=1) for lag in lags])
    return float(np.median(audio.sample_rate / (likeness.argmax(axis=0) + lags.start)))


def test_speech_has_the_voice_of_a_woman_at_a_usual_level(hibari: Hibari) -> None:
    audio = speak(hibari, TEXT)
    assert (audio.sample_rate, audio.channels) == (SAMPLE_RATE, 1)
    assert 4.0 < audio.duration_s < 9.0
    assert 150 < pitch_hz(audio) < 260
    assert 0.1 < np.abs(audio.waveform).max() <= 1.0


def test_equal_requests_give_equal_sound(hibari: Hibari) -> None:
    np.testing.assert_array_equal(speak(hibari, TEXT).waveform, speak(hibari, TEXT).waveform)


def test_texts_spoken_at_the_same_time_do_not_change_each_other(hibari: Hibari) -> None:
    texts = [f"{TEXT} Number {number}, and zyx{letter}vut." for number, letter in enumerate("aeiou")]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(partial(speak, hibari), texts))
    for text, audio in zip(texts, together, strict=True):
        assert np.array_equal(audio.waveform, speak(hibari, text).waveform)


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.5, 2.0, 4.0])
def test_speed_changes_the_duration_exactly_and_not_the_pitch(hibari: Hibari, speed: float) -> None:
    normal, changed = speak(hibari, TEXT), speak(hibari, TEXT, speed=speed)
    assert changed.duration_s * speed == pytest.approx(normal.duration_s, rel=0.02)
    assert pitch_hz(changed) == pytest.approx(pitch_hz(normal), rel=0.2)


def test_sentences_and_paragraphs_are_set_apart_by_pauses(hibari: Hibari) -> None:
    sentence, paragraph = pauses_s(speak(hibari, "The dog sleeps. The cat runs.\n\nThe bird sings."))
    assert 0.5 < sentence < 1.2
    assert paragraph > sentence + 0.3


def test_long_sentence_is_cut_at_clauses_without_a_long_pause(hibari: Hibari) -> None:
    sentence = ", ".join(["and the brown dog ran over the green hill to the old house"] * 30)
    pieces = hibari._pieces(sentence)
    assert all(len(piece.phonemes) <= MAX_PHONEMES for piece in pieces)
    assert all(piece.phonemes.endswith(",") for piece in pieces[:-1])
    assert max(pauses_s(speak(hibari, sentence, speed=2.0)), default=0) < 0.4


def test_sentence_without_any_punctuation_is_bounded_too(hibari: Hibari) -> None:
    pieces = hibari._pieces("word " * 1_000)
    assert all(len(piece.phonemes) <= MAX_PHONEMES for piece in pieces)
    assert " ".join(piece.phonemes for piece in pieces).count("wˈɜɹd") == 1_000


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("It costs $9.99.", "It costs nine dollars and ninety nine cents."),
        ("It is 7:30.", "It is seven thirty."),
        ("In 2024 it was -5 degrees.", "In twenty twenty four it was minus five degrees."),
        ("Dr. Lee took 3.5 of 42.", "Doctor Lee took three point five of forty two."),
        ("A [link](/to/nowhere) is read.", "A link is read."),
    ],
)
def test_numbers_and_signs_are_read_as_words(hibari: Hibari, written: str, read: str) -> None:
    def plain(text: str) -> str:
        stress_and_tags = str.maketrans("", "", "ˈˌ,-")
        return " ".join(piece.phonemes for piece in hibari._pieces(text)).translate(stress_and_tags)

    assert plain(written) == plain(read)


def test_number_too_long_for_words_is_read_digit_by_digit(hibari: Hibari) -> None:
    (piece,) = hibari._pieces("12" * 20)
    assert piece.phonemes.count("wˈʌn") == piece.phonemes.count("tˈu") == 20


@pytest.mark.parametrize(
    ("arguments", "param", "message"),
    [
        ({"text": "Hallo", "language": "de"}, "language", "speaks English only, not 'de'"),
        ({"text": "Hello", "voice": "emma"}, "voice", "no voice 'emma'; choose 'heart'"),
        ({"text": "!!! ... 😀"}, "text", "no words to speak"),
        ({"text": "  \n "}, "text", "no words to speak"),
        ({"text": "Привет, мир", "language": "en"}, "text", "another script"),
        ({"text": "Guten Morgen, wie geht es Ihnen heute?"}, "language", "not 'de'"),
    ],
)
def test_what_it_cannot_speak_is_refused(
    hibari: Hibari, arguments: dict[str, object], param: str, message: str
) -> None:
    good = TextToSpeechRequest(text="Hello.", voice="heart")
    refused, spoken = hibari.run_batch([TextToSpeechRequest.model_validate(arguments), good], RecordedContext())
    assert isinstance(refused, InvalidInput)
    assert refused.param == param
    assert message in refused.message
    assert isinstance(spoken, TextToSpeechResponse)


def test_stream_yields_each_sentence_and_the_same_sound(hibari: Hibari) -> None:
    text = "One dog. Two cats. Three birds."
    context = RecordedContext()
    parts = list(hibari.stream(TextToSpeechRequest(text=text), context))
    assert len(parts) == 3
    np.testing.assert_array_equal(
        np.concatenate([part.audio.waveform for part in parts], axis=1), speak(hibari, text).waveform
    )
    assert context.fractions[0] == [0, 1 / 3, 2 / 3]


def test_text_is_given_up_between_sentences_when_nobody_listens(hibari: Hibari) -> None:
    stream = hibari.stream(TextToSpeechRequest(text="One dog. Two cats."), RecordedContext(cancelled=(0,)))
    with pytest.raises(Cancelled):
        next(stream)


def test_a_question_ends_higher_than_the_same_words_as_a_statement(hibari: Hibari):
    for words in ("Will she call tomorrow", "Was it raining yesterday"):
        ends = []
        for mark in "?.":
            audio = speak(hibari, words + mark)
            loud = np.flatnonzero(np.abs(audio.waveform[0]) > 0.05)[-1]
            end = audio.waveform[:, loud - SAMPLE_RATE // 4 : loud]
            ends.append(pitch_hz(Audio(0.2 * end / end.std(), SAMPLE_RATE)))
        assert ends[0] > 1.15 * ends[1], ends
