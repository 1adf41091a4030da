import re
import unicodedata

import pytest
from pydantic import BaseModel, Field, ValidationError

from model_wrappers.contract.languages import NAMES, LanguageCode, language_code, language_name, native_name
from model_wrappers.embedded.espeak_ng import LANGUAGES as SPOKEN
from model_wrappers.embedded.whisper.request import LANGUAGES as HEARD


class Asked(BaseModel):
    """A request with every kind of language argument."""

    target: LanguageCode
    source: LanguageCode | None = None
    language: LanguageCode = Field(default="en")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        (" en ", "en"),
        ("eng", "en"),
        ("en-US", "en"),
        ("en_GB", "en"),
        ("en_GB.UTF-8", "en"),
        ("ca_ES.UTF-8@valencia", "ca"),
        ("english", "en"),
        ("English", "en"),
        ("ENGLISH", "en"),
        ("English (United States)", "en"),
        ("British English", "en"),
        ("german", "de"),
        ("Deutsch", "de"),
        ("ger", "de"),
        ("deu", "de"),
        ("de-CH-1996", "de"),
        ("Français", "fr"),
        (unicodedata.normalize("NFD", "Français"), "fr"),
        ("español", "es"),
        ("es-419", "es"),
        ("Portuguese (Brazil)", "pt"),
        ("Brazilian Portuguese", "pt"),
        ("zh-Hant-TW", "zh"),
        ("zh_CN", "zh"),
        ("cmn-Hans-CN", "zh"),
        ("中文", "zh"),
        ("日本語", "ja"),
        ("Русский", "ru"),
        ("Türkçe", "tr"),
        ("nb-NO", "no"),
        ("nn", "nn"),
        ("iw", "he"),
        ("jw", "jv"),
        ("fil-PH", "tl"),
        ("haw", "haw"),
        ("Lao", "lo"),
        ("qya", "qya"),
    ],
)
def test_codes_tags_locales_and_names_are_read(written: str, code: str) -> None:
    assert language_code(written) == code


@pytest.mark.parametrize("written", ["auto", "AUTO", "auto-detect", "", "  ", "und"])
def test_what_asks_for_detection_is_absent(written: str) -> None:
    assert language_code(written) is None
    asked = Asked(target="de", source=written, language=written)
    assert (asked.source, asked.language) == (None, "en")


@pytest.mark.parametrize("written", ["klingon", "e", "1", "en/US", "english german", "-", "en-", "x-klingon", "e\nn"])
def test_unknown_language_names_the_standard_and_no_expression(written: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Asked(target="de", language=written)
    assert "ISO 639-1" in str(caught.value)
    assert not re.search(r"pattern|\[a-z\]", str(caught.value))


def test_fields_take_what_people_write_and_null() -> None:
    asked = Asked.model_validate({"target": "German", "source": None, "language": None})
    assert (asked.target, asked.source, asked.language) == ("de", None, "en")
    with pytest.raises(ValidationError, match="target\n  Field required"):
        Asked(target="auto")
    with pytest.raises(ValidationError, match="valid string"):
        Asked.model_validate({"target": 1})


def test_names_are_told_in_english_and_in_the_language() -> None:
    assert (language_name("de"), native_name("de")) == ("German", "Deutsch")
    assert (language_name("qya"), native_name("qya")) == ("qya", "qya")


def test_every_language_of_recogniser_and_voices_has_a_name_that_leads_back() -> None:
    for code in {*HEARD, *SPOKEN}:
        assert language_name(code) != code
        assert language_code(language_name(code)) == language_code(native_name(code)) == code


def test_names_are_unambiguous() -> None:
    for name, code in NAMES.items():
        assert language_code(name) == code
        assert language_code(name.upper()) == code
