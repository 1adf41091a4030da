"""What is said of a written text: the one way from any text to the sentences that a voice speaks."""

import re
import unicodedata
from collections.abc import Sequence

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.pronunciations import Pronunciation
from model_wrappers.speech.addresses import say_addresses
from model_wrappers.speech.markup import without_markup
from model_wrappers.speech.pronouncing import Pronouncer, WritePhonemes
from model_wrappers.speech.sentences import split_sentences
from model_wrappers.speech.symbols import say_symbols, wording

_SIGNS = frozenset("²³½⅓⅔¼¾⅛⅜⅝⅞⅕…™")  # that say more than the letters they are made of
_JOINERS = "\u200c\u200d"  # part of how some scripts are written; between others they join pictures
_PILED = re.compile(r"[\u0334-\u0338]|(?<=[\u0300-\u036f])[\u0300-\u036f]+")  # more than one mark, or one across


def read_aloud(
    text: str,
    language: str,
    pronunciations: Sequence[Pronunciation] = (),
    write_phonemes: WritePhonemes | None = None,
) -> list[list[str]]:
    """Return the paragraphs of a text as lists of sentences in which everything is meant to be spoken.

    Marks of Markdown and HTML go, addresses are spelled out, signs, units and amounts become words, pictures are left
    out.

    Args:
        text: Any text.
        language: Whose words signs are read with, ISO 639-1.
        pronunciations: How some of its words are said.
        write_phonemes: How the voice takes phonemes; None if it takes none.

    Returns:
        The sentences; no square bracket is in them but those that `write_phonemes` writes.

    Raises:
        InvalidInput: If there is nothing to say, or phonemes that the voice does not take.
        TooLarge: If the pronunciations make it too long.
    """

    def read(line: str) -> str:
        return say_symbols(say_addresses(line, wording(language).address), language)

    lines = [read(line) for line in without_markup(_plain(text))]
    paragraphs = [
        [sentence for sentence in paragraph if any(map(str.isalnum, sentence))]
        for line in lines
        for paragraph in split_sentences(line)
    ]
    if spoken := [paragraph for paragraph in paragraphs if paragraph]:
        return Pronouncer(pronunciations, language, read, write_phonemes).said(spoken) if pronunciations else spoken
    raise InvalidInput("The text holds no words to speak, only symbols; write out what to say.", param="text")


def _plain(text: str) -> str:
    """Return a text in common letters, without characters that nobody sees."""
    text = unicodedata.normalize("NFC", "".join(map(_common, text)))
    return _PILED.sub("", text)


def _common(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in ("Zl", "Zp") or sign in "\r\n":
        return "\n"
    if category == "Cc":
        return " "
    if category in ("Cf", "Cs") and sign not in _JOINERS:
        return ""
    return sign if sign in _SIGNS else unicodedata.normalize("NFKC", sign)
