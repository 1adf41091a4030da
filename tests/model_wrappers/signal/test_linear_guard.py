import numpy as np
import pytest
from numpy.typing import NDArray

from model_wrappers.signal.linear_guard import LEAST_LEVEL, segment_level, straight_line, trust

BEGIN, END, ORDER = 4_000, 4_400, 64


@pytest.fixture
def sound() -> NDArray[np.float64]:
    return np.random.default_rng(3).standard_normal(8_000)


def test_a_method_that_finds_the_truth_is_trusted_whole(sound: NDArray[np.float64]):
    def knowing(stretch: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
        return stretch[first:last]

    assert trust(sound, BEGIN, END, ORDER, knowing) == 1.0


@pytest.mark.parametrize("factor", [-1.0, 2.0])
def test_a_method_farther_from_the_truth_than_a_line_is_trusted_less(sound: NDArray[np.float64], factor: float):
    def erring(stretch: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
        return factor * stretch[first:last]

    assert trust(sound, BEGIN, END, ORDER, erring) == pytest.approx(max(0.0, 1 / factor), abs=0.1)


def test_rehearsals_never_hear_the_gap(sound: NDArray[np.float64]):
    def half(stretch: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
        assert np.abs(stretch).max() < 100
        return 3 * stretch[first:last]

    spoilt = sound.copy()
    spoilt[BEGIN:END] = 1e6
    assert trust(spoilt, BEGIN, END, ORDER, half) == trust(sound, BEGIN, END, ORDER, half)


def test_too_little_sound_to_rehearse_in_leaves_a_method_as_it_is(sound: NDArray[np.float64]):
    assert trust(sound[: ORDER + 20], ORDER, ORDER + 10, ORDER, lambda *_: np.zeros(10)) == 1.0


def test_a_segment_that_goes_on_as_the_sound_does_keeps_its_level():
    tone = np.sin(0.05 * np.arange(8_000))[None]
    assert segment_level(tone, BEGIN, END, tone[:, BEGIN:END], tone[:, END : END + 300]) == pytest.approx(1.0, abs=0.01)


def test_a_segment_of_another_phase_errs_no_more_than_a_line_is_expected_to(sound: NDArray[np.float64]):
    around, other = sound[None], np.random.default_rng(4).standard_normal((1, 700))
    level = segment_level(around, BEGIN, END, other[:, :400], other[:, 400:])
    line = straight_line(around, BEGIN, END)
    assert LEAST_LEVEL <= level < 1
    assert level**2 * np.mean(other**2) == pytest.approx(max(np.mean(line**2), LEAST_LEVEL**2), abs=0.2)


def test_a_line_at_either_end_of_a_sound_holds_the_sample_that_is_known():
    sound = np.arange(10.0)[None]
    np.testing.assert_array_equal(straight_line(sound, 0, 3), np.full((1, 3), 3.0))
    np.testing.assert_array_equal(straight_line(sound, 7, 10), np.full((1, 3), 6.0))
    np.testing.assert_allclose(straight_line(sound, 3, 7), sound[:, 3:7])
