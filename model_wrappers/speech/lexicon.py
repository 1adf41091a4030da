"""Lexicons of the W3C, Pronunciation Lexicon Specification (PLS) 1.0: how an operator's words are said."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.languages import language_code
from model_wrappers.contract.pronunciations import Pronunciation
from model_wrappers.contract.tasks.base import TaskRequest
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.speech.word_index import WordIndex

MAX_BYTES = 64 * 2**20  # of one file, a few hundred thousand words
_PLS = "{http://www.w3.org/2005/01/pronunciation-lexicon}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Lexicon:
    """How words are said, by language (ISO 639-1)."""

    words: Mapping[str, WordIndex[Pronunciation]] = field(default_factory=dict)

    @classmethod
    def read(cls, files: Iterable[Path]) -> Self:
        """Read lexicons; of equal words of a language the first counts.

        Raises:
            InvalidInput: If a file cannot be read or is no lexicon.
        """
        found: defaultdict[str, list[tuple[str, Pronunciation]]] = defaultdict(list)
        for file in files:
            language, pronunciations = _read(file)
            found[language] += [(each.word, each) for each in pronunciations]
        return cls({language: WordIndex(words, language) for language, words in found.items()})

    def added_to(self, request: TaskRequest) -> TaskRequest:
        """Return a request for speech that knows how the lexicon's words in its text are said; others as they are.

        What the request itself says of a word counts.
        """
        if not isinstance(request, TextToSpeechRequest) or request.language not in self.words:
            return request
        own = {each.word.casefold() for each in request.pronunciations}
        found = dict.fromkeys(each.value for each in self.words[request.language].find(request.text))
        added = tuple(each for each in found if each.word.casefold() not in own)
        return request.model_copy(update={"pronunciations": (*request.pronunciations, *added)}) if added else request


def _read(file: Path) -> tuple[str, list[Pronunciation]]:
    root = _root(file)
    try:
        language = language_code(root.get(_LANGUAGE) or "")
        if root.tag != f"{_PLS}lexicon" or language is None:
            raise ValueError("its root is no <lexicon> of PLS 1.0 with an xml:lang")
        alphabet = root.get("alphabet", "ipa")
        return language, [each for lexeme in root.iter(f"{_PLS}lexeme") for each in _pronunciations(lexeme, alphabet)]
    except ValidationError as exc:
        raise InvalidInput(f"The lexicon '{file}' holds what cannot be said: {exc.errors()[0]['msg']}.") from exc
    except ValueError as exc:
        raise InvalidInput(f"'{file}' is no lexicon that can be used: {exc}.") from exc


def _root(file: Path) -> Any:
    import defusedxml.ElementTree
    from defusedxml import DefusedXmlException

    try:
        if file.stat().st_size > MAX_BYTES:
            raise InvalidInput(f"The lexicon '{file}' has more than {MAX_BYTES:,} bytes; split it.")
        return defusedxml.ElementTree.parse(file).getroot()
    except (OSError, defusedxml.ElementTree.ParseError, DefusedXmlException, LookupError, ValueError) as exc:
        raise InvalidInput(f"The lexicon '{file}' cannot be read: {exc}.") from exc


def _pronunciations(lexeme: Any, alphabet: str) -> Iterator[Pronunciation]:
    """Yield the words of one entry, each with the first way to say it that the entry names."""
    said = next((child for child in lexeme if child.tag in (f"{_PLS}phoneme", f"{_PLS}alias")), None)
    words = ["".join(child.itertext()).strip() for child in lexeme if child.tag == f"{_PLS}grapheme"]
    if said is None or not words:
        raise ValueError(f"the entry of '{', '.join(words)}' needs a <grapheme>, and a <phoneme> or an <alias>")
    text = "".join(said.itertext()).strip()
    if said.tag == f"{_PLS}phoneme":
        if said.get("alphabet", alphabet).lower() != "ipa":
            raise ValueError(
                f"the phonemes of '{words[0]}' are in '{said.get('alphabet', alphabet)}'; write them in IPA"
            )
        text = f"/{text}/"
    return (Pronunciation(word=word, said_as=text) for word in words)
