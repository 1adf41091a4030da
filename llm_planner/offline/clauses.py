"""A request cut into clauses, each one thing to do, with the statements that explain them."""

import re
from dataclasses import dataclass
from typing import Literal

from llm_planner.offline.lexicon import is_command, is_command_word, is_question, strip_prefix

Mood = Literal["command", "question", "statement"]


@dataclass(frozen=True)
class Clause:
    """One thing asked for, or said.

    `text` is the clause itself, `context` the statements around it that belong to no other command.
    """

    text: str
    mood: Mood
    context: str = ""

    @property
    def whole(self) -> str:
        """The clause with what was said to explain it."""
        return f"{self.context} {self.text}".strip()


_SENTENCE = re.compile(r"(?<=[.!?;])(?<!\b\d\.)\s+(?=\S)|\s*\n+\s*|\s+[—–]\s+|\s+-\s+")
_CONNECTOR = re.compile(
    r"[\s,;]*\b(?:and then|and after that|after that|after which|and afterwards?|afterwards?|and finally|finally|and lastly|lastly|"
    r"and next|followed by|and subsequently|subsequently|and thereafter|thereafter|then|and in the end|"
    r"(?:and )?once (?:that(?:'s| is|'s been| has been)?|it(?:'s| is)|you(?:'re| are|'ve| have)) (?:done|finished|ready|through)(?: with (?:that|it|this))?|"
    r"when (?:that(?:'s| is)|it(?:'s| is)|you(?:'re| are)) (?:done|finished|ready)|"
    r"(?:and )?from (?:there|that),?(?= \w+ (?:it|a|an|the|me)))\b[\s,]*",
    re.IGNORECASE,
)
_OBJECT = (
    r"(?:it|its|this|that|these|those|the|them|their|me|us|each|both|a|an|my|our|your|his|her|him|what|whatever|when|where|how|who|which|every|everything|"
    r"everyone|any|all|only|just|to|out|down|up|off|into|in|on|away|back|apart|over|whether|if|some|one|two|three|four|QUOTE\d+|FILE\d+|"
    r"with|from|another|subtitles|again|separately|aloud|for|new|no|speaker|rid|text|speech|binaural|music|sound|sounds|\w+'s)"
)
_COORDINATION = re.compile(
    rf"(?:\s*,\s*(?:and\s+|but\s+|or\s+)?|\s+(?:and|but|plus|as well as)\s+)(?:also\s+|please\s+|just\s+|first\s+|next\s+|now\s+|"
    rf"finally\s+|kindly\s+|as well\s+|i(?:'d| would) like (?:you )?to\s+|(?:can|could|would) you (?:please )?)*"
    rf"(?=(?P<verb>[a-z-]+)(?P<object>\s+{_OBJECT}\b|\s*$|\s*[.!?;,]|\s+\S+))",
    re.IGNORECASE,
)
_WH_COORDINATION = re.compile(
    r"(?:\s*,\s*(?:and\s+)?|\s+and\s+)(?:also\s+)?(?=(?:what(?:'s| is| are| does| did| was| were| would)|when (?:does|do|did|is|can)|where (?:does|do|is)|"
    r"which (?:sounds?|events?|noises?)|(?:i|we) (?:also )?(?:want|need|would like)|i'd (?:also )?like|"
    r"how does|who is|can you|could you|would you|at what time|please)\b)",
    re.IGNORECASE,
)
_INVERTED_AFTER = re.compile(
    r"^(?P<late>.+?),?\s+(?:but\s+)?(?:after(?: you(?:'ve| have)?)?|once you(?:'ve| have))\s+(?P<early>(?:first\s+)?\w+(?:ing|ed|t)\b.+)$",
    re.IGNORECASE,
)
_FRONTED_AFTER = re.compile(
    r"^(?:after|once|when|having|upon)\s+(?:you(?:'ve| have| are| finish)?\s+)?(?P<early>(?:first\s+)?[\w-]+(?:ing|ed|en|t)\b[^,]*),\s*(?P<late>.+)$",
    re.IGNORECASE,
)
_FRONTED_BEFORE = re.compile(
    r"^(?:before|prior to)\s+(?:you\s+)?(?P<late>[\w-]+\b[^,]*),\s*(?P<early>.+)$", re.IGNORECASE
)
_INVERTED_BEFORE = re.compile(
    r"^(?P<early>.+?),?\s+(?:before|prior to)\s+(?:you\s+)?(?P<late>[a-z-]+(?:ing)?\b\s+.+)$", re.IGNORECASE
)
_BUT_FIRST = re.compile(
    r"^(?P<late>.+?),?\s+but\s+(?:please\s+)?(?:first|before that|beforehand),?\s+(?P<early>.+)$", re.IGNORECASE
)
_LEADING = re.compile(
    r"^[\s,.;:]*(?:(?:and|but|then|also|next|now|first|firstly|second|secondly|third|thirdly|fourth|finally|lastly|plus|afterwards|after that|"
    r"step \d+|\(?\d{1,2}[.):])[\s,:]+)*",
    re.IGNORECASE,
)
_OBJECT_START = re.compile(rf"^\s+{_OBJECT}\b|^\s*$|^\s*[.!?;,]", re.IGNORECASE)
_AMBIGUOUS = frozenset(
    "sound time voice record note score name list talk speak sing hum play track clip model pitch "
    "mix cut work set style place position mark match move help follow laugh pan cover caption label "
    "tag type master lift report print read post store share search spot run go slow speed touch fish".split()
)


