import jiwer
import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.embedded.kokoro_japanese import KokoroJapanese, KokoroJapaneseConfig
from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig
from model_wrappers.speech.kokoro import MAX_PHONEMES, SAMPLE_RATE
from tests.model_wrappers.measures import RecordedContext
from tests.model_wrappers.spoken import transcripts

WEATHER = "今日は天気がいいですね。"
MEETING = "明日の会議は午後3時に始まります。"


@pytest.fixture(scope="module")
def kokoro() -> KokoroJapanese:
    model = KokoroJapanese(KokoroJapaneseConfig())
    model.load("cpu")
    model.warm_up()
    return model


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    model = Whisper(WhisperConfig())
    model.load("cpu")
    return model


def speak(model: KokoroJapanese, text: str, **arguments: object) -> Audio:
    request = TextToSpeechRequest.model_validate({"text": text, "language": "ja"} | arguments)
    (response,) = model.run_batch([request], RecordedContext())
    if not isinstance(response, TextToSpeechResponse):
        raise response
    assert isinstance(response.audio, Audio)
    return response.audio


def sounds(model: KokoroJapanese, text: str) -> str:
    """How a text is read, whichever characters it is written in."""
    return "".join(letter for letter in model._read(text) if letter.isalpha())


@pytest.mark.parametrize(
    "text",
    [
        WEATHER,
        MEETING,
        "駅までどうやって行けばいいですか?",
        "コンピューターの電源を入れてください。",
        "この本は1200円です。",
    ],
)
def test_speech_is_understood(kokoro: KokoroJapanese, whisper: Whisper, text: str) -> None:
    heard = transcripts(whisper, speak(kokoro, text), "ja")
    assert jiwer.cer([sounds(kokoro, text)] * len(heard), [sounds(kokoro, each) for each in heard]) <= 0.15


def test_every_voice_is_one_of_its_own(kokoro: KokoroJapanese) -> None:
    spoken = [speak(kokoro, WEATHER, voice=voice).waveform for voice in kokoro.voices["ja"]]
    assert len({waveform.tobytes() for waveform in spoken}) == len(kokoro.voices["ja"]) == 5


def test_speed_changes_the_duration(kokoro: KokoroJapanese) -> None:
    normal, fast = speak(kokoro, MEETING), speak(kokoro, MEETING, speed=1.5)
    assert normal.sample_rate == SAMPLE_RATE
    assert fast.duration_s == pytest.approx(normal.duration_s / 1.5, rel=0.25)


def test_sentences_come_one_by_one_and_joined_are_the_whole(kokoro: KokoroJapanese) -> None:
    request = TextToSpeechRequest(text=WEATHER + MEETING, language="ja")
    parts = [answer.audio for answer in kokoro.stream(request, RecordedContext())]
    assert len(parts) == 2
    joined = np.concatenate([part.waveform for part in parts if isinstance(part, Audio)], axis=1)
    assert np.array_equal(joined, speak(kokoro, WEATHER + MEETING).waveform)


def test_a_sentence_longer_than_the_network_takes_is_spoken_whole(kokoro: KokoroJapanese) -> None:
    text = "、".join(["そして友達と一緒に公園を歩きました"] * 15)
    assert len(kokoro._read(text)) > MAX_PHONEMES
    assert speak(kokoro, text).duration_s > 20


@pytest.mark.parametrize(
    "text", ["快樂な一日です。", "Ray ServeでAIを動かします。", "¥1,200の30%です。", "𠮷野家で食べました。"]
)
def test_rare_characters_foreign_words_and_signs_are_spoken(kokoro: KokoroJapanese, text: str) -> None:
    assert speak(kokoro, text).duration_s > 0.8


@pytest.mark.parametrize(
    ("arguments", "param"),
    [
        ({"text": "🙂"}, "text"),
        ({"text": "、。"}, "text"),
        ({"text": WEATHER, "voice": "heart"}, "voice"),
        ({"text": "Hello.", "language": "en"}, "language"),
    ],
)
def test_what_it_cannot_speak_is_refused(kokoro: KokoroJapanese, arguments: dict[str, str], param: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        speak(kokoro, **arguments)
    assert refused.value.param == param
