import numpy as np
import pytest
from scipy.signal import fftconvolve

from evaluation.capability.conditions import CONDITIONS
from evaluation.capability.items import UNUSED, USED
from evaluation.capability.standard_sounds import extraction, inpainting
from evaluation.capability.standard_speech import recognition
from evaluation.sound_sources import sources_for
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest
from model_wrappers.speech.dnsmos import dnsmos


def test_what_a_gap_lost_is_nowhere_else_in_its_recording() -> None:
    for item in inpainting():
        request, whole = item.request, item.truth.audio
        assert isinstance(request, AudioInpaintingRequest)
        assert whole is not None
        if request.end - request.start < 0.3:
            continue
        samples, rate = whole.mono().astype(np.float64), whole.sample_rate
        gap = samples[int(request.start * rate) : int(request.end * rate)]
        energy = fftconvolve(samples**2, np.ones(len(gap)), "valid")
        difference = energy + gap @ gap - 2 * fftconvolve(samples, gap[::-1], "valid")
        difference[int(request.start * rate)] = np.inf
        assert difference.min() > 1e-5 * (gap @ gap), item.id  # a copy has 0, a pure tone little


def test_wanted_sound_of_an_extraction_is_in_its_mixture_once() -> None:
    for item in extraction():
        assert item.truth.audio is not None
        wanted = item.truth.audio.mono().astype(np.float64)
        power = np.convolve(wanted**2, np.ones(1_600) / 1_600, "same")
        assert power[0] < 1e-3 or power[-1] < 1e-3 or len(np.flatnonzero(wanted)) > 0.9 * len(wanted)


def test_sounds_and_voices_never_used_are_no_others() -> None:
    unseen = {str(source.place) for source in sources_for("unseen")}
    assert len(unseen) >= 25
    assert not unseen & {str(source.place) for use in ("tuning", "evaluation") for source in sources_for(use)}
    ids = {split: {item.id for item in recognition() if item.split == split} for split in (USED, UNUSED)}
    assert len(ids[UNUSED]) >= 60
    assert not ids[USED] & ids[UNUSED]


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_change_a_recording_and_leave_it_audible(name: str, speech: Audio) -> None:
    samples = speech.waveform[0, :48_000]
    changed = CONDITIONS[name](samples, np.random.default_rng(0))
    assert np.isfinite(changed).all()
    assert changed.std() > 0
    assert len(changed) != len(samples) or not np.allclose(changed, samples)


def test_opinion_of_clean_speech_is_better_than_of_noisy_speech(speech: Audio, noisy_speech: Audio) -> None:
    clean, noisy = dnsmos(speech), dnsmos(noisy_speech)
    assert clean is not None
    assert noisy is not None
    assert clean > noisy + 0.5
    assert dnsmos(Audio(np.zeros((1, 16_000), np.float32), 16_000)) is None
