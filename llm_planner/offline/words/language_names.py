"""Languages named in a request, as ISO 639-1 codes."""

import re
from dataclasses import dataclass
from typing import Any

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
_NAME = "|".join(sorted(map(re.escape, NAMES), key=len, reverse=True))
_ANY = re.compile(rf"\b(?P<name>{_NAME})\b", re.IGNORECASE)
_NOUN = (
    r"(?:speech|talk|recording|audio|interview|lecture|voice|clip|message|speaker|podcast|video|news|phone call|"
    r"call|memo|file|conversation|sentence|text|guy|man|woman|lady|person|girl|boy|guide|singer|actor|friend|"
    r"grandmother|original|part)"
)
_ONLY = re.compile(
    rf"\b(?:(?:only|just)\s+(?:speak|understand|know|read)s?|(?:speak|understand|know|read)s?\s+(?:only|just|"
    rf"nothing but))\s+"
    rf"(?P<name>{_NAME})\b",
    re.IGNORECASE,
)
_TARGET = re.compile(
    r"\b(?:in|into|to|for|as)\s+(?:plain\s+|simple\s+|proper\s+|the\s+|a\s+|"
    rf"my\s+)?(?P<name>{_NAME})\b(?!\s+{_NOUN}\b(?!\s*[.?!]*$))",
    re.IGNORECASE,
)
_VERSION = re.compile(
    rf"\bmake\s+(?P<made>{_NAME})\s+(?:out )?of\b|"
    rf"\b(?P<name>{_NAME})\s+(?:\w+\s+)?(?:version|translation|rendering|subtitles|text|equivalent|interpretation|"
    r"readers|speakers|"
    r"listeners|audience|colleagues|dub|dubbing|voice-?over|narration|summary|transcript)\b",
    re.IGNORECASE,
)
_PAIR = re.compile(
    rf"\b(?:from\s+)?(?P<source>{_NAME})\s*(?:speech\s+|text\s+|audio\s+)?(?:to|into|-|–|->|→|=>|"
    rf"-to-)\s*(?P<target>{_NAME})\b",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    rf"\bfrom\s+(?:the\s+)?(?P<name>{_NAME})\b|\b(?:this|the|my|her|his|that|a|an)\s+(?P<described>{_NAME})\s+{_NOUN}\b"
    r"|\b(?:speaks?|speaking|(?:he|she|who|they|we|it) talks?|talking|is|it's|was|spoken|recorded|understand(?!\s+in)|"
    rf"know(?!\s+in))\s+(?:only\s+)?(?:in\s+)?(?P<spoken>{_NAME})\b"
    rf"|\b(?P<pair>{_NAME})\s+(?:speech\s+|text\s+)?(?:to|into|-|->|→)\s+(?:{_NAME})\b",
    re.IGNORECASE,
)


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
_LOCAL = re.compile(
    rf"\b(?:would|does|do|might|could) (?:an? |the )?(?P<people>{'|'.join(_PEOPLE)})s? "
    r"(?:say|put|phrase|express|write)\b",
    re.IGNORECASE,
)


_NATIVE = re.compile(
    rf"\b(?:would|does|do|might|could) (?:an? |the |some )?(?P<name>{_NAME})[- ](?:person|people|speakers?|natives?|"
    rf"man|woman|"
    r"friend|colleague|child|speaking \w+|\w+) (?:say|put|phrase|express|write)\b",
    re.IGNORECASE,
)
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


def find_languages(text: str) -> Languages:
    """Return the languages a text names; one that is neither clearly target nor source counts as target."""
    if pair := _PAIR.search(text):
        return Languages(_code(pair["target"]), _code(pair["source"]))
    if native := _NATIVE.search(text):
        return Languages(_code(native["name"]))
    source_match = _SOURCE.search(text)
    source = _code(next(name for name in source_match.groups() if name)) if source_match else None
    targets = [
        _code(match.groupdict().get("made") or match["name"])
        for pattern in (_TARGET, _VERSION)
        for match in pattern.finditer(text)
    ]
    if _ONLY.search(text) and (known := _ONLY.search(text)):
        return Languages(_code(known["name"]), source if source != _code(known["name"]) else None)
    others = [code for code in targets if code != source]
    if others:
        return Languages(others[-1], source)
    if targets and source_match and source_match["spoken"] is None:
        return Languages(targets[-1], None)
    if local := _LOCAL.search(text):
        return Languages(_PEOPLE[local["people"].lower()], source)
    others = [code for match in _ANY.finditer(text) if (code := _code(match["name"])) != source]
    return Languages(others[0] if others else None, source)


def spell_codes(text: str) -> str:
    """Write the names of languages in place of their codes, where they stand for a translation."""

    def spelled(match: re.Match[str]) -> str:
        source = f"{language_name(match['source'])} to " if match["source"] else " translate to "
        return f"{match['verb'] or source}{language_name(match['target'])}"

    return _CODED.sub(spelled, text)


def find_targets(text: str) -> tuple[str, ...]:
    """Return every language of "into French and into Greek", or nothing where there are not several."""
    match = re.search(
        rf"\b(?:into|in|to)\s+(?:{_NAME})\b(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)(?:once\s+|"
        rf"then\s+)?(?:in(?:to)?\s+|to\s+)?(?:{_NAME})\b)+",
        text,
        re.IGNORECASE,
    )
    return tuple(dict.fromkeys(_code(found["name"]) for found in _ANY.finditer(match[0]))) if match else ()


def written_language(text: Any) -> str | None:
    """Return the language a text's script tells, or None for Latin letters and for what is no text."""
    if not isinstance(text, str):
        return None
    return next((code for code, script in _SCRIPTS.items() if re.search(f"[{script}]", text)), None)


def _code(name: str) -> str:
    return NAMES[name.casefold()]
