from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest, SpeechRecognitionResponse
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from model_wrappers.published.whisper.whisper import WhisperLarge, WhisperLargeConfig
from tests.published.contexts import RecordedContext


@pytest.fixture(scope="module")
def whisper(checkpoint: Callable[[str], Path]) -> WhisperLarge:
    model = WhisperLarge(WhisperLargeConfig(model=str(checkpoint("whisper")), vad_threshold=0.0))
    model.load("cpu")
    model.warm_up()
    return model


def part(speech: Audio, start_s: float, end_s: float) -> Audio:
    return Audio(speech.waveform[:, int(start_s * 16_000) : int(end_s * 16_000)], 16_000)


def test_batch_of_different_lengths_and_languages_answers_as_each_alone(whisper: WhisperLarge, speech: Audio) -> None:
    requests = [
        SpeechRecognitionRequest(audio=part(speech, 0, 2), language="en"),
        SpeechRecognitionRequest(audio=part(speech, 2, 9), language="de"),
        SpeechRecognitionRequest(audio=part(speech, 1, 5)),
    ]
    together = whisper.run_batch(requests, RecordedContext())
    alone = [whisper.run_batch([request], RecordedContext())[0] for request in requests]
    for joint, single in zip(together, alone, strict=True):
        assert isinstance(joint, SpeechRecognitionResponse)
        assert isinstance(single, SpeechRecognitionResponse)
        assert joint.text == single.text != ""
        assert joint.language == single.language
        assert [(each.start, each.end) for each in joint.segments] == [
            (each.start, each.end) for each in single.segments
        ]
    assert [response.duration for response in together] == pytest.approx([2.0, 7.0, 4.0])


def test_words_are_timed_in_order_inside_the_recording(whisper: WhisperLarge, speech: Audio) -> None:
    request = SpeechRecognitionRequest(audio=part(speech, 0, 4), language="en", word_times=True)
    [response] = whisper.run_batch([request], RecordedContext())
    assert isinstance(response, SpeechRecognitionResponse)
    words = [word for segment in response.segments for word in segment.words]
    assert words
    starts = [word.start for word in words]
    assert starts == sorted(starts)
    assert all(0 <= word.start <= word.end <= 4.02 and 0 <= word.probability <= 1 for word in words)
    assert "".join("".join(word.word.split()) for word in words) == "".join(response.text.split())


def test_speech_longer_than_a_window_is_read_with_progress_to_its_end(whisper: WhisperLarge, speech: Audio) -> None:
    audio = Audio(np.tile(speech.waveform, 4), 16_000)
    context = RecordedContext()
    [response] = whisper.run_batch([SpeechRecognitionRequest(audio=audio, language="en")], context)
    assert isinstance(response, SpeechRecognitionResponse)
    assert response.segments[-1].end > 30
    assert context.fractions[0][-1] == 1.0
    assert context.fractions[0] == sorted(context.fractions[0])


def test_translation_is_into_english_and_a_text_is_refused(whisper: WhisperLarge, speech: Audio) -> None:
    requests = [
        SpeechTranslationRequest(audio=part(speech, 0, 2), target_language="en", source_language="de"),
        SpeechTranslationRequest(text="Guten Tag", target_language="en"),
    ]
    translated, refused = whisper.run_batch(requests, RecordedContext())
    assert (translated.language, translated.source_language) == ("en", "de")
    assert refused.param == "text"
