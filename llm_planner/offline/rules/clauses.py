"""A request cut into clauses, each one thing to do, with the statements that explain them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from llm_planner.offline.rules.boundaries import cut_sentence, is_subject, names_output, run_on_cuts
from llm_planner.offline.rules.light import DELIVERED, IN_LANGUAGE, LIGHT, PREPARATORY
from llm_planner.offline.rules.nominal import NAMED_TASK, listed
from llm_planner.offline.words.lexicon import (
    is_command,
    is_command_word,
    is_fronted,
    is_question,
    strip_courtesy,
    strip_prefix,
)

Mood = Literal["command", "question", "statement"]


@dataclass(frozen=True)
class Clause:
    """One thing asked for, or said.

    `text` is the clause itself, `context` the statements around it that belong to no other command. `link` is what
    joins it to the clause before where the two may be one; only what they ask for can tell. `afterthought` tells that
    the statements follow the clause.
    """

    text: str
    mood: Mood
    context: str = ""
    link: str = ""
    afterthought: bool = False

    @property
    def whole(self) -> str:
        """The clause with what was said to explain it."""
        return f"{self.context} {self.text}".strip()

    def joined(self, other: "Clause") -> "Clause":
        """Return this clause continued by another."""
        context = f"{self.context} {other.context}".strip()
        link = other.link or (" " if self.text.endswith((".", "!", "?", ":")) else " and ")
        return Clause(f"{self.text}{link}{other.text}", self.mood, context)


_SENTENCE = re.compile(
    r"\s+(?=\(?[1-9a-h]\)\s)|(?<=[.!?;])(?<!^\d\.)(?<!\s\d\.)\s+(?=\S)|\s*\n+\s*|\s+[—–]\s+(?!\d)|\s+-\s+(?!\d)"
)
_NUMBERED = re.compile(r"\s+(?=[2-9]\.\s+[A-Z])")
_FILES = re.compile(r"(?:FILE\d+[\s,.]*(?:and\s+)?)+")
_DETAIL = re.compile(
    r"^(?:(?:the|my)\s+)?(?:text|lyrics?|words?|notes?|melody|tune|pitch(?:es)?|(?:note\s+)?durations?|lengths?|"
    r"timings?)"
    r"\s*[:=]",
    re.IGNORECASE,
)
"""What a song or a speech consists of, listed beside the command: "Notes: C4 E4.\"."""
_FIRST = re.compile(
    r"(?<!the )(?<!of )\b(?:first|beforehand|before that|before anything else|to begin with)\b[\s,]*(?:please|"
    r"though|of all)?[\s.!?]*$",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"(?P<condition>(?:if|in case|unless)\b[^,]*),\s*(?:then\s+)?(?P<command>.+)", re.IGNORECASE)
_BEFORE_ALL = re.compile(
    r"(?:but )?(?:please )?(?:first|beforehand|before that)\b(?! (?:of all|one|speaker|voice))", re.IGNORECASE
)
_ORDERED = re.compile(
    r"\b(?:then|next|second(?:ly)?|third(?:ly)?|afterwards?|after that|finally|lastly?)\b", re.IGNORECASE
)


_LOOSE = re.compile(
    r"\s*,?\s+(?:so(?: that)? (?:i|we|one|he|she|they) can|plus|as well as|and(?: also)?)\s+(?=[a-z]+\s+\w)|"
    r"\s*,\s+(?=\w+\s+(?:of|for|in|into|to|from|on|with|only)\b)|"
    r"\s*,\s+(?=(?:then|also|the|an?|its|plus)\s+\w)",
    re.IGNORECASE,
)
MAX_LOOSE_CUTS = 4  # in one clause; each costs one or two embeddings
_EXPLAINS = re.compile(
    r"^(?:there(?:'s| is| are| was| were)|it(?:'s| is| was)|because|since|as (?:it|there|i))\b", re.IGNORECASE
)
MAX_FRAGMENT_WORDS = 10
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|can|could|will|would|may|might|must|should|can't|isn't|makes?|came|"
    r"comes|goes|went|says?|said|speaks?|"
    r"sounds(?!\s*(?:[,.;!]|$|(?:and|or|in|of|from|on|which|that|as|with|please)\b))|needs?|wants?|i|you|he|she|they|"
    r"we|it's|there's|here's|that's|"
    r"\w+n't|\w+ed)\b",
    re.IGNORECASE,
)
"""Words that show that a piece has a verb or a subject of its own."""


def split_clauses(text: str) -> list[Clause]:
    """Cut a masked request into clauses, in the order in which they are to be done."""
    sentences = [part for part in _SENTENCE.split(_numbered(listed(strip_courtesy(text)))) if part]
    sentences.sort(key=lambda part: _FILES.fullmatch(part) is None)
    if not _ORDERED.search(text):
        early = [part for part in sentences[1:] if _BEFORE_ALL.match(part)]
        sentences = [*early, *(part for part in sentences if part not in early)]
    clauses = _with_details([clause for sentence in sentences for clause in _sentence_clauses(sentence)])
    asked = next((place for place, clause in enumerate(clauses) if clause.mood != "statement"), len(clauses))
    clauses[asked + 1 :] = [_wanted(clause) for clause in clauses[asked + 1 :]]
    return _reordered(_attach_statements(list(_join_light(clauses))))


def _numbered(text: str) -> str:
    """Put the points of "1. Clean 2. Transcribe" on lines of their own."""
    return _NUMBERED.sub("\n", text) if re.search(r"(?:^|[\s:])1\.\s", text) else text


