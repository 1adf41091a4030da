"""Sentences that name what is to be done first last, or as done already: "B after A", "once A is done, B"."""

import re

from llm_planner.offline.rules.verb_forms import base_form, imperative, is_request
from llm_planner.offline.words.lexicon import is_question

_DONE = (
    r"(?:you(?:'ve| have|'re| are)? (?:finish(?:ed)? |done )?|it(?:'s| is| has been)(?: been)? |having |i(?:'ve| "
    r"have) )"
)
_PASSIVE = (
    r"(?:the|all|my|any|this|that|its)\s+(?:[\w-]+\s+){1,3}?(?:has|have|is|are|was|were|gets?)(?:\s+been)?\s+[\w-]+"
)
_VERB_FIRST = r"[a-z]+\s+(?:it|this|that|them|the|my|each|both)\b[^,]*?"
_EARLY = rf"(?:(?:first\s+)?[\w-]+(?:ing|ed|t|en|ade)\b[^,]*?|{_PASSIVE}[^,]*?|{_VERB_FIRST})"
_INVERTED_AFTER = re.compile(
    r"^(?P<late>.+?),?\s+(?:but\s+)?(?:after|once|when|as soon "
    rf"as)\s+(?:{_DONE})?(?P<early>{_EARLY})(?:[\s,]*\b(?:and then|then|and afterwards|and "
    r"finally)\b\s*(?P<rest>.+))?$",
    re.IGNORECASE,
)
_FRONTED_AFTER = re.compile(
    rf"^(?:after|once|when|having|upon|as soon as)\s+(?:{_DONE})?(?P<early>{_EARLY}),\s*(?P<late>.+)$", re.IGNORECASE
)
_ABSOLUTE = re.compile(
    r"^with\s+(?P<thing>(?:the|all|my|any|that|its|this)\s+(?:[\w-]+\s+){1,3}?)(?:(?:now|already|all)\s+)?"
    r"(?:(?P<away>out|away|off)|(?P<verb>gone|cut|put|split|read|taken|[\w-]+ed)\b)(?P<rest>[^,]*),\s*",
    re.IGNORECASE,
)
""""With the noise gone, ...": what is done first stands without a verb."""
_ONLY_AFTER = re.compile(
    r"^only\s+(?:after|once|when)\s+(?P<early>.+?),?\s+(?:should|can|must|may|shall|do)\s+(?:you|i|we)\s+(?:try to\s+|"
    r"begin to\s+)?(?P<late>.+)$",
    re.IGNORECASE,
)
_NOT_UNTIL = re.compile(
    r"^(?:please\s+)?(?:do not|don't|never)\s+(?:start to\s+|try to\s+|"
    r"begin to\s+)?(?P<late>[\w-]+\b.*?),?\s+(?:until|before|unless)\s+"
    rf"(?:{_DONE})?(?P<early>{_EARLY})[\s.!]*$",
    re.IGNORECASE,
)
_FRONTED_BEFORE = re.compile(
    r"^(?:before|prior to)\s+(?:you\s+)?(?P<late>[\w-]+\b[^,]*),\s*(?P<early>.+)$", re.IGNORECASE
)
_INVERTED_BEFORE = re.compile(
    r"^(?P<early>.+?),?\s+(?:before|prior to)\s+(?:you\s+)?(?P<late>[a-z-]+\b\s+.+)$", re.IGNORECASE
)
_BUT_FIRST = re.compile(
    r"^(?P<late>.+?),?\s+but\s+(?:please\s+)?(?:first|before that|beforehand),?\s+(?P<early>.+)$", re.IGNORECASE
)
_RANKED = re.compile(
    r"^(?P<early>(?:[\w'-]+\s+){1,4})first\s*[,;]\s*(?:and\s+)?"
    r"(?P<late>(?!then\b)[\w'-]+(?:\s+[\w'-]+){0,4}?)(?<!\bthe)\s+"
    r"(?:second|next|afterwards|after that|last|later)(?:,?\s+please)?[\s.!]*$",
    re.IGNORECASE,
)
""""Cleanup first, transcript second": things in their order, often without a verb."""


def in_order(sentence: str) -> list[str]:
    """Return what a sentence asks for in the order in which it is to be done; nothing where it stands in order."""
    if ranked := _RANKED.match(sentence):
        return [ranked["early"].strip(), ranked["late"]]
    sentence = _ABSOLUTE.sub(_as_clause, sentence)
    for pattern in (
        _NOT_UNTIL,
        _BUT_FIRST,
        _ONLY_AFTER,
        _FRONTED_AFTER,
        _FRONTED_BEFORE,
        _INVERTED_AFTER,
        _INVERTED_BEFORE,
    ):
        match = pattern.match(sentence)
        if match and _is_demanded(match["early"]) and is_request(match["late"]):
            rest = match.groupdict().get("rest")
            return [imperative(match["early"]), imperative(match["late"]), *([rest] if rest else [])]
    return []


def _as_clause(absolute: re.Match[str]) -> str:
    verb = absolute["verb"]
    if verb and base_form(verb) == verb:
        return absolute[0]
    return f"once {absolute['thing']}is {verb or 'removed'}{absolute['rest']}, "


def _is_demanded(text: str) -> bool:
    return is_request(text) and not is_question(text.rstrip(" ?"))
