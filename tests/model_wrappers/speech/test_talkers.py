import numpy as np
import pytest
from numpy.typing import NDArray

from model_wrappers.speech.talkers import on_own_channels

SAMPLE_RATE = 16_000
LENGTH = 8 * SAMPLE_RATE


def voice(seed: int, begin_s: float, end_s: float) -> NDArray[np.float32]:
    """Return noise that swells as syllables do, between two times."""
    times = np.arange(LENGTH) / SAMPLE_RATE
    swelling = np.sin(np.pi * 4 * times) ** 2 * (times >= begin_s) * (times < end_s)
    return (0.1 * swelling * np.random.default_rng(seed).standard_normal(LENGTH)).astype(np.float32)


LEFT, RIGHT = voice(1, 0.0, 4.5), voice(2, 4.0, 8.0)


@pytest.mark.parametrize("leak", [0.0, 0.1])
def test_people_on_a_channel_each_are_kept_apart_without_what_leaks(leak: float):
    left, right = on_own_channels(np.stack([LEFT + leak * RIGHT, RIGHT + leak * LEFT]))
    np.testing.assert_array_equal(left[: 4 * SAMPLE_RATE], (LEFT + leak * RIGHT)[: 4 * SAMPLE_RATE])
    np.testing.assert_array_equal(right[5 * SAMPLE_RATE :], (RIGHT + leak * LEFT)[5 * SAMPLE_RATE :])
    assert not left[5 * SAMPLE_RATE :].any()
    assert not right[: 3 * SAMPLE_RATE].any()


def test_a_talker_who_interrupts_is_heard_on_the_own_channel():
    left, right = on_own_channels(np.stack([voice(1, 0.0, 6.0), voice(2, 3.0, 8.0)]))
    assert left[3 * SAMPLE_RATE : 6 * SAMPLE_RATE].std() > 0.03
    assert right[3 * SAMPLE_RATE : 6 * SAMPLE_RATE].std() > 0.03


@pytest.mark.parametrize(
    "waveform",
    [
        np.stack([LEFT, LEFT]),
        np.stack([LEFT, -LEFT]),
        np.stack([LEFT, 0.2 * LEFT]),
        np.stack([LEFT, 0 * LEFT]),
        np.stack([LEFT, np.roll(LEFT, 5)]) + np.stack([RIGHT, 0.7 * RIGHT]),
        np.zeros((2, LENGTH), np.float32),
        LEFT[None],
        np.stack([LEFT, RIGHT, LEFT]),
        np.zeros((2, 100), np.float32),
    ],
    ids=["centre", "opposite", "beside", "one side", "two in one room", "silence", "mono", "three", "short"],
)
def test_other_recordings_are_not_taken_for_two_talkers(waveform: NDArray[np.float32]):
    assert on_own_channels(waveform) == ()
