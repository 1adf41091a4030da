"""Commands that leave words out: a verb said once, an object said once."""

import re

from llm_planner.offline.rules.verb_forms import base_form, is_request
from llm_planner.offline.words.lexicon import AND

_GAPPED = re.compile(
    r"^(?P<verb>(?:[a-z]+\s+){0,4}?[a-z]+\s+)(?P<first>(?:the\s+)?(?:first|one|former|man|"
    rf"woman)\b.+?){AND}"
    r"(?P<second>(?:the\s+)?(?:second|other|latter|woman|man)\b\s+(?:\w+\s+)?(?:in|to|into|on|at|binaural|from|"
    r"with|as|for)\b.+)$",
    re.IGNORECASE,
)
_TURN = r"(?:the|that|this|my|its|it)\s?[^,]*?\s(?:to|into)\s(?:[\w-]+\s?){1,3}?"
_TURNED = re.compile(
    rf"^(?P<verb>(?:please\s+|(?:can|could) you\s+)?[a-z]+\s+)(?P<first>{_TURN})"
    rf"(?P<rest>(?:{AND}{_TURN})+)$",
    re.IGNORECASE,
)
""""Convert the speech to text, the text to Italian": the verb is said once."""
_USED = re.compile(
    r"^(?:please\s+)?(?:use|take)\s+(?P<thing>(?:the|that|this|your|my|its)\s+(?:[\w']+\s+){0,3}?"
    r"(?:sound|audio|recording|file|clip|picture|image|photo|caption|description|transcript|translation|text|sentence|"
    r"words|result|output|summary|speech|FILE\d+))\s+(?:to|and|for)\s+(?P<command>(?!be\b)[a-z]+\s.+)$",
    re.IGNORECASE,
)
""""Use the sound to make a caption": the thing to do stands second."""


def _participles(piece: str) -> list[str]:
    """Return the verbs of "cleaned and captioned, please", or nothing where it is anything else."""
    words = re.split(AND, re.sub(r"[\s,]*please[\s,]*", "", piece.strip(" .!?")))
    verbs = [base_form(word) for word in words]
    return verbs if all(word.endswith("ed") and verb != word for word, verb in zip(words, verbs, strict=True)) else []


def spelled_out(piece: str) -> list[str]:
    """Repeat the verb in "make the first one louder and the second one softer"."""
    if done := _participles(piece):
        return [f"{verb} it" for verb in done]
    if match := _USED.match(piece.strip()):
        link = "in" if "voice" in match["thing"] else "from"
        return [f"{match['command'].rstrip(' .')} {link} {match['thing']}"]
    if match := _TURNED.match(piece.strip(" .!?")):
        others = [part for part in re.split(AND, match["rest"]) if part]
        return [match["verb"] + match["first"], *(match["verb"] + other for other in others)]
    match = _GAPPED.match(piece.strip())
    if match is None or not is_request(piece):
        return [piece]
    return [match["verb"] + match["first"], match["verb"] + match["second"]]
