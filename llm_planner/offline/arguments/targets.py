"""The sound a clause wants found, or taken out of a mixture."""

import re

from llm_planner.offline.arguments.contents import is_reference
from llm_planner.offline.arguments.target_patterns import ANYTHING, CLAUSES, CONSTRUCTIONS, PHRASES, SOUND_VERB, TOLD
from llm_planner.offline.words.lexicon import COMMANDS, strip_prefix, words
from llm_planner.offline.words.masking import Masked

_AUDIO_NOUN = (
    r"(?:audio|recording|clip|file|sound file|track|mix|mixture|song|podcast|tape|sample|video|music|memo|upload|"
    r"attachment|"
    r"soundtrack|piece|one|sound|background|rest|scene|result|output|noise|street scene|interview|concert|take|wav|"
    r"mp3|sounds|other sounds|"
    r"soundscape|footage|call|recordings|everything else|version|original|material|stream|excerpt|segment)"
)
_PLACE = (
    r"(?:FILE\d+|it|that|this|these|them|there|here|(?:the|this|that|my|a|an|our|your|his|her|their|which|"
    rf"what)(?:\s+(?!(?:as|its|on|by|for|alone|only|from|in|out)\b)[\w'-]+){{0,4}}?\s+{_AUDIO_NOUN}\b(?:\s+(?:file|"
    r"clip|recording|before|above|i\s+\w+|from before|you\s+\w+))?"
    r"|what i (?:uploaded|sent|attached|recorded)|my (?:recording|upload|file))"
)
_ARTICLE = re.compile(
    r"^(?:(?:the |an? )?(?:\w+est|first|second|last) (?:one|sound|noise),|"
    r"isolated|extracted|separate|separated|pure|the|my|a|an|any|some|every|each|that|this|all|all the|every single|"
    r"just|only|solely|one|his|her|its|their|"
    r"of)\s+",
    re.IGNORECASE,
)
_SOUND_SUFFIX = re.compile(
    r"\s+(?:sound effects?|sounds?|noises?|audio|audio clip|sfx|clip|sample|recording|effect)$", re.IGNORECASE
)
_FRONTED = re.compile(r"^(?:of|from|out of|in|for|within|among|amongst) [^,]{2,60},\s*", re.IGNORECASE)
_FRAMES = (*CONSTRUCTIONS, *CLAUSES, *PHRASES, *TOLD)
_ABOUT = re.compile(
    r"^(?:the |a |any |every )?(?:sounds?|noises?|moments?|parts?|points?|places?|track|occurrences?|instances?|"
    r"time|times|second) (?:of|when|where|that|made by)\s+",
    re.IGNORECASE,
)
_PEOPLE = words(
    "people someone somebody anyone anybody man woman men women person he she they child kid boy girl crowd "
    "audience who"
)
_QUALITY = re.compile(
    r"\b(?:loud|strange|weird|first|second|other|target|same|particular|certain|background|specific|reference|"
    r"given)\s+\w+$",
    re.IGNORECASE,
)
_DESCRIBED = re.compile(
    r"(?:(?<=the )|(?<=an )|(?<=a ))"
    r"(?!music|animal|signal|metal|mechanic|original|specific|particular|individual|additional)"
    r"\w+(?:ive|ous|ful|less|ish|ic|al) (?:sound|noise)\b",
    re.IGNORECASE,
)
"""Here the adjective alone names nothing."""
_GENERIC = re.compile(
    r"(?:\b(?:an?|the|my|favou?rite|preferred|one|some|any|each|this|that|of|its|single|particular|certain|specific|"
    r"target|same|given|"
    r"reference|other|desired|wanted|"
    r"required|second|first|more|another)\b\s*)*"
    r"(?:sounds?|noises?|sources?|target|events?|things?|parts?|audio|ones?|it|that|this|them|something|anything|"
    r"everything(?: else)?|(?:all )?others?|all else|rest|moments?|"
    r"when|where|(?:from |to |till |until )?when(?: (?:to|till|until) when)?|(?:till|until|to) when|if so|how often|"
    r"what(?:'s| is) the time|(?:at |in )?(?:which|"
    r"what)(?: \w+)?|"
    r"occurrences?|recording|clip|bit|else|they|he|she|we|elements?|instruments?|objects?|time|times|timestamps?|"
    r"seconds?)?(?:\s+(?:is|are|was|happens?|occurs?|exactly))?"
    r"(?:\s+(?:that\s+|which\s+)?(?:i|we|you)\b.*)?",
    re.IGNORECASE,
)


_WHEN_TOO = (
    r"[\s,]+(?:and|or)\s+(?:if (?:so|yes),?\s+)?(?:(?:from )?when(?: (?:to|till|until) when)?|where|how often|"
    r"at (?:what|which) (?:time|second|point))"
)
_AND_WHEN = re.compile(rf"{_WHEN_TOO}[\s?]*$", re.IGNORECASE)


_AROUND = re.compile(
    r"^(?:i|we) (?:believe|think|guess|suspect|assume|know|am sure)\s+(?:that\s+)?"
    rf"|{_WHEN_TOO}(?: (?:does|do|did|is|was|will) (?:it|this|that|they)(?: \w+)?)?[\s?]*$"
    r"|,\s+as (?:an?|its own|their own|one)\s[^,]*$",
    re.IGNORECASE,
)
"""What is said around a request about a sound."""


