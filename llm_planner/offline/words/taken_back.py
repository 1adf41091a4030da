"""What a request says in order to take it back: "my brother suggests a translation, ignore that"."""

import re

_SENTENCE = re.compile(r"(?<=[.!?]) |\n")
_TAKES_BACK = re.compile(
    r"(?:^|[\s,;:–-])(?:(?:ignore|disregard|never ?mind|skip|forget(?: about)?) (?:that|this|him|her|them|it)"
    r"|leave (?:that|this|it|them) (?:out|aside|away)|leave out (?:that|this|it))"
    r"(?: part| one| please| idea)*[ .!]{0,3}$",
    re.IGNORECASE,
)


def without_taken_back(text: str) -> str:
    """Return a request without the sentences that are taken back, unless nothing else is left."""
    sentences = _SENTENCE.split(text)
    if not any(map(_TAKES_BACK.search, sentences)):
        return text
    kept: list[str] = []
    for sentence in sentences:
        match = None if sentence.count('"') % 2 else _TAKES_BACK.search(sentence)
        if match is None:
            kept.append(sentence)
        elif not sentence[: match.start()].strip() and kept:
            kept.pop()
    return " ".join(kept) if any(map(str.strip, kept)) else text