def _with_details(clauses: Sequence[Clause]) -> list[Clause]:
    """Give "Notes: C4 E4." to the clause before, or to the next one where it stands first."""
    joined: list[Clause] = []
    for clause in clauses:
        first = len(joined) == 1 and _DETAIL.match(joined[0].text)
        if joined and (first or _DETAIL.match(clause.text)):
            mood = clause.mood if first else joined[-1].mood
            joined[-1] = replace(joined[-1].joined(clause), mood=mood)
        else:
            joined.append(clause)
    return joined


def _wanted(clause: Clause) -> Clause:
    """Take a fragment without a verb that follows a command as a thing that may be wanted too."""
    long = len(clause.text.split()) > MAX_FRAGMENT_WORDS
    if clause.mood != "statement" or clause.link or long or _FINITE.search(clause.text):
        return clause
    return replace(clause, mood="command", link=" ")


def _reordered(clauses: list[Clause]) -> list[Clause]:
    """Put first what is asked for "first" after something else was."""
    early = [clause for clause in clauses[1:] if _FIRST.search(clause.text)]
    return [*early, *(clause for clause in clauses if clause not in early)] if early else clauses


def _sentence_clauses(sentence: str) -> list[Clause]:
    """Judge the pieces of one sentence; what follows a command without a verb of its own is a command too."""
    clauses: list[Clause] = []
    for piece in cut_sentence(sentence):
        if not re.search(r"\w", piece):
            continue
        clause = _judge(piece)
        follows = any(earlier.mood != "statement" for earlier in clauses)
        if clause.mood == "statement" and follows and not _EXPLAINS.match(clause.text):
            clause = replace(clause, mood="command")
        clauses += _loosely_cut(clause)
    if any(clause.mood == "command" for clause in clauses[1:]):
        clauses = [_made(clause) for clause in clauses]
    if len(clauses) > 1 and not any(is_command(clause.text) or _FINITE.search(clause.text) for clause in clauses):
        return [replace(clause, mood="command") for clause in clauses]
    return clauses


def _made(clause: Clause) -> Clause:
    """Take "an English transcript" before a command as a thing to be made."""
    wanted = clause.mood == "statement" and names_output(clause.text) and not _FINITE.search(clause.text)
    return replace(clause, mood="command") if wanted else clause


def _loosely_cut(clause: Clause) -> Iterator[Clause]:
    """Cut where another thing may be asked for without a verb of its own: "a clean file and in writing"."""
    begin, link = 0, ""
    if clause.mood == "statement":
        yield from _told_then_asked(clause)
        return
    cuts = sorted({*(match.span() for match in _LOOSE.finditer(clause.text)), *run_on_cuts(clause.text)})
    for cut, end in islice(cuts, MAX_LOOSE_CUTS):
        if cut < begin:
            continue
        yield replace(clause, text=clause.text[begin:cut], link=link)
        begin, link = end, "" if is_fronted(clause.text[end:]) else clause.text[cut:end]
    yield replace(clause, text=clause.text[begin:], link=link)


def _told_then_asked(clause: Clause) -> Iterator[Clause]:
    """Cut "there is a hum on it take the hum off", said in one breath."""
    text = strip_prefix(clause.text)
    for begin, end in run_on_cuts(text):
        told, asked = text[:begin], text[end:]
        if _FINITE.search(told):
            yield replace(clause, text=told)
            yield from _loosely_cut(Clause(asked, "command"))
            return
    yield clause


def _judge(piece: str) -> Clause:
    bare = piece.strip().strip(",;").strip()
    if (match := _CONDITION.match(bare)) and is_command(match["command"]):
        return Clause(match["command"], "command", match["condition"])
    first = strip_prefix(bare).split()[0]
    if (is_command(bare) or is_command_word(first) or NAMED_TASK.match(bare)) and not is_subject(bare):
        return Clause(bare, "command")
    if re.search(r"\bplease\b", bare, re.IGNORECASE) and not _FINITE.search(bare):
        return Clause(bare, "command")
    return Clause(bare, "question" if is_question(bare) else "statement")


def _join_light(clauses: list[Clause]) -> Iterator[Clause]:
    """Join what says nothing alone: "go through it" with what follows, "generate it" with the question before."""
    waiting: Clause | None = None
    kept: Clause | None = None
    for clause in clauses:
        if kept and waiting is None and kept.mood == "question" and LIGHT.match(clause.text):
            continue
        if kept and kept.mood != "statement" and DELIVERED.match(clause.text):
            continue
        if kept and waiting is None and kept.mood == "question" and (match := IN_LANGUAGE.match(clause.text)):
            kept = replace(kept, text=f"{kept.text.rstrip(' ?')} {match['language']}?")
            continue
        if kept:
            yield kept
            kept = None
        current = waiting.joined(clause) if waiting else clause
        waiting = None
        if PREPARATORY.match(strip_prefix(clause.text)) and clause is not clauses[-1] and current.mood == "command":
            waiting = current
        else:
            kept = current
    if waiting:
        yield waiting
    if kept:
        yield kept


def _attach_statements(clauses: list[Clause]) -> list[Clause]:
    """Give every statement to the next command, or the last one to the command before it."""
    if all(clause.mood == "statement" for clause in clauses):
        return clauses
    attached: list[Clause] = []
    waiting = ""
    for clause in clauses:
        if clause.mood == "statement":
            waiting = f"{waiting} {clause.text}".strip()
        else:
            attached.append(replace(clause, context=f"{waiting} {clause.context}".strip()))
            waiting = ""
    if waiting:
        last = attached[-1]
        attached[-1] = replace(last, context=f"{last.context} {waiting}".strip(), afterthought=not last.context)
    return attached
