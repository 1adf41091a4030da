"""Given words in texts."""

import pytest

from model_wrappers.speech.word_index import WordIndex


def found(words: list[str], text: str, language: str = "en") -> list[tuple[str, str]]:
    index = WordIndex(((word, word) for word in words), language)
    return [(text[each.begin : each.end], each.value) for each in index.find(text)]


@pytest.mark.parametrize(
    ("words", "text", "places"),
    [
        (["nginx"], "Nginx, NGINX and nginx.", ["Nginx", "NGINX", "nginx"]),
        (["Reading"], "Reading is nice, reading is, too. READING", ["Reading", "READING"]),
        (["US"], "Tell us of the US and the U.S.", ["US"]),
        (["cat"], "concatenate cats, cat-like cat's cat_1 cat2 cat", ["cat", "cat", "cat"]),
        (["New York"], "New  York\nnew york NEW YORK", ["New  York", "NEW YORK"]),
        (["York", "New York", "New York City"], "New York Citizens in New York City, York", [
            "New York", "New York City", "York"]),
        (["O'Brien"], "O’Brien and O'Brien", ["O’Brien", "O'Brien"]),
        (["C++", "C"], "C++ is no C", ["C++", "C"]),
        (["naïve"], "naïve naive", ["naïve"]),
        (["a b c d"], "a b c a b c d", ["a b c d"]),
    ],
)  # fmt: skip
def test_words_are_found_whole_and_in_their_case(words: list[str], text: str, places: list[str]) -> None:
    assert [place for place, _ in found(words, text)] == places


def test_of_words_that_differ_in_case_the_one_as_written_counts() -> None:
    assert found(["polish", "Polish"], "Polish your polish") == [("Polish", "Polish"), ("polish", "polish")]


def test_words_are_found_in_scripts_without_spaces_and_with_marks() -> None:
    assert found(["東京"], "私は東京に住んでいます。", "ja") == [("東京", "東京")]
    assert found(["हिन"], "हिन्दी", "hi") == []
    assert found(["हिन्दी"], "मैं हिन्दी बोलता हूँ", "hi") == [("हिन्दी", "हिन्दी")]


def test_nothing_is_found_of_nothing() -> None:
    assert found([" ", ""], "a  b") == []
    assert found(["a"], "") == []
