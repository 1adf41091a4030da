"""A sentence said plainly: without what it adds for politeness or for contrast, in the order of doing."""

import re

from llm_planner.offline.rules.nominal import without_label
from llm_planner.offline.rules.verb_forms import LEADING, is_request
from llm_planner.offline.words.lexicon import AND, OUTPUT, is_command

_ASIDE = re.compile(
    r"\s*[,;]\s+(?:but\s+|and\s+)?(?:please\s+)?(?:(?:don't|do not|never|no need to|not)\b|(?:i|we) (?:don't|do not|"
    r"needn't)\b|(?:nothing|everything|all|anything) (?:else|besides|around)\b|(?:the|all|those) (?:\w+ ){1,3}?(?:is|"
    r"are) not "
    r"(?:needed|wanted|important)|the (?:rest|others)\s+(?:can|may|should|must|is|are|out|away|to)\s+(?!a\b|the\b|"
    r"my\b))(?![^,.;!?]*\b(?:until|before|unless|"
    r"but)\b)[^,.;!?]*",
    re.IGNORECASE,
)
"""What is not wanted, said besides: ", not only as text", ", everything else can go"."""
_TAG = re.compile(
    r"(?:[\s,]+(?:would|will|could|can|won't|wouldn't|couldn't) (?:you|u)|,\s+(?:ok(?:ay)?|right|yes))\s*\?*$",
    re.IGNORECASE,
)
_TRAILING_ABSOLUTE = re.compile(
    r"[\s,]+with\s+(?P<thing>(?:the|that|its|this)\s+(?:[\w-]+\s+){1,3}?)(?:(?:then|also|finally|"
    r"afterwards)\s+)?(?=(?:[\w-]+(?:ed|en)|read|sung|put|made)"
    r"(?:\s+(?:to|into|in|on|as|at|for|aloud|out|back|binaural)\b|[\s.?!]*$))",
    re.IGNORECASE,
)
""""..., with the description then spoken": what is done next stands without a verb."""
_FOR_WHOM = re.compile(
    r"^for (?:an?|the|my|our|his|her|their|every\w*)\s?[^,]{2,40},\s+(?=(?:can|could|would|will|may|is|are|does|do|"
    r"what|when|"
    r"which|who|how|where)\b)",
    re.IGNORECASE,
)
_WHEN_DONE = re.compile(
    r"(?:\s*,)?\s*\b(?:and\s+)?(?:once|when|as soon as|after) (?:that|it|this|you)(?:'s| is|'s been| has been|'re|"
    r" are|'ve|"
    r" have)? (?:all )?(?:done|finished|ready|gone|over|through)(?: with (?:that|it|this))?[\s,]+(?=\w)",
    re.IGNORECASE,
)
_WHEN_HAD = re.compile(
    rf"(?P<before>^|,\s*)(?:once|when|as soon as) (?:you|i|we)(?:'ve| have)(?: got)? (?P<thing>(?:the|a|"
    rf"its) (?:\w+\s+)?{OUTPUT}),\s+(?:then\s+)?",
    re.IGNORECASE,
)
_GIST = re.compile(r"^(?!.*\b(?:QUOTE|FILE)\d+\b.*:)(?P<gist>[^:]{10,}):\s+(?P<details>\D.+)$", re.DOTALL)
"""What a request comes to, before what is to be done for it: "help me with this: clean it and transcribe it"."""
_BEFORE_THAT_WAS = re.compile(
    r"\s*,?\s*(?:\bthe (?:one|ones|version)\s+)?\bbefore (?:you|we|i|it was|they were) (?:[a-z]+ed|made|put|took|cut|"
    r"got|sang)\b[^,.;]*",
    re.IGNORECASE,
)
"""Not what to do first, but which version is meant: "the one before you cleaned it"."""
_INNER_THEN = re.compile(
    r"\b(i|we|you|i'd|should|must|can|could|will|would|may|shall)\s+(?:then|next|finally|afterwards|also)\s+(?=\w)",
    re.IGNORECASE,
)
_CORRELATIVE = re.compile(r"\bboth\s+(?=(?:an?\s|the\s+\w+\s+and\s|[a-z]+ed\b))", re.IGNORECASE)
_NEEDED = re.compile(
    r"^(?P<things>[^,.]+?)\s+(?:is|are|would be)\s+(?:also\s+)?(?:needed|required|wanted|requested|necessary|"
    r"appreciated)\b[\s.!]*$",
    re.IGNORECASE,
)


def plainly(sentence: str) -> str:
    """Return a sentence in the words that the rules for cutting know."""
    sentence = _WHEN_HAD.sub(r"\g<before>make \g<thing>, then ", _WHEN_DONE.sub(", then ", sentence))
    sentence = without_label(_TAG.sub("", LEADING.sub("", _without_gist(sentence)).strip()))
    sentence = _CORRELATIVE.sub("", _INNER_THEN.sub(r"\1 ", _without_asides(sentence)))
    sentence = _BEFORE_THAT_WAS.sub(" from before", _FOR_WHOM.sub("", sentence))
    sentence = _TRAILING_ABSOLUTE.sub(r", and \g<thing>should be ", sentence)
    return _NEEDED.sub(r"I need \g<things>", sentence)


def _without_asides(sentence: str) -> str:
    return _ASIDE.sub(lambda aside: "" if is_request(sentence[: aside.start()]) else aside[0], sentence)


def _without_gist(sentence: str) -> str:
    match = _GIST.match(sentence)
    if match is None or not is_command(match["details"]):
        return sentence
    commands = [part for part in re.split(AND, match["details"]) if is_command(part)]
    return match["details"] if len(commands) > 1 else sentence