def split_clauses(text: str) -> list[Clause]:
    """Cut a masked request into clauses, in the order in which they are to be done."""
    pieces = [piece for sentence in _SENTENCE.split(text) for piece in _order(sentence)]
    return _attach_statements([_judge(piece) for piece in pieces if re.search(r"\w", piece)])


def _order(sentence: str) -> list[str]:
    """Cut a sentence at its connectors and put what comes first, first."""
    sentence = _LEADING.sub("", sentence).strip()
    for pattern in (_BUT_FIRST, _FRONTED_AFTER, _FRONTED_BEFORE, _INVERTED_AFTER, _INVERTED_BEFORE):
        match = pattern.match(sentence)
        if match and _is_request(match["early"]) and _is_request(match["late"]):
            return [*_order(match["early"]), *_order(match["late"])]
    return [piece for part in _CONNECTOR.split(sentence) if part for piece in _coordinated(part)]


def _is_request(text: str) -> bool:
    words = _LEADING.sub("", text).split()
    word = words[0].lower() if words else ""
    return is_command(text) or is_command_word(word) or word.endswith("ed") or is_question(text)


def _coordinated(part: str) -> list[str]:
    """Cut where a new command follows a comma or "and"."""
    cuts = {
        match.start(): match.end()
        for match in _COORDINATION.finditer(part)
        if _begins_command(part, match) and re.search(r"\w", part[: match.start()])
    }
    cuts |= {match.start(): match.end() for match in _WH_COORDINATION.finditer(part) if match.start() > 0}
    pieces, begin = [], 0
    for cut in sorted(cuts):
        if cut < begin:
            continue
        pieces.append(part[begin:cut])
        begin = cuts[cut]
    return [*pieces, part[begin:]]


def _begins_command(part: str, match: re.Match[str]) -> bool:
    verb = match["verb"].lower()
    if not is_command_word(verb):
        return False
    after = part[match.start("verb") + len(verb) :]
    with_object = bool(_OBJECT_START.match(after))
    if verb.endswith("ing"):
        return with_object and part.split(None, 1)[0].lower().endswith("ing")
    return with_object or (verb not in _AMBIGUOUS and bool(re.match(r"^\s+\w", after)))


def _judge(piece: str) -> Clause:
    piece = piece.strip().strip(",;").strip()
    bare = _LEADING.sub("", piece).strip() or piece
    if is_command(bare) or is_command_word(strip_prefix(bare).split()[0]):
        return Clause(bare, "command")
    return Clause(bare, "question" if is_question(bare) else "statement")


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
            attached.append(Clause(clause.text, clause.mood, waiting))
            waiting = ""
    if waiting:
        last = attached[-1]
        attached[-1] = Clause(last.text, last.mood, f"{last.context} {waiting}".strip())
    return attached
