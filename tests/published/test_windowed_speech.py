from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import ModelFailed
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest, Word
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from model_wrappers.published.seamless_m4t import SeamlessM4T, SeamlessM4TConfig
from model_wrappers.torch.windowed_speech import (
    Heard,
    Recogniser,
    Speech,
    SpeechRequest,
    Waveform,
    WindowedSpeechConfig,
)
from tests.published.contexts import RecordedContext


class Counter(Recogniser):
    """Hears one word a window, half a second after its begin: how many seconds it lasts."""

    def read(self, windows: Sequence[Waveform], requests: Sequence[SpeechRequest]) -> list[Heard]:
        texts = [f"{len(window) / 16_000:.0f}" for window in windows]
        return [Heard(text, (Word(word=text, start=0.5, end=0.75, probability=1.0),)) for text in texts]


@pytest.fixture
def counter() -> Counter:
    return Counter(WindowedSpeechConfig(model="none", memory_mb=1, gpu_memory_mb=0, vad_threshold=0.0))


def test_words_are_timed_from_the_begin_of_the_recording(counter: Counter) -> None:
    noise = Audio(np.random.default_rng(0).uniform(-0.3, 0.3, (1, 45 * 16_000)).astype(np.float32), 16_000)
    requests = [SpeechRecognitionRequest(audio=noise, language="en", word_times=timed) for timed in (True, False)]
    answer, untimed = counter.run_batch(requests, RecordedContext())
    assert [segment.words for segment in untimed.segments] == [(), ()]
    first, second = answer.segments
    assert (first.start, second.end) == (0.0, 45.0)
    assert second.words[0].start == pytest.approx(second.start + 0.5)
    assert answer.text == f"{first.text} {second.text}"
    assert (answer.language, answer.duration) == ("en", 45.0)


def test_what_is_no_speech_is_left_out(counter: Counter) -> None:
    silence = Audio(np.zeros((1, 32_000), np.float32), 16_000)
    cut = Speech.cut(SpeechRecognitionRequest(audio=silence), vad_threshold=0.5)
    assert (cut.windows, cut.duration_s) == ((), 2.0)
    answer = counter.respond(cut, [])
    assert (answer.text, answer.language, answer.segments) == ("", "und", ())


def test_silence_is_translated_to_nothing_and_not_spoken(checkpoint: Callable[[str], Path]) -> None:
    model = SeamlessM4T(SeamlessM4TConfig(model=str(checkpoint("seamless_m4t"))))
    model.load("cpu")
    silence = Audio(np.zeros((1, 16_000), np.float32), 16_000)
    written, spoken = (
        model.run_batch(
            [SpeechTranslationRequest(audio=silence, target_language="fr", speak=speak)], RecordedContext()
        )[0]
        for speak in (False, True)
    )
    assert written.text == ""
    assert isinstance(spoken, ModelFailed)


def test_texts_of_one_language_are_translated_together(checkpoint: Callable[[str], Path]) -> None:
    model = SeamlessM4T(SeamlessM4TConfig(model=str(checkpoint("seamless_m4t")), max_new_tokens=8))
    model.load("cpu")
    requests = [
        SpeechTranslationRequest(text=text, source_language="en", target_language="fr") for text in ("hi", "go on now")
    ]
    together = model.run_batch(requests, RecordedContext())
    assert together == [model.run_batch([request], RecordedContext())[0] for request in requests]
    assert {answer.source_language for answer in together} == {"en"}