def target_sound(clause: str, masked: Masked) -> str | None:
    """Return the sound a clause wants found or taken out, without article, or None where it names none."""
    if quotes := masked.quotes_in(clause):
        return quotes[0]
    parts = re.split(r"(?<=[?.!])\s+", clause)
    sentences = [_AROUND.sub("", _FRONTED.sub("", strip_prefix(part)).strip(" .,;:?!")) for part in parts]
    named = [found for part in reversed(sentences) for pattern in _FRAMES if (found := _framed(part, pattern, masked))]
    if len(sentences) > 1 and named:
        return named[0]
    for pattern in (*_FRAMES, ANYTHING):
        if pattern.search(sentences[0]):
            return _framed(sentences[0], pattern, masked)
    return None


def _framed(text: str, pattern: re.Pattern[str], masked: Masked) -> str | None:
    match = pattern.search(text)
    found = _core(match["target"], with_verb=pattern in CLAUSES or "whether" in pattern.pattern) if match else None
    return masked.restore(found) if found and not (found == text and found.lower() in COMMANDS) else None


def _core(text: str, *, with_verb: bool) -> str | None:
    """Strip what stands around the name of a sound, again and again until nothing is left to strip."""
    if described := _DESCRIBED.search(text):
        return described[0]
    text = _AND_WHEN.sub("", text)
    bare = re.sub(r"\s+(?:at|in|on|from)$", "", _stripped(text, _TAIL))
    with_verb = with_verb and re.sub(rf"\s+(?:in|on|within|during)\s+{_PLACE}$", "", text.strip(" .,;:?!")) == bare
    text = bare
    text = _stripped(text, _ABOUT, _ARTICLE)
    if _GENERIC.fullmatch(text) or is_reference(text):
        return None
    if with_verb:
        text = _without_verb(text)
    if len(text.split()) > 1 and not _QUALITY.search(text):
        text = _SOUND_SUFFIX.sub("", text)
    return text or None


def _stripped(text: str, *patterns: re.Pattern[str]) -> str:
    previous = None
    while previous != text:
        previous = text
        for pattern in patterns:
            text = pattern.sub("", text).strip(" .,;:?!")
    return text


def _without_verb(text: str) -> str:
    """Drop what a sound does: "dog barks" is about the dog."""
    words = text.split()
    if 2 <= len(words) <= 4 and re.fullmatch(SOUND_VERB, words[-1], re.IGNORECASE) and words[-2].lower() not in _PEOPLE:
        return " ".join(words[:-1])
    return text


_TAIL = re.compile(
    rf"(?:\s+(?:should|must|can|has to|have to|needs? to) (?:go|stay|remain|be kept|be left|be removed)"
    rf"|\s+(?:out of|from|in|within|inside|of|throughout|during|on|across|through|off)\s+{_PLACE}"
    r"|\s+(?:out of|off) (?:this|that|the|these|my|our|his|her)\b.*"
    r"|\s+from (?:this|that|these|those)\b.*"
    r"|\s+from (?:the (?:rest|others)|everything else)\b.*"
    r"|\s+and only .*"
    r"|,\s*(?:everything|anything|nothing|all|the rest|not|no|drop|cut|skip|extract|isolate|take|remove|tell|mute|"
    r"minus|without|lose|forget)\b.*"
    r"|\s+(?:passing|driving|flying|going|walking|running|coming|rolling) (?:by|past|around|over|in)"
    r"|[\s,]+(?:and|but|while|then)\s+(?:drop|remove|throw|delete|discard|nothing|mute|silence|get rid|leave|tell|"
    r"give|when|its?|their|the (?:start|times?|onset|rest)|let|lose|ditch|suppress|forget|ignore|if so|save|"
    r"keep)\b.*"
    r"|\s+(?:in isolation|pls|plz|and nothing else|nothing else|without the (?:rest|others?|background)|is active|"
    r"alone|only|by itself|by themselves|on (?:its|their|his|her) own|separately|isolated|in "
    r"isolation|please|for me|exactly|first|actually|anywhere|somewhere|at any point|without .*|"
    r"as (?:an?|its own|one|an isolated|their own) .*|"
    r"(?:behind|under|beneath|amid|among|beside|over) .*|"
    r"away|apart|out|into .*|with (?:its|the|their|start|onset|time)\w* .*|"
    r"again|now|precisely|thanks|in time|at all|so that .*|to .*|everywhere|ever|in seconds|there|here|itself)"
    r"|\s+(?:sounds?|starts?(?: and (?:stops?|ends?))?|stops?|happens?|occurs?|go(?:es)? off|begins?(?: and ends?)?|"
    r"comes?(?: (?:in|up|on))?|appears?|ends?|kicks? in|is|are|was|were|be|get|gets|can be|being)?\s*(?:heard|audible|"
    r"present|found|detectable|start(?:s|ing|ed)?(?: and (?:stop|end)s?)?|happen(?:s|ing|ed)?|occur(?:s|ring|red)?|"
    r"go(?:es|ing)? off|begins?(?: and ends?)?|appear(?:s|ing)?|stops?|ends?|comes?(?: (?:in|up|on))?|takes? place|set "
    r"in|sets in|kicks? in|show(?:s)? up|sound(?:s|ing)?(?= *$)|play(?:s|ing)?(?= *$)|is|are|was|last|lasts)"
    r")\s*$",
    re.IGNORECASE,
)
