import numpy as np
import pytest
from scipy.signal import correlate

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest, SpeechEnhancementResponse
from model_wrappers.embedded.deepfilternet import DeepFilterNet, DeepFilterNetConfig
from tests.model_wrappers.measures import RecordedContext, si_sdr_db


@pytest.fixture(scope="module")
def deepfilternet() -> DeepFilterNet:
    model = DeepFilterNet(DeepFilterNetConfig())
    model.load("cpu")
    return model


def clean(model: DeepFilterNet, audio: Audio) -> Audio:
    (response,) = model.run_batch([SpeechEnhancementRequest(audio=audio)], RecordedContext())
    assert isinstance(response, SpeechEnhancementResponse), response
    assert isinstance(response.audio, Audio)
    return response.audio


def delay_samples(late: np.ndarray, reference: np.ndarray) -> int:
    return int(correlate(late, reference, method="fft").argmax()) - (len(reference) - 1)


def test_noise_is_taken_away(deepfilternet: DeepFilterNet, noisy_speech: Audio, speech: Audio) -> None:
    cleaned = clean(deepfilternet, noisy_speech)
    before, after = (si_sdr_db(audio.mono(), speech.mono()) for audio in (noisy_speech, cleaned))
    assert before == pytest.approx(5.0, abs=0.5)
    assert after > before + 5.0


@pytest.mark.parametrize("sample_rate", [16_000, 44_100, 48_000])
def test_speech_keeps_its_length_place_and_level(deepfilternet: DeepFilterNet, speech: Audio, sample_rate: int) -> None:
    original = Audio(speech.waveform[:, 2_001:50_000], 16_000).resample(sample_rate)
    cleaned = clean(deepfilternet, original)
    assert cleaned.sample_rate == sample_rate
    assert cleaned.waveform.shape == original.waveform.shape
    assert abs(delay_samples(cleaned.mono(), original.mono())) <= 1
    assert np.std(cleaned.waveform) == pytest.approx(np.std(original.waveform), rel=0.06)
    assert si_sdr_db(cleaned.mono(), original.mono()) > 20


def test_end_of_the_recording_is_not_lost(deepfilternet: DeepFilterNet, speech: Audio) -> None:
    original = Audio(speech.waveform[:, :24_000], 16_000)  # stops in the middle of a word
    last = slice(-800, -80)
    cleaned = clean(deepfilternet, original)
    assert np.std(cleaned.waveform[:, last]) > 0.5 * np.std(original.waveform[:, last])


def test_channels_are_cleaned_apart(deepfilternet: DeepFilterNet, speech: Audio) -> None:
    left = speech.waveform[0, :32_000]
    cleaned = clean(deepfilternet, Audio(np.stack([left, np.zeros_like(left)]), 16_000))
    assert cleaned.channels == 2
    assert np.abs(cleaned.waveform[1]).max() < 1e-4
    np.testing.assert_allclose(
        cleaned.waveform[:1], clean(deepfilternet, Audio(left[np.newaxis], 16_000)).waveform, atol=1e-6
    )


@pytest.mark.parametrize("samples", [1, 7, 160])
def test_shortest_recordings_keep_their_length(deepfilternet: DeepFilterNet, samples: int) -> None:
    cleaned = clean(deepfilternet, Audio(np.full((1, samples), 0.1, np.float32), 16_000))
    assert cleaned.waveform.shape == (1, samples)
    assert np.isfinite(cleaned.waveform).all()


def test_less_attenuation_leaves_more_of_the_noise(deepfilternet: DeepFilterNet) -> None:
    noise = Audio(0.1 * np.random.default_rng(0).standard_normal((1, 48_000)).astype(np.float32), 48_000)
    gentle = DeepFilterNet(DeepFilterNetConfig(max_attenuation_db=6))
    gentle.load("cpu")
    second_half = slice(24_000, None)
    loudness = np.std(noise.waveform[:, second_half])
    assert np.std(clean(gentle, noise).waveform[:, second_half]) == pytest.approx(loudness / 2, rel=0.2)
    assert np.std(clean(deepfilternet, noise).waveform[:, second_half]) < loudness / 8


def test_progress_rises_and_cancelling_stops_between_blocks(deepfilternet: DeepFilterNet, speech: Audio) -> None:
    class LeavesHalfway(RecordedContext):
        def cancelled(self, item: int) -> bool:
            return bool(self.fractions.get(item)) and self.fractions[item][-1] > 0.5

    context = LeavesHalfway()
    stereo = Audio(np.repeat(speech.waveform[:, :32_000], 2, axis=0), 16_000)
    (answer,) = deepfilternet.run_batch([SpeechEnhancementRequest(audio=stereo)], context)
    assert isinstance(answer, Cancelled)
    assert context.fractions[0] == sorted(context.fractions[0])
    assert 0.5 < context.fractions[0][-1] < 0.7
