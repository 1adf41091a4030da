import numpy as np
import pytest

from evaluation.capability import waveforms
from model_wrappers.contract.audio import Audio

RATE = 16_000  # Hz


@pytest.fixture(scope="module")
def voice(speech: Audio) -> np.ndarray:
    return speech.mono()[: 4 * RATE]


def noisy(voice: np.ndarray, snr_db: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(len(voice)).astype(np.float32)
    return voice + noise * voice.std() / noise.std() / 10 ** (snr_db / 20)


@pytest.mark.parametrize("snr_db", [0.0, 10.0])
def test_snr_and_si_sdr_are_those_the_noise_was_added_at(voice: np.ndarray, snr_db: float) -> None:
    mixed = noisy(voice, snr_db)
    assert waveforms.snr_db(mixed, voice) == pytest.approx(snr_db, abs=0.1)
    assert waveforms.si_sdr_db(mixed, voice) == pytest.approx(snr_db, abs=0.1)


def test_si_sdr_does_not_depend_on_the_level_and_snr_does(voice: np.ndarray) -> None:
    mixed = noisy(voice, 10.0)
    assert waveforms.si_sdr_db(0.3 * mixed, voice) == pytest.approx(waveforms.si_sdr_db(mixed, voice), abs=1e-3)
    assert waveforms.snr_db(0.3 * mixed, voice) < 4


def test_pesq_and_stoi_fall_with_the_noise(voice: np.ndarray) -> None:
    quality = [waveforms.pesq(x, voice) for x in (voice, noisy(voice, 20.0), noisy(voice, 0.0))]
    clear = [waveforms.stoi(x, voice, RATE) for x in (voice, noisy(voice, 20.0), noisy(voice, 0.0))]
    assert quality == sorted(quality, reverse=True)
    assert clear == sorted(clear, reverse=True)
    assert quality[0] == pytest.approx(4.64, abs=0.01)
    assert clear[0] == pytest.approx(1.0, abs=1e-3)


def test_pesq_of_silence_is_left_out() -> None:
    assert waveforms.pesq(np.zeros(RATE, np.float32), np.zeros(RATE, np.float32)) is None


def test_spectral_distances_are_zero_for_a_copy_and_grow_with_noise(voice: np.ndarray) -> None:
    distances = [waveforms.mrstft(noisy(voice, snr), voice) for snr in (40.0, 20.0, 0.0)]
    assert waveforms.mrstft(voice, voice) == 0
    assert distances == sorted(distances)
    assert waveforms.log_spectral_distance_db(voice, voice, RATE) == 0
    assert waveforms.log_spectral_distance_db(0.1 * voice, voice, RATE) == pytest.approx(20, abs=8)


def test_interaural_differences_are_those_a_delay_and_a_gain_make(voice: np.ndarray) -> None:
    ears = np.stack([voice, 0.5 * np.roll(voice, 8)])
    assert waveforms.itd_us(ears, RATE) == pytest.approx(8 / RATE * 1e6, abs=10)
    assert waveforms.ild_db(ears) == pytest.approx(6.02, abs=0.05)


def test_voices_are_compared_in_the_best_order_and_a_missing_one_is_silence(voice: np.ndarray) -> None:
    other = voice[::-1].copy()
    ordered = waveforms.best_order([other, voice], [voice, other])
    np.testing.assert_array_equal(ordered[0], voice)
    assert len(waveforms.best_order([voice], [voice, other])) == 2
