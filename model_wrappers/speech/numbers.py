"""Numbers of a text, in figures or in words: whether a translation has kept them, and how its language writes them."""

import re
from collections import Counter
from decimal import Decimal

SPELLED = frozenset(("de", "en", "es", "fr", "it", "nl", "pt"))  # languages whose number words are read
_POINTS = {"en": (",", "."), "fr": ("\u00a0", ","), "eo": ("\u00a0", ",")}  # of thousands and of decimals
_COMMA = (".", ",")  # in the other languages
_BLANKS = " \u00a0\u202f"
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")
_SPACED = re.compile(rf"\d{{1,3}}(?:[{_BLANKS}]\d{{3}})+(?!\d)(?:[.,]\d+)?|{_FIGURES.pattern}")  # not in English
_AMOUNTS = (  # what people take, wait or spend half of
    r"(?:pastill|píldor|comprimid|tablet|pílul|compress|pillol|or[ae]\b|hora|litr|kil|vas|copo|taz|xícar|cuchar|colher|"
    r"cucchia|dos[ei]|doc|dúz|día|dia|giorn|año|ano\b|ann[oi]|mes|mill[oó]|milh|milion|metr)"
)


def _any(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


_HALF = {  # as a text says it; and as a translation may
    "en": (_any(r"\bhal(?:f|ves)\b"), _any(r"\bhal(?:f|ves)\b")),
    "es": (_any(rf"\bmedi[oa] {_AMOUNTS}|\bmitad\b"), _any(r"\b(?:medi[oa]|mitad)\b")),
    "fr": (_any(r"\b(?:demie?|moitié)\b"), _any(r"\b(?:demie?|moitié)\b")),
    "it": (_any(rf"\bmezz[oa] {_AMOUNTS}|\bmetà\b"), _any(r"\b(?:mezz[oa]|metà)\b")),
    "pt": (_any(rf"\bmei[oa] {_AMOUNTS}|\bmetade\b"), _any(r"\b(?:mei[oa]|metade)\b")),
}
_NO_NUMBERS = {  # may be moments, new, "you are"
    "en": _any(r"\bseconds?\b"),
    "fr": _any(r"\bneufs?\b"),
    "it": _any(r"\bsei\b"),
}
_REWRITTEN = {  # as the library reads it
    "en": ((_any(r"\btwice\b"), "two"),),
    "es": ((_any(r"\bun[oa]s\b"), "·"),),
    "it": (
        (_any(r"ntuna\b"), "ntuno"),
        (_any(r"tun[oa] milioni\b"), "tuno milioni"),
        (_any(r"· milion[ei]\b"), "· un milione"),
    ),
}


def changed_numbers(text: str, translation: str, source: str, target: str) -> tuple[str, ...]:
    """Return the numbers of a text that its translation does not have, in figures.

    Words are read where both languages are in `SPELLED`; an article is no number. What is no single number, such as a
    date, a time or a version, counts as its groups of figures.

    Args:
        text: What was translated.
        translation: Its translation.
        source: Language of the text, ISO 639-1.
        target: Language of the translation, ISO 639-1.
    """
    missing: Counter[Decimal] = Counter()
    if re.findall(r"\d", text) != re.findall(r"\d", translation):
        missing = _figures(text, source) - _figures(translation, target) - _worded(translation, target, strict=False)
    if {source, target} <= SPELLED:
        there = _worded(translation, target, strict=False) + _figures(translation, target)
        missing += _worded(text, source, strict=True) - there
    if source in _HALF and target in _HALF:
        said, kept = _HALF[source][0], _HALF[target][1]
        missing[Decimal("0.5")] += max(0, len(said.findall(text)) - len(kept.findall(translation)))
    return tuple(f"{value:f}" for value in missing.elements())


def in_figures(text: str, language: str) -> str:
    """Return a text with its longer numbers in figures, which translators leave as they are."""
    if language not in SPELLED:
        return text
    from text_to_num import alpha2digit

    return str(alpha2digit(text, language))


def written_as(translation: str, text: str, source: str, target: str) -> str:
    """Return a translation whose thousands and decimals are marked as in its language.

    A dose of 1,250 mg is a thousand times more in English than in Spanish.

    Args:
        translation: In which numbers may still be written as in the text.
        text: What was translated.
        source: Language of the text, ISO 639-1.
        target: Language of the translation, ISO 639-1.
    """
    for figures in _numerals(text, source):
        groups = re.split(rf"[.,{_BLANKS}]", figures)
        value = _value(figures, source)
        if len(groups) > 1 and value is not None:
            gap = rf"(?:[.,]\s?|[{_BLANKS}])"
            written = _written(value, len(groups), target)
            translation = re.sub(rf"(?<![\d.,]){gap.join(groups)}(?![.,]?\d)", written, translation)
    return translation


def _worded(text: str, language: str, *, strict: bool) -> Counter[Decimal]:
    """Count the numbers that stand in words; a lone one is an article.

    Args:
        text: Any text.
        language: Its language, ISO 639-1.
        strict: Whether words that only may be numbers are none.
    """
    if language not in SPELLED:
        return Counter()
    from text_to_num import alpha2digit

    plain = (_FIGURES if language == "en" else _SPACED).sub("·", text)
    if strict and language in _NO_NUMBERS:
        plain = _NO_NUMBERS[language].sub("·", plain)
    for pattern, words in _REWRITTEN.get(language, ()):
        plain = pattern.sub(words, plain)
    worded = _figures(alpha2digit(plain, language, 0), language)
    del worded[Decimal(1)]
    return worded


def _figures(text: str, language: str) -> Counter[Decimal]:
    """Count the numbers that stand in figures."""
    found: Counter[Decimal] = Counter()
    for numeral in _numerals(text, language):
        value = _value(numeral, language)
        found.update(map(Decimal, re.findall(r"\d+", numeral)) if value is None else (value,))
    return found


def _numerals(text: str, language: str) -> list[str]:
    return [match[0] for match in (_FIGURES if language == "en" else _SPACED).finditer(text)]


def _value(figures: str, language: str) -> Decimal | None:
    """Return what figures mean in a language; None for a version, a date or what else is no single number."""
    plain = re.sub(rf"[{_BLANKS}]", "", figures)
    commas, points = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", r"\d{1,3}(?:\.\d{3})+(?:,\d+)?"
    own, other = (commas, points) if language == "en" else (points, commas)
    if re.fullmatch(own, plain) or (re.fullmatch(other, plain) and not re.match(r"^\d+[.,]\d+$", plain)):
        thousands, decimal = (",", ".") if re.fullmatch(commas, plain) else (".", ",")
        return Decimal(plain.replace(thousands, "").replace(decimal, "."))
    return Decimal(plain.replace(",", ".")) if re.fullmatch(r"\d+(?:[.,]\d+)?", plain) else None


def _written(value: Decimal, groups: int, language: str) -> str:
    thousands, decimal = _POINTS.get(language, _COMMA)
    whole, _, part = f"{value:f}".partition(".")
    grouped = f"{Decimal(whole):,f}".replace(",", thousands) if groups > 1 + bool(part) else whole
    return f"{grouped}{decimal}{part}" if part else grouped
