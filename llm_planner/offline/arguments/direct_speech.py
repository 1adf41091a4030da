"""Words to say that nobody put in quotes: "say good morning, slowly please", "let this face say welcome home"."""

import re

from llm_planner.offline.arguments.manners import FORMAT, VOICE, find_speed
from llm_planner.offline.arguments.names import is_reference
from llm_planner.offline.sources.references import origins_in
from llm_planner.offline.words.language_names import find_languages
from llm_planner.offline.words.lexicon import is_command, strip_prefix, words_of
from llm_planner.offline.words.lists import words
from llm_planner.offline.words.masking import mask

MOST_CHARACTERS = 500  # longer texts are quoted, or of several sentences
_SAY = frozenset({"say", "pronounce", "utter"})
_MAKE = words("direct_speech", "makers")
_NOT_SAID = words("direct_speech", "openings")
_IT = frozenset({"it", "that", "this"})
_LEADS = ("aloud ", "out loud ", "that ")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?;:])(\s+)")
_SAYS = re.compile(r" (?:say|says|saying) ")
_NEXT = re.compile(r",? and then |,? then |,? and |, ")
_TAIL = re.compile(r",? (?:please|thanks|thank you|for me|aloud|out loud)$|, \w+ly$", re.IGNORECASE)


def with_quotes(text: str) -> str:
    """Put the words in quotes that a request wants said, if each of its sentences does; return any other as it is."""
    if len(text) > MOST_CHARACTERS:
        return text
    sentences = _SENTENCE_ENDS.split(text)
    quoted = [_quoted(sentence) for sentence in sentences]
    done = all(after != before for after, before in zip(quoted[::2], sentences[::2], strict=True))
    return "".join(quoted) if done else text


def _quoted(text: str) -> str:
    found, masked = _begin(text), mask(text)
    if found is None or masked.files or not set(masked.quotes) <= set(text.split()):  # a typed QUOTE0 is no quote
        return text
    said = _without_manner(_without_next(text[found:]).rstrip(" .!?,"))
    if not _is_said(said):
        return text
    return f'{text[:found]}"{said}"{text[found + len(said) :]}'


def _begin(text: str) -> int | None:
    """Return where the words to say begin, if a request is about nothing but saying them."""
    bare = strip_prefix(text)
    verb, _, rest = bare.partition(" ")
    if verb.casefold() in _MAKE:
        before, *after = _SAYS.split(bare, maxsplit=1)
        if not after or before.split()[-1:] == ["what"]:
            return None
        rest = after[0]
    elif verb.casefold() not in _SAY:
        return None
    for lead in _LEADS:
        rest = rest[len(lead) :] if rest.casefold().startswith(lead) else rest
    return len(text) - len(rest) if rest and text.endswith(rest) else None


def _without_next(said: str) -> str:
    """Leave out what is to be done with it then: "hello and make it binaural"."""
    for match in _NEXT.finditer(said):
        then = said[match.end() :]
        if is_command(then) and ("then" in match[0] or words_of(then) & _IT):
            return said[: match.start()]
    return said


def _without_manner(said: str) -> str:
    """Leave out how it is to be said, at the end: "slowly please", "in a deep voice", "as mp3"."""
    while True:
        pace = find_speed(said)
        tails = [match.start() for match in (*VOICE.finditer(said), *FORMAT.finditer(said)) if match.end() == len(said)]
        tails += [match.start() for match in (_TAIL.search(said),) if match]
        tails += [len(said) - len(pace[1])] if pace and said.endswith(pace[1]) else []
        shorter = said[: min(tails)].rstrip(" ,") if tails else said
        if shorter == said or not shorter:
            return said
        said = shorter


def _is_said(said: str) -> bool:
    """Tell whether words are to be said as they stand, and do not tell what is to be said or done besides."""
    start = said.split()[:2]
    if not start or words_of(start[0]) & _NOT_SAID or is_reference(" ".join(start)):
        return False
    if find_languages(said).target or any(origins_in(said)):
        return False
    return not any(is_command(said[match.end() :]) for match in _NEXT.finditer(said))
