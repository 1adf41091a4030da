"""Quotes and file names are out of the way and come back whole."""

import pytest

from llm_planner.offline.words.masking import mask


@pytest.mark.parametrize("quoted", ['"a, b"', "“a, b”", "'a, b'", "«a, b»", "「a, b」"])
def test_every_kind_of_quote_is_masked_without_its_marks(quoted: str) -> None:
    masked = mask(f"Say {quoted} now")
    assert masked.text == "Say QUOTE0 now"
    assert masked.restore(masked.text) == "Say a, b now"


def test_an_apostrophe_is_no_quote() -> None:
    assert mask("Don't say what he's saying").quotes == ()


def test_what_follows_a_colon_is_content_up_to_the_next_command() -> None:
    masked = mask("Read this out loud: clean it up, please. Then make it binaural.")
    assert masked.quotes == ("clean it up, please",)
    assert masked.text.endswith("Then make it binaural.")


def test_a_colon_after_quoted_text_to_speak_quotes_nothing_more() -> None:
    assert mask('Speak "red", "green": two files.').quotes == ("red", "green")
    assert mask('Say "red" and then read this: green.').quotes == ("red", "green")


def test_a_file_name_reads_as_what_it_holds() -> None:
    masked = mask("Describe street.wav and cat.png")
    assert masked.files == ("street.wav", "cat.png")
    assert masked.plain(masked.text) == "Describe the recording and the picture"


@pytest.mark.parametrize(
    ("text", "quotes", "files"),
    [
        ("Say QUOTE0", ("QUOTE0",), ()),
        ("Say QUOTE7 and FILE3", ("QUOTE7",), ("FILE3",)),
        ('Say "hello QUOTE0"', ("hello QUOTE0",), ()),
        ('Say "hi", then QUOTE0QUOTE1', ("hi", "QUOTE0", "QUOTE1"), ()),
        ("Say: FILE9 is QUOTE1", ("FILE9", "QUOTE1", "FILE9 is QUOTE1"), ()),
        ("Clean FILE7.wav", (), ("FILE7", "FILE7.wav")),
    ],
)
def test_what_looks_like_a_placeholder_stands_for_itself(
    text: str, quotes: tuple[str, ...], files: tuple[str, ...]
) -> None:
    masked = mask(text)
    assert sorted(masked.quotes + masked.files) == sorted(quotes + files)
    assert masked.restore(masked.text).replace(" ", "") == text.replace('"', "").replace(" ", "").replace(" ,", ",")
