from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from model_wrappers.published.espnet.multidecoder import MultiDecoder, MultiDecoderConfig
from tests.published.contexts import RecordedContext


@pytest.fixture(scope="module")
def model(checkpoint: Callable[[str], Path]) -> MultiDecoder:
    config = MultiDecoderConfig(
        model=str(checkpoint("multidecoder")), beam_size=2, source_beam_size=2, max_length_ratio=0.2, vad_threshold=0.0
    )
    model = MultiDecoder(config)
    model.load("cpu")
    return model


def noise(seconds: float, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).uniform(-0.3, 0.3, (1, round(seconds * 16_000)))
    return Audio(samples.astype(np.float32), 16_000)


def test_translation_tells_both_languages_and_the_words_heard(model: MultiDecoder) -> None:
    request = SpeechTranslationRequest(audio=noise(2.0), target_language="de")
    (response,) = model.run_batch([request], RecordedContext())
    assert (response.source_language, response.language) == ("en", "de")
    assert response.text
    assert response.source_text


def test_batch_equals_one_by_one(model: MultiDecoder) -> None:
    requests = [
        SpeechTranslationRequest(audio=noise(seconds, seed), target_language="de")
        for seed, seconds in enumerate([1.0, 2.0])
    ]
    together = model.run_batch(requests, RecordedContext())
    assert together == [model.run_batch([request], RecordedContext())[0] for request in requests]


def test_long_speech_is_translated_in_windows_until_nobody_waits(model: MultiDecoder) -> None:
    requests = [SpeechTranslationRequest(audio=noise(seconds), target_language="de") for seconds in (40.0, 1.0)]
    context = RecordedContext(cancel_after={0: 2})
    stopped, translated = model.run_batch(requests, context)
    assert isinstance(stopped, Cancelled)
    assert translated.text
    assert context.fractions[0] == [0.0, 0.5]


def test_checkpoint_without_a_stated_licence_is_off_unless_allowed(model: MultiDecoder) -> None:
    assert not model.card(model.config).commercial_use
