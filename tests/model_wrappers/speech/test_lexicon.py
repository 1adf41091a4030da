"""Lexicons of the W3C."""

from pathlib import Path

import pytest

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.speech.lexicon import Lexicon

HEAD = '<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" xml:lang="en-US" alphabet="ipa">'
WORDS = """
  <lexeme><grapheme>Nguyen</grapheme><grapheme>Nguyễn</grapheme><phoneme>wɪn</phoneme></lexeme>
  <lexeme role="x"><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>
  <lexeme><grapheme>nginx</grapheme><alias>engine x</alias></lexeme>
"""


def written(folder: Path, inside: str = WORDS, head: str = HEAD, end: str = "</lexicon>") -> Path:
    file = folder / "words.pls"
    file.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{inside}{end}', encoding="utf-8")
    return file


def said(lexicon: Lexicon, text: str, **arguments: object) -> dict[str, str]:
    request = lexicon.added_to(TextToSpeechRequest.model_validate({"text": text, "language": "en"} | arguments))
    assert isinstance(request, TextToSpeechRequest)
    return {each.word: each.said_as for each in request.pronunciations}


def test_the_words_of_a_text_are_said_as_in_the_lexicon_and_no_other_is_added(tmp_path: Path) -> None:
    lexicon = Lexicon.read([written(tmp_path)])
    assert said(lexicon, "Nguyen, Nguyễn of the W3C") == {
        "Nguyen": "/wɪn/", "Nguyễn": "/wɪn/", "W3C": "World Wide Web Consortium",
    }  # fmt: skip
    assert said(lexicon, "Nothing here") == {}
    assert said(lexicon, "Nguyen", language="de") == {}


def test_what_the_request_says_of_a_word_counts(tmp_path: Path) -> None:
    lexicon = Lexicon.read([written(tmp_path)])
    assert said(lexicon, "Nguyen runs nginx", pronunciations={"nguyen": "noo-yen"}) == {
        "nguyen": "noo-yen", "nginx": "engine x",
    }  # fmt: skip


def test_other_tasks_are_left_as_they_are(tmp_path: Path) -> None:
    request = TextToAudioRequest(text="nginx humming")
    assert Lexicon.read([written(tmp_path)]).added_to(request) is request


@pytest.mark.parametrize(
    ("inside", "head", "end", "reason"),
    [
        (WORDS, HEAD, "", "cannot be read"),
        (WORDS, "<words>", "</words>", "no <lexicon> of PLS"),
        (WORDS, HEAD.replace(' xml:lang="en-US"', ""), "</lexicon>", "xml:lang"),
        (WORDS, HEAD.replace('"ipa"', '"x-sampa"'), "</lexicon>", "'Nguyen' are in 'x-sampa'"),
        ("<lexeme><grapheme>a</grapheme></lexeme>", HEAD, "</lexicon>", "entry of 'a' needs"),
        ("<lexeme><grapheme>a</grapheme><phoneme>[a]</phoneme></lexeme>", HEAD, "</lexicon>", "no sign of the IPA"),
        (WORDS, f"<!DOCTYPE x [<!ENTITY a 'b'>]>{HEAD}", "</lexicon>", "cannot be read"),
    ],
)
def test_a_file_that_is_no_lexicon_is_refused_with_the_reason(
    tmp_path: Path, inside: str, head: str, end: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        Lexicon.read([written(tmp_path, inside, head, end)])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        Lexicon.read([tmp_path / "none.pls"])
