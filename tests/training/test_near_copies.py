"""What is measured is not trained on."""

import pytest

from evaluation.planner_cases import read_cases
from training.planner.examples import KEPT, Example, marked, read_writer, unmarked
from training.planner.near_copies import CASES, NearCopies, measured_texts

ASKED = "Take the hum out of lecture.wav and translate the speech to Greek."


@pytest.mark.parametrize(
    "text",
    [
        ASKED,
        f"take the hum out of the lecture, then {marked(1, 'translate the speech to Greek')}",
        "Hum out, lecture; translate to Greek!",
    ],
)
def test_a_request_in_nearly_the_words_of_a_measured_one_is_a_copy(text: str) -> None:
    assert Example(text, (), "plan") in NearCopies([ASKED])


@pytest.mark.parametrize(
    "text", ["Take the siren out of street.wav and tell me when it sounds.", "Translate it.", "Translate the speech."]
)
def test_requests_that_share_a_few_words_or_have_few_are_none(text: str) -> None:
    assert Example(text, (), "plan") not in NearCopies([ASKED, "Translate it."])


def test_all_sets_that_figures_are_taken_from_are_measured_against() -> None:
    texts = set(measured_texts())
    kept = {unmarked(example.text).text for path in KEPT.glob("*.txt") for example in read_writer(path)}
    cases = {turn.text for case in read_cases(sorted(CASES.glob("test-*.jsonl"))) for turn in case.turns}
    assert kept
    assert cases
    assert kept | cases <= texts
