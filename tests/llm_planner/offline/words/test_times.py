"""Times, ranges and durations in the forms people use."""

import pytest

from llm_planner.offline.words.times import find_duration, find_range, strip_durations, with_digits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2 to 1.8 s", (1.2, 1.8)),
        ("inpaint 00:01-00:02", (1.0, 2.0)),
        ("seconds 3 through 5", (3.0, 5.0)),
        ("between one point nine and three point eight seconds", (1.9, 3.8)),
        ("from second two to second four", (2.0, 4.0)),
        ("the first two seconds", (0.0, 2.0)),
        ("the third second", (2.0, 3.0)),
        ("two seconds starting at 4", (4.0, 6.0)),
        ("starting at 4 s for 2 seconds", (4.0, 6.0)),
        ("800 ms to 1200 ms", (0.8, 1.2)),
        ("1m20s to 1m25s", (80.0, 85.0)),
        ("from 1 minute 20 to 1 minute 25", (80.0, 85.0)),
        ("from the start to 1.5 s", (0.0, 1.5)),
        ("from 1,5 to 2,5 seconds", (1.5, 2.5)),
        ("it begins at 2.5 and ends at 3", (2.5, 3.0)),
        ("the first half second", (0.0, 0.5)),
    ],
)
def test_a_stretch_is_read_in_any_common_form(text: str, expected: tuple[float, float]) -> None:
    assert find_range(text) == pytest.approx(expected)


def test_the_last_second_needs_the_length_of_the_audio() -> None:
    assert find_range("the last second") is None
    assert find_range("the last second", total_s=8.0) == pytest.approx((7.0, 8.0))


@pytest.mark.parametrize("text", ["fill the gap", "from 3 to 2 seconds", "one of the speakers"])
def test_no_stretch_is_invented(text: str) -> None:
    assert find_range(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("ten seconds of rain", 10.0),
        ("half a minute of rain", 30.0),
        ("a minute and a half", 90.0),
        ("two and a half seconds", 2.5),
        ("1 min 30 s", 90.0),
        ("a 30-second loop", 30.0),
        ("rain", None),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float | None) -> None:
    assert find_duration(text) == seconds


def test_a_duration_leaves_the_description_and_its_other_numbers() -> None:
    assert strip_durations("ten seconds of two cats fighting") == "two cats fighting"


def test_seconds_are_no_ordinals() -> None:
    assert with_digits("one second") == "1 second"
