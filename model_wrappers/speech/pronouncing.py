"""Words in sentences said another way than they are written."""

import re
from collections.abc import Callable, Sequence

from model_wrappers.contract.errors import InvalidInput, TooLarge
from model_wrappers.contract.pronunciations import Pronunciation
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from model_wrappers.speech.word_index import WordIndex

WritePhonemes = Callable[[str, str], str]
"""Writes a word and its phonemes of the IPA, in square brackets, the way that a voice reads them in a sentence."""
_GENITIVE = re.compile(r"(?P<last>[^\]])(?P<end>\]+)['’]s\b")
_VOICELESS = "ptkfθT"


class Pronouncer:
    """Puts into sentences how words are said."""

    def __init__(
        self,
        pronunciations: Sequence[Pronunciation],
        language: str,
        read: Callable[[str], str],
        write_phonemes: WritePhonemes | None,
    ) -> None:
        """Read the words the way that the sentences are read, so that they are found there.

        Args:
            pronunciations: The words.
            language: Of the sentences, ISO 639-1.
            read: Writes signs, units and amounts of a line as words.
            write_phonemes: How a voice takes phonemes; None if it takes none.

        Raises:
            InvalidInput: If there are phonemes and the voice takes none.
        """
        self._read, self._write = read, write_phonemes
        phonetic = next((each for each in pronunciations if each.phonemes is not None), None)
        if phonetic is not None and write_phonemes is None:
            raise InvalidInput(
                f"This voice takes no phonemes, and '{phonetic.word}' is given as {phonetic.said_as}; write it in "
                "letters that are read like it.",
                param="pronunciations",
            )
        self._english = language == "en"
        self._words = WordIndex(((read(each.word), each) for each in pronunciations), language)

    def said(self, paragraphs: list[list[str]]) -> list[list[str]]:
        """Return the paragraphs with every word found said as it is to be.

        Raises:
            TooLarge: If they become too long to speak.
        """
        said = [[self._sentence(sentence) for sentence in paragraph] for paragraph in paragraphs]
        before, length = _length(paragraphs), _length(said)
        if length > max(MAX_TEXT_CHARACTERS, before):
            raise TooLarge(
                f"With its pronunciations the text has {length:,} characters; at most {MAX_TEXT_CHARACTERS:,} fit.",
                param="pronunciations",
            )
        return said

    def _sentence(self, sentence: str) -> str:
        parts, place = [], 0
        for found in self._words.find(sentence):
            parts += [sentence[place : found.begin], self._spelt(sentence[found.begin : found.end], found.value)]
            place = found.end
        said = "".join([*parts, sentence[place:]])
        return _GENITIVE.sub(_genitive, said) if self._english else said

    def _spelt(self, word: str, pronunciation: Pronunciation) -> str:
        if pronunciation.phonemes is not None and self._write is not None:
            return self._write(word, pronunciation.phonemes)
        said = pronunciation.said_as
        syllables = "-" in said and said != said.upper()  # GOH-tuh: the capitals are stress, no abbreviation
        return self._read(said.lower() if syllables else said)


def _length(paragraphs: list[list[str]]) -> int:
    return sum(len(sentence) for paragraph in paragraphs for sentence in paragraph)


def _genitive(found: re.Match[str]) -> str:
    """Return the end of phonemes with the sound of an `'s` behind them, which alone were read as a letter."""
    return f"{found['last']}{'s' if found['last'] in _VOICELESS else 'z'}{found['end']}"
