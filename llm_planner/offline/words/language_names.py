"""Languages named in a request, as ISO 639-1 codes."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from llm_planner.offline.words.lists import words
from model_wrappers.contract.languages import NAMES, language_name

_SCRIPTS = {
    "ja": "\u3040-\u30ff",
    "ko": "\uac00-\ud7af",
    "zh": "\u4e00-\u9fff",
    "ru": "\u0400-\u04ff",
    "el": "\u0370-\u03ff",
    "ar": "\u0600-\u06ff",
    "he": "\u0590-\u05ff",
    "hi": "\u0900-\u097f",
    "th": "\u0e00-\u0e7f",
}
"""Code points that tell a language, kana before Han because Japanese has both."""
_ANY = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, NAMES), key=len, reverse=True))})\b", re.IGNORECASE)
_PEOPLE = {
    "brazilian": "pt",
    "dane": "da",
    "dutchman": "nl",
    "englishman": "en",
    "finn": "fi",
    "frenchman": "fr",
    "frenchwoman": "fr",
    "icelander": "is",
    "mexican": "es",
    "pole": "pl",
    "spaniard": "es",
    "swede": "sv",
    "turk": "tr",
}
"""People who are called otherwise than their language."""
_CODE = "|".join(
    sorted(set(NAMES.values()) - {"is", "it", "no", "my", "so", "be", "he", "am", "or", "to", "in", "as", "us", "an"})
)
_CODED = re.compile(
    rf"(?:\b(?P<source>{_CODE})\s*(?:->|→|=>|>|-|to|2)\s*|\b(?P<verb>translat\w+\b[^.,;]{{0,30}}?\b(?:to|into|"
    rf"in)\s+)|(?P<stage>(?<=[>|])\s*(?:mt\s+)?))"
    rf"(?P<target>{_CODE}|it|no)(?![\w'])(?=\s*(?:$|[.,;:!?>|+-]|(?:and|then|of|for|from|on)\b))"
)
"""Codes instead of names: "de -> fr", "translate to de"."""


@dataclass(frozen=True)
class Languages:
    """Languages of a clause: what it translates into, and out of."""

    target: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class _Mention:
    """A language in a text, with the words before it, the nearest last, and those after it."""

    code: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    span: tuple[int, int]

    @property
    def leading(self) -> str:
        """The nearest word before it that says something."""
        said = [word for word in self.before if word not in words("languages", "fillers")]
        return said[-1] if said else ""

    def follows(self, name: str) -> bool:
        """Tell whether the word after it is in a list."""
        return bool(self.after) and self.after[0] in words("languages", name)

    @property
    def is_known_only(self) -> bool:
        """Tell whether somebody knows only this language."""
        verbs, near = words("languages", "knowing"), self.before[-3:]
        return bool(verbs & set(near)) and bool({"only", "just"} & set(near))

    @property
    def is_target(self) -> bool:
        """Tell whether something is to be in this language: "into French", "a French version", "a Frenchman says"."""
        if self.follows("people") and len(self.after) > 1 and self.after[1] in words("languages", "saying"):
            return True
        described = self.follows("nouns") and len(self.after) > 1
        into = self.leading in words("languages", "into") and not described
        spoken = len(self.before) > 1 and self.leading == "in" and self.before[-2] in words("languages", "source")
        made = self.leading == "make" and bool(self.after) and self.after[0] in ("of", "out")
        return (into and not spoken) or made or self.follows("versions")

    @property
    def is_source(self) -> bool:
        """Tell whether something is in this language already: "from French", "this French talk", "he speaks French"."""
        near = self.before[-1] if self.before else ""
        spoken = [word for word in self.before if word not in ("in", "only")][-1:]
        described = near in words("languages", "described") and self.follows("nouns")
        return self.leading == "from" or described or bool(set(spoken) & words("languages", "source"))


def _mentions(text: str) -> list[_Mention]:
    return [
        _Mention(
            NAMES[match[0].casefold()],
            _words(text[: match.start()]),
            _words(
                text[match.end() :].replace("-", " ", 1) if text[match.end() :].startswith("-") else text[match.end() :]
            ),
            match.span(),
        )
        for match in _ANY.finditer(text)
    ]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip(".,;:?!()\"'") for word in text.casefold().split())


def find_languages(text: str) -> Languages:
    """Return the languages a text names; one that is neither clearly target nor source counts as target."""
    found = _mentions(text)
    for one, other in pairwise(found):
        between = set(text[one.span[1] : other.span[0]].casefold().replace("-", " - ").split())
        if between & words("languages", "arrows") and not between - words("languages", "between"):
            return Languages(other.code, one.code)
    source = next((mention for mention in found if mention.is_source and not mention.is_known_only), None)
    spoken = source.code if source else None
    if known := next((mention.code for mention in found if mention.is_known_only), None):
        return Languages(known, spoken if spoken != known else None)
    targets = [mention.code for mention in found if mention.is_target]
    if others := [code for code in targets if code != spoken]:
        return Languages(others[-1], spoken)
    if targets:
        return Languages(targets[-1])
    if local := next((_PEOPLE[word.rstrip("s")] for word in _words(text) if word.rstrip("s") in _PEOPLE), None):
        return Languages(local, spoken)
    return Languages(next((mention.code for mention in found if mention.code != spoken), None), spoken)


def find_targets(text: str) -> tuple[str, ...]:
    """Return every language of "into French and into Greek", or nothing where there are not several."""
    row: list[_Mention] = []
    for mention in _mentions(text):
        between = set(text[row[-1].span[1] : mention.span[0]].casefold().replace(",", " , ").split()) if row else set()
        if row and between and not between - words("languages", "joining"):
            row.append(mention)
        elif len(row) < 2:  # nothing in a row yet
            row = [mention] if mention.leading in ("in", "into", "to") else []
    return tuple(dict.fromkeys(mention.code for mention in row)) if len(row) > 1 else ()


def without_languages(text: str) -> str:
    """Leave out the names of languages: "to Spanish speech" is "to speech"."""
    return " ".join(_ANY.sub(" ", text).split())


def spell_codes(text: str) -> str:
    """Write the names of languages in place of their codes, where they stand for a translation."""

    def spelled(match: re.Match[str]) -> str:
        source = f"{language_name(match['source'])} to " if match["source"] else " translate to "
        return f"{match['verb'] or source}{language_name(match['target'])}"

    return _CODED.sub(spelled, text)


def written_language(text: Any) -> str | None:
    """Return the language a text's script tells, or None for Latin letters and for what is no text."""
    if not isinstance(text, str):
        return None
    return next((code for code, script in _SCRIPTS.items() if re.search(f"[{script}]", text)), None)
