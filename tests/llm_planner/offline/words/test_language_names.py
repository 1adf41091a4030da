"""Codes of languages where names are meant."""

import pytest

from llm_planner.offline.words.language_names import find_languages, spell_codes


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        ("translate to de", None, "de"),
        ("translation, de -> fr, of the attached speech", "de", "fr"),
        ("asr -> en", None, "en"),
    ],
)
def test_codes_of_languages_are_spelled_where_they_stand_for_a_translation(
    text: str, source: str | None, target: str
) -> None:
    languages = find_languages(spell_codes(text))
    assert (languages.source, languages.target) == (source, target)


def test_words_that_look_like_codes_are_left_alone() -> None:
    assert spell_codes("give it to me -> or to him") == "give it to me -> or to him"
