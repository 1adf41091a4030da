import numpy as np
import pytest
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.errors import Cancelled
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.embedded.adaptive_enhancement import AdaptiveEnhancement, AdaptiveEnhancementConfig
from model_wrappers.embedded.conv_tasnet import ConvTasNet
from model_wrappers.sounds.synthesis import SYNTHESES
from tests.model_wrappers.measures import RecordedContext, si_sdr_db

SAMPLE_RATE = 16_000


@pytest.fixture(scope="module")
def model() -> AdaptiveEnhancement:
    wrapper = AdaptiveEnhancement(AdaptiveEnhancementConfig())
    wrapper.load("cpu")
    return wrapper


@pytest.fixture(scope="module")
def voice(librivox: tuple[Audio, ...]) -> NDArray[np.float32]:
    return librivox[0].waveform[0, : 4 * SAMPLE_RATE]


@pytest.fixture(scope="module")
def babble(librivox: tuple[Audio, ...]) -> NDArray[np.float32]:
    """Six voices, higher and lower ones, talking at once."""
    rates = (11_000, 13_000, 19_000, 22_000, 12_000, 20_000)
    clips = [librivox[1 + i % 2].waveform[0] for i in range(len(rates))]
    at_rates = [
        Audio(clip[None], rate).resample(SAMPLE_RATE).waveform[0] for clip, rate in zip(clips, rates, strict=True)
    ]
    return sum(np.roll(np.resize(clip, 4 * SAMPLE_RATE), 9_000 * i) for i, clip in enumerate(at_rates))


def mix(voice: NDArray[np.float32], noise: NDArray[np.float32], snr_db: float = 2.5) -> Audio:
    gain = voice.std() / noise.std() / 10 ** (snr_db / 20)
    return Audio((0.5 * (voice + gain * noise))[None].astype(np.float32), SAMPLE_RATE)


def clean(model: AdaptiveEnhancement, audio: Audio) -> Audio:
    [answer] = model.run_batch([SpeechEnhancementRequest(audio=audio)], RecordedContext())
    assert not isinstance(answer, Exception), answer
    return answer.audio


def test_steady_noise_is_taken_away(model: AdaptiveEnhancement, voice):
    noise = np.random.default_rng(0).standard_normal(len(voice))
    assert si_sdr_db(clean(model, mix(voice, noise)).mono(), voice) > 2.5 + 5


def test_babble_is_taken_away(model: AdaptiveEnhancement, voice, babble):
    assert si_sdr_db(clean(model, mix(voice, babble)).mono(), voice) > 2.5 + 3


@pytest.mark.parametrize("name", ["pink-noise", "frying", "waterfall", "two-tone-siren", "motorbike"])
def test_neither_network_alone_is_better_by_more_than_half_a_decibel(model: AdaptiveEnhancement, voice, name: str):
    noise = Audio(SYNTHESES[name](4 * 44_100, np.random.default_rng(0))[None].astype(np.float32), 44_100)
    noisy = mix(voice, np.resize(noise.resample(SAMPLE_RATE).mono(), len(voice)))
    alone = ConvTasNet(ModelConfig())
    alone.load("cpu")
    [answer] = alone.run_batch([SpeechEnhancementRequest(audio=noisy)], RecordedContext())
    assert si_sdr_db(clean(model, noisy).mono(), voice) > si_sdr_db(answer.audio.mono(), voice) - 0.5


@pytest.mark.parametrize("sample_rate", [16_000, 48_000])
def test_clean_speech_keeps_its_length_level_and_rate(model: AdaptiveEnhancement, voice, sample_rate: int):
    original = Audio(voice[None], SAMPLE_RATE).resample(sample_rate)
    cleaned = clean(model, original)
    assert (cleaned.sample_rate, cleaned.waveform.shape) == (sample_rate, original.waveform.shape)
    assert cleaned.waveform.std() == pytest.approx(original.waveform.std(), rel=0.05)
    assert si_sdr_db(cleaned.mono(), original.mono()) > 15


def test_items_of_a_batch_do_not_touch_each_other(model: AdaptiveEnhancement, voice):
    short = Audio(voice[None, :SAMPLE_RATE], SAMPLE_RATE)
    requests = [
        SpeechEnhancementRequest(audio=Audio(voice[None, 20_000:40_000], SAMPLE_RATE)),
        SpeechEnhancementRequest(audio=short),
    ]
    answers = model.run_batch(requests, RecordedContext())
    np.testing.assert_array_equal(answers[1].audio.waveform, clean(model, short).waveform)


def test_progress_rises_through_both_networks_and_stops_when_cancelled(model: AdaptiveEnhancement, voice):
    class LeavesLate(RecordedContext):
        def cancelled(self, item: int) -> bool:
            return bool(self.fractions.get(item)) and self.fractions[item][-1] >= 0.5

    context = LeavesLate()
    [answer] = model.run_batch([SpeechEnhancementRequest(audio=Audio(voice[None], SAMPLE_RATE))], context)
    assert isinstance(answer, Cancelled)
    assert context.fractions[0] == sorted(context.fractions[0])
    assert context.fractions[0][-1] == pytest.approx(0.5)
