"""How words are said, as callers write it."""

import pytest
from pydantic import ValidationError

from model_wrappers.contract.pronunciations import MAX_PRONUNCIATIONS, Pronunciation
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest


def said(pronunciations: object) -> TextToSpeechRequest:
    return TextToSpeechRequest.model_validate({"text": "Nguyen called.", "pronunciations": pronunciations})


def test_the_short_form_is_the_list() -> None:
    rows = [{"word": "Nguyen", "said_as": "win"}, {"word": "Goethe", "said_as": "/ˈɡœtə/"}]
    assert said({"Nguyen": "win", "Goethe": "/ˈɡœtə/"}) == said(rows)


def test_phonemes_stand_between_slashes() -> None:
    assert Pronunciation(word="Goethe", said_as="/ˈɡœtə/").phonemes == "ˈɡœtə"
    assert Pronunciation(word="Goethe", said_as="gertuh").phonemes is None


@pytest.mark.parametrize(
    ("pronunciations", "reason"),
    [
        ({"Goethe": "/ɡœtə"}, "one slash"),
        ({"Goethe": "/ɡœ[tə/"}, "no sign of the IPA"),
        ({"Goethe": "/GOETHE/"}, "no sign of the IPA"),
        ({"Goethe": "//"}, "no letter"),
        ({"Goethe": "  "}, "at least 1"),
        ({"?!": "what"}, "no letter"),
        ({"a" * 101: "b"}, "at most 100"),
        ({"a": "b" * 201}, "at most 200"),
        ([{"word": "a", "said_as": "b"}, {"word": "a", "said_as": "c"}], "2 times"),
        ({f"word{number}": "b" for number in range(MAX_PRONUNCIATIONS + 1)}, "at most 200"),
        ("Nguyen=win", "valid tuple"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(pronunciations: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        said(pronunciations)


def test_the_schema_offers_a_list_of_rows() -> None:
    schema = TextToSpeechRequest.model_json_schema()
    field = schema["properties"]["pronunciations"]
    assert (field["type"], field["maxItems"]) == ("array", MAX_PRONUNCIATIONS)
    assert schema["$defs"]["Pronunciation"]["required"] == ["word", "said_as"]
