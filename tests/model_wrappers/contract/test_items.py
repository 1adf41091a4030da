import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.catalog import Limits
from model_wrappers.contract.errors import Cancelled, InvalidInput, ModelFailed, TooLarge
from model_wrappers.contract.items import Item, answer_each, check_limits
from tests.model_wrappers.measures import RecordedContext


def reciprocal(request: float, item: Item) -> float:
    if request < 0:
        raise InvalidInput("Negative.")
    item.report(0.5)
    return 1 / request


def test_errors_take_the_place_of_their_request():
    answers = answer_each([2.0, 0.0, -1.0, 4.0], RecordedContext(), reciprocal)
    assert (answers[0], answers[3]) == (0.5, 0.25)
    assert isinstance(answers[1], ModelFailed)
    assert "ZeroDivisionError" in str(answers[1])
    assert isinstance(answers[2], InvalidInput)


def test_a_cancelled_item_is_not_worked_on_and_the_others_are():
    context = RecordedContext(cancelled=(0,))
    answers = answer_each([2.0, 4.0], context, reciprocal)
    assert isinstance(answers[0], Cancelled)
    assert answers[1] == 0.25
    assert context.fractions == {1: [0.0, 0.5]}


@pytest.mark.parametrize(
    ("limits", "error", "words"),
    [
        (Limits(max_duration_s=1.0), TooLarge, "lasts 2.0 s; this model takes at most 1 s"),
        (Limits(min_channels=4), InvalidInput, "has 3 channel.*takes at least 4"),
        (Limits(max_channels=2), InvalidInput, "has 3 channel.*takes at most 2"),
    ],
)
def test_audio_beyond_a_limit_is_refused_with_both_numbers(limits: Limits, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        check_limits(Audio(np.zeros((3, 16_000), np.float32), 8_000), limits)


def test_audio_within_the_limits_is_taken():
    limits = Limits(max_duration_s=2.0, min_channels=3, max_channels=3)
    check_limits(Audio(np.zeros((3, 16_000), np.float32), 8_000), limits)
