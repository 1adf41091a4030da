"""How words are said: in other letters, or in the signs of the International Phonetic Alphabet (IPA)."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

MAX_PRONUNCIATIONS = 200  # of one request
_OTHER_SIGNS = frozenset(" .ˈˌːˑ")  # of the alphabet: what is neither letter nor accent
_SOUNDS = ("Ll", "Lo", "Lm", "Mn", "Sk")  # categories of its letters and accents


class Pronunciation(BaseModel):
    """A word and how it is said."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    word: str = Field(
        min_length=1,
        max_length=100,
        description="Word or words as written; with capitals they are found so or all in capitals, without in any case",
    )
    said_as: str = Field(
        min_length=1,
        max_length=200,
        description="Other letters that are read like it, e.g. win; or phonemes of the IPA between slashes, /wɪn/",
    )

    @field_validator("word", "said_as")
    @classmethod
    def _spoken(cls, text: str) -> str:
        if not any(map(str.isalnum, text)):
            raise ValueError(f"'{text}' has no letter or digit; write what is spoken")
        return unicodedata.normalize("NFC", text)

    @field_validator("said_as")
    @classmethod
    def _in_one_alphabet(cls, text: str) -> str:
        if text.startswith("/") != text.endswith("/"):
            raise ValueError(f"'{text}' has one slash; write phonemes between two, /wɪn/, or letters without")
        strange = [sign for sign in text.strip("/") if not _is_phonetic(sign)] if text.startswith("/") else []
        if strange:
            raise ValueError(f"'{text}' holds '{strange[0]}', which is no sign of the IPA; write phonemes like /wɪn/")
        return text

    @property
    def phonemes(self) -> str | None:
        """The phonemes of the IPA, None where it is said in letters."""
        return self.said_as.strip("/").strip() if self.said_as.startswith("/") else None


def _is_phonetic(sign: str) -> bool:
    return sign in _OTHER_SIGNS or unicodedata.category(sign) in _SOUNDS


def _rows(value: Any) -> Any:
    """Read the short form, `{"Nguyen": "win"}`."""
    return [{"word": word, "said_as": said} for word, said in value.items()] if isinstance(value, Mapping) else value


def _distinct(pronunciations: tuple[Pronunciation, ...]) -> tuple[Pronunciation, ...]:
    words = [pronunciation.word for pronunciation in pronunciations]
    if repeated := [word for word in words if words.count(word) > 1]:
        raise ValueError(f"'{repeated[0]}' is there {words.count(repeated[0])} times; keep one")
    return pronunciations


Pronunciations = Annotated[
    tuple[Pronunciation, ...], Field(max_length=MAX_PRONUNCIATIONS), AfterValidator(_distinct), BeforeValidator(_rows)
]
"""Those of one request, as a list or in the short form `{"Nguyen": "win"}`."""
