"""The language a request is written in, told by its letters and its commonest words."""

import json
import re
from functools import cache
from pathlib import Path

ENGLISH = "en"
LEAST_WORDS = 2  # common words of a language that a request must hold
MOST_ENGLISH = 1  # common English words that a request in another language may hold
TELLING = 4  # letters of a word that hardly means something in another language; one must be among them
_QUOTED = re.compile(r'"[^"]*"|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|「[^「」]*」')
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]*)?")


@cache
def _tongues() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("tongues.json").read_text(encoding="utf-8"))
    return read


@cache
def _common(code: str) -> frozenset[str]:
    return frozenset(_tongues()[code].get("words", "").split())


def tongue_of(text: str) -> str:
    """Return the code of the language that a request is written in, quotes aside; English where it is not clear."""
    plain = _QUOTED.sub(" ", text)
    letters = sum(map(str.isalpha, plain))
    for code, facts in _tongues().items():
        if "script" in facts and 2 * len(re.findall(f"[{facts['script']}]", plain)) > letters:
            return code
    words = {word.lower().replace("’", "'") for word in _WORD.findall(plain)}
    best = max(_tongues(), key=lambda code: (len(words & _common(code)), code == ENGLISH))
    found, english = words & _common(best), words & _common(ENGLISH) - _common(best)
    clear = len(found) >= LEAST_WORDS and any(len(word) >= TELLING or not word.isascii() for word in found)
    return best if clear and len(english) <= MOST_ENGLISH else ENGLISH


def needs_llm(code: str) -> str:
    """Say in a language that requests in it need a language model."""
    return _tongues()[code]["needs_llm"]


def parts(text: str) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether it is quoted."""
    pieces, end = [], 0
    for match in _QUOTED.finditer(text):
        pieces += [(text[end : match.start()], False), (match[0], True)]
        end = match.end()
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]
