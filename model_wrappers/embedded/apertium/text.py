"""What a rule-based translator needs put right around it: capitals, blanks, tag questions, Spanish signs."""

import re

_LONE_I = re.compile(r"\bi(?=\b(?:'(?:m|d|ll|ve)\b|(?!')))")
_TAG_QUESTION = re.compile(
    r"^(?P<said>.+?),\s+(?:is|are|was|were|do|does|did|have|has|had|can|could|will|would|should|won|don)"
    r"(?:n?'t)?\s+(?:i|you|he|she|it|we|they|there)(?:\s+not)?\s*\?",
    re.IGNORECASE,
)
_TAGS = {
    "ca": ", oi?",
    "eo": ", ĉu ne?",
    "es": ", ¿verdad?",
    "fr": ", n'est-ce pas ?",
    "gl": ", verdade?",
    "it": ", vero?",
    "pt": ", não é?",
}
_ACCENTS = {"como": "cómo", "cual": "cuál", "cuales": "cuáles", "donde": "dónde", "quien": "quién"}
_ASKING = re.compile(
    r"(?:(?:a|con|de|desde|en|hasta|para|por) )?(?:qué|quiénes|quién|cuál|cuáles|cómo|dónde|adónde|cuándo|cuánt[oa]s?"
    rf"|(?P<plain>{'|'.join(_ACCENTS)}))\b",
    re.IGNORECASE,
)
_BLANK_BEFORE_SIGN = re.compile(r"(?<!\s)\s+([.,;:!?…)\]}])")
_SUBJECT = re.compile(r"(?P<opening>[¡¿]?)(?:Yo|Nosotr[oa]s) (?P<verb>\w)")  # the verb says it
_GLAD_IN = re.compile(r"\b(felices|feliz|content[oa]s?|encantad[oa]s?) en (?=\w+r(?:l[aeo]s?|[mt]e|[nv]?os)?\b)")
_OPENING = "\"'“‘«([— "


def prepare(sentence: str, source: str) -> str:
    """Return a sentence with plain apostrophes and one blank between words, and in English with `I` for `i`."""
    sentence = " ".join(sentence.replace("’", "'").split())
    return _LONE_I.sub("I", sentence) if source == "en" else sentence


def without_tag_question(sentence: str, source: str, target: str) -> tuple[str, str]:
    """Split `..., isn't it?` off an English sentence.

    Returns:
        The sentence to translate, and the ending its translation gets in place of its full stop; "" for none.
    """
    found = _TAG_QUESTION.fullmatch(sentence) if source == "en" and target in _TAGS else None
    return (found["said"] + ".", _TAGS[target]) if found else (sentence, "")


def finish(translation: str, sentence: str, target: str, ending: str = "") -> str:
    """Put blanks, capitals and signs of a translation right.

    Args:
        translation: As the translator gave it.
        sentence: What was translated.
        target: Language translated into.
        ending: What stands in place of the full stop.
    """
    text = _BLANK_BEFORE_SIGN.sub(r"\1", " ".join(translation.split()))
    text = _with_capitals_of(sentence, text, target)
    if target == "es":
        text = _with_spanish_signs(text)
    return text.rstrip(". ") + ending if ending else text


def from_portuguese(text: str, sentence: str) -> str:
    """Take away what Portuguese says and Spanish does not: articles before names, subjects before their verbs.

    Args:
        text: In Spanish, translated from Portuguese.
        sentence: In English, of which the Portuguese was the translation.
    """
    for name in {word.strip(",.;:!?\"'") for word in sentence.split()[1:] if word[:1].isupper()}:
        if not re.search(rf"\bthe {re.escape(name)}\b", sentence, re.IGNORECASE):
            text = re.sub(rf"(?<![¡¿\w])(?:el|la|los|las) (?={re.escape(name)}\b)", "", text)
    if found := _SUBJECT.match(text):
        text = found["opening"] + found["verb"].upper() + text[found.end() :]
    return _GLAD_IN.sub(r"\1 de ", text)


def _with_capitals_of(sentence: str, text: str, target: str) -> str:
    """Start as the sentence does, and keep capitals inside only if it has some; English writes its days with them."""
    first, *others = sentence.split() or [""]
    words = text.split(" ")
    if target != "en" and not any(word.lstrip(_OPENING)[:1].isupper() for word in others if word.strip(".,!?") != "I"):
        kept = {word.strip(".,;:!?") for word in (first, *others)}
        words[1:] = [word if word.strip(".,;:!?") in kept else word.lower() for word in words[1:]]
    start = next((index for index, letter in enumerate(words[0]) if letter.isalpha()), None)
    letter = next((letter for letter in first if letter.isalpha()), "")
    if start is not None and letter and words[0] != first:
        cased = words[0][start].upper() if letter.isupper() else words[0][start].lower()
        words[0] = words[0][:start] + cased + words[0][start + 1 :]
    return " ".join(words)


def _with_spanish_signs(text: str) -> str:
    """Open a question or exclamation as Spanish does: where it begins, which may be behind a comma."""
    closing = text.rstrip("\"'”’»)")[-1:]
    opening = {"?": "¿", "!": "¡"}.get(closing)
    if opening is None or opening in text:
        return text
    start = len(text) - len(text.lstrip(_OPENING))
    if opening == "¿":
        starts = [found.end() for found in re.finditer(r",\s+", text) if _ASKING.match(text, found.end())]
        start = starts[-1] if starts else start
        asking = _ASKING.match(text, start)
        if asking and asking["plain"]:
            plain = asking["plain"]
            accented = _ACCENTS[plain.lower()]
            accented = accented.capitalize() if plain[0].isupper() else accented
            text = text[: asking.start("plain")] + accented + text[asking.end() :]
    return text[:start] + opening + text[start:]
