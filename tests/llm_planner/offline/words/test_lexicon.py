"""What asks for something, and what is said around it."""

import pytest

from llm_planner.offline.words.lexicon import excludes, is_command, is_question, strip_prefix
from llm_planner.offline.words.lists import mentions, phrases, words


@pytest.mark.parametrize("text", ["Clean it", "could you please clean it", "I'd like it clean", "Order me a pizza"])
def test_a_command_or_a_wish_asks_for_something(text: str) -> None:
    assert is_command(text)


@pytest.mark.parametrize("text", ["the second one", "German", "it rained all day", "From 1.2 to 1.8 seconds", ""])
def test_an_answer_or_a_statement_asks_for_nothing(text: str) -> None:
    assert not is_command(text)


def test_politeness_is_dropped_unless_there_is_nothing_else() -> None:
    assert strip_prefix("Hey, could you please clean it") == "clean it"
    assert strip_prefix("please") == "please"


def test_questions_begin_with_a_word_or_end_with_a_mark() -> None:
    assert is_question("When does it ring")
    assert is_question("the siren?")
    assert not is_question("the siren")


def test_what_somebody_does_not_want_is_an_exclusion() -> None:
    assert excludes("my brother suggests a translation")
    assert not excludes("book me a flight")


def test_phrases_are_found_as_whole_words_the_longest_first() -> None:
    assert not mentions("spoken", "the spokesman")
    assert phrases("courtesy").match("could you please")[0] == "could you"
    assert "clean" in words("commands")
