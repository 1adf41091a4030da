import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from model_wrappers.talking_head.motion import ANALYSIS_RATE, plan_motion


def _noise(low: float, high: float, seconds: float = 1.0, level: float = 0.1) -> NDArray[np.float32]:
    """Return noise between two frequencies with the given effective value."""
    noise = np.random.default_rng(0).standard_normal(round(seconds * ANALYSIS_RATE))
    band = sosfilt(butter(6, (low, high), "band", fs=ANALYSIS_RATE, output="sos"), noise)
    return np.asarray(level * band / band.std(), np.float32)


def _mean_after(parts: list[NDArray[np.float32]], name: str) -> list[float]:
    """Return the mean of a motion over the inside of each one-second part."""
    values = getattr(plan_motion(np.concatenate(parts), 25, 25 * len(parts)), name)
    return [float(values[25 * k + 5 : 25 * k + 20].mean()) for k in range(len(parts))]


def test_the_mouth_opens_for_a_voice_and_not_for_silence_or_a_sibilant() -> None:
    voice, silence, sibilant = _noise(200, 1_200), np.zeros(ANALYSIS_RATE, np.float32), _noise(5_000, 7_500)
    opened, closed, hissing = _mean_after([voice, silence, sibilant], "opening")
    assert opened > 0.6
    assert closed < 0.02
    assert hissing < 0.3 * opened


def test_an_open_vowel_opens_the_mouth_more_than_a_closed_one_as_loud() -> None:
    open_vowel, closed_vowel = _mean_after([_noise(550, 1_100), _noise(200, 450)], "opening")
    assert open_vowel > 1.2 * closed_vowel


def test_lips_are_drawn_apart_for_ee_and_rounded_for_oo() -> None:
    ee = _noise(200, 400) + _noise(1_900, 2_700)
    oo = _noise(200, 400) + _noise(750, 1_200)
    drawn, rounded = _mean_after([ee, oo], "spread")
    assert drawn > 0.2
    assert rounded < 0


@pytest.mark.parametrize("gain", [0.02, 1.0, 8.0])
def test_the_level_of_the_recording_does_not_matter(gain: float) -> None:
    speech = _noise(200, 1_200) * (1 + np.sin(2 * np.pi * 3 * np.arange(ANALYSIS_RATE) / ANALYSIS_RATE))
    quiet = plan_motion((gain * speech).astype(np.float32), 25, 25)
    assert np.allclose(quiet.opening, plan_motion(speech.astype(np.float32), 25, 25).opening, atol=0.02)


def test_motions_keep_within_their_ranges() -> None:
    motion = plan_motion(np.random.default_rng(1).uniform(-1, 1, 60 * ANALYSIS_RATE).astype(np.float32), 25, 1_500)
    assert 0 <= motion.opening.min() <= motion.opening.max() <= 1
    assert 0 <= motion.blink.min() <= motion.blink.max() <= 1
    assert np.abs(motion.spread).max() <= 1.1
    assert np.abs(motion.shift).max() < 0.06
    assert np.abs(np.degrees(motion.roll)).max() <= 1.6


def test_the_eyes_blink_every_few_seconds() -> None:
    motion = plan_motion(np.zeros(60 * ANALYSIS_RATE, np.float32), 25, 1_500)
    blinks = int((np.diff((motion.blink > 0.5).astype(int)) == 1).sum())
    assert 12 <= blinks <= 27
