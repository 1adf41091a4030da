import logging

import pytest

from model_wrappers.contract.base import Work
from model_wrappers.contract.errors import Cancelled, InvalidInput, ModelFailed
from model_wrappers.contract.one_by_one import answer_each
from tests.model_wrappers.measures import RecordedContext


def reciprocal(request: float, work: Work) -> float:
    if request < 0:
        raise InvalidInput("Negative.")
    work.report(0.5)
    return 1 / request


def test_errors_take_the_place_of_their_request_and_those_of_libraries_are_logged(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        answers = answer_each([2.0, 0.0, -1.0, 4.0], RecordedContext(), reciprocal)
    assert (answers[0], answers[3]) == (0.5, 0.25)
    assert isinstance(answers[1], ModelFailed)
    assert "ZeroDivisionError" in str(answers[1])
    assert isinstance(answers[2], InvalidInput)
    assert [record.message for record in caplog.records] == ["The model failed on request 2 of 4"]


def test_a_cancelled_request_is_not_worked_on_and_the_others_are():
    context = RecordedContext(cancelled=(0,))
    answers = answer_each([2.0, 4.0], context, reciprocal)
    assert isinstance(answers[0], Cancelled)
    assert answers[1] == 0.25
    assert context.fractions == {1: [0.0, 0.5]}


def test_a_stretch_of_work_reports_fractions_of_the_whole_for_its_own_requests():
    context = RecordedContext()
    stretch = Work(context, (3, 5)).stretch(0.5, 1.0)
    stretch.report(0.5)
    stretch.stretch(0.5, 1.0).progress(1, 1.0)
    assert context.fractions == {3: [0.75], 5: [0.75, 1.0]}


def test_work_goes_on_while_anybody_waits_for_it():
    work = Work(RecordedContext(cancelled=(5,)), (3, 5)).stretch(0.0, 0.5)
    work.report(0.1)
    assert [work.cancelled(item) for item in range(2)] == [False, True]
    with pytest.raises(Cancelled):
        Work(RecordedContext(cancelled=(3, 5)), (3, 5)).stretch(0.0, 0.5).report(0.1)
