"""Exclusions after a wish."""

import pytest

from llm_planner.offline.words.taken_back import without_taken_back


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Type it. My co-host thinks of a Spanish translation, ignore that.", "Type it."),
        ("Type it. My boss wants it cleaned too. Never mind him.", "Type it."),
        ("Clean it. Somebody suggested a summary; leave that out.", "Clean it."),
        ("Forget it.", None),
        ("Clean it and write it down.", None),
    ],
)
def test_a_sentence_that_is_taken_back_goes_with_what_takes_it_back(text: str, left: str | None) -> None:
    assert without_taken_back(text) == (left or text)
