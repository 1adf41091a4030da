import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.errors import Cancelled
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.embedded import conv_tasnet
from model_wrappers.embedded.conv_tasnet import ConvTasNet
from tests.model_wrappers.measures import RecordedContext, si_sdr_db


@pytest.fixture(scope="module")
def model() -> ConvTasNet:
    wrapper = ConvTasNet(ModelConfig())
    wrapper.load("cpu")
    return wrapper


def clean(model: ConvTasNet, audio: Audio) -> Audio:
    [answer] = model.run_batch([SpeechEnhancementRequest(audio=audio)], RecordedContext())
    assert not isinstance(answer, Exception), answer
    return answer.audio


def test_noise_is_taken_away(model: ConvTasNet, noisy_speech: Audio, speech: Audio):
    noisy, reference = noisy_speech.waveform[:, :64_000], speech.waveform[0, :64_000]
    cleaned = clean(model, Audio(noisy, 16_000)).waveform[0]
    assert si_sdr_db(cleaned, reference) > si_sdr_db(noisy[0], reference) + 3


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 44_100])
def test_clean_speech_keeps_its_length_place_level_and_polarity(model: ConvTasNet, speech: Audio, sample_rate: int):
    original = Audio(speech.waveform[:, :40_001], speech.sample_rate).resample(sample_rate)
    cleaned = clean(model, original)
    assert cleaned.sample_rate == sample_rate
    assert cleaned.waveform.shape == original.waveform.shape
    assert cleaned.waveform.std() == pytest.approx(original.waveform.std(), rel=0.05)
    correlation = np.corrcoef(cleaned.mono(), original.mono())[0, 1]
    assert correlation > 0.97


def test_windows_join_without_a_seam(model: ConvTasNet, speech: Audio, monkeypatch: pytest.MonkeyPatch):
    short = Audio(speech.waveform[:, :64_000], speech.sample_rate)
    whole = clean(model, short)
    monkeypatch.setattr(conv_tasnet, "WINDOW", 30_000)
    assert si_sdr_db(clean(model, short).mono(), whole.mono()) > 20


def test_channels_are_cleaned_apart(model: ConvTasNet, speech: Audio):
    first = speech.waveform[0, :16_000]
    both = clean(model, Audio(np.stack([first, np.zeros_like(first)]), 16_000))
    np.testing.assert_array_equal(both.waveform[0], clean(model, Audio(first[None], 16_000)).waveform[0])
    assert not both.waveform[1].any()


@pytest.mark.parametrize("samples", [1, 100, 401])
def test_the_shortest_recordings_keep_their_length(model: ConvTasNet, samples: int):
    assert clean(model, Audio(np.full((1, samples), 0.1, np.float32), 16_000)).waveform.shape == (1, samples)


def test_items_of_a_batch_do_not_touch_each_other(model: ConvTasNet, speech: Audio):
    some = Audio(speech.waveform[:, :16_000], 16_000)
    requests = [
        SpeechEnhancementRequest(audio=Audio(speech.waveform[:, 20_000:60_000], 16_000)),
        SpeechEnhancementRequest(audio=some),
    ]
    answers = model.run_batch(requests, RecordedContext())
    np.testing.assert_array_equal(answers[1].audio.waveform, clean(model, some).waveform)


def test_work_nobody_waits_for_stops(model: ConvTasNet, speech: Audio):
    [answer] = model.run_batch([SpeechEnhancementRequest(audio=speech)], RecordedContext(cancelled=(0,)))
    assert isinstance(answer, Cancelled)
