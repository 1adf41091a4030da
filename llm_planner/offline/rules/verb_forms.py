"""Commands in other forms than the imperative: "having cleaned it", "the noise has been removed"."""

import re

from llm_planner.offline.words.lexicon import is_command, is_command_word, is_question

LEADING = re.compile(
    r"^[\s,.;:]*(?:(?:and|but|then|also|next|now|(?:first|second|third|last) of all|first|"
    r"firstly|second|secondly|third|thirdly|fourth|"
    r"finally|lastly|last(?=,)|plus|afterwards|after that|"
    r"step \d+|if so|if yes|if there is|in that case|\(?\d{1,2}[.):]|\(?[a-h]\))[\s,:]+(?!(?:one|speaker|voice|"
    r"recording|"
    r"person|file)\b))*",
    re.IGNORECASE,
)
"""What stands before a thing to do and says only when: "and", "first of all", "step 2"."""
_PASSIVE_PARTS = re.compile(
    r"^(?P<thing>(?:it|anything|everything|this|that)|(?:the|all|my|any|this|that|"
    r"its)\s+(?:[\w.:-]+\s+){0,8}?[\w-]+)\s+(?:has|have|is|are|was|were|"
    r"gets?)(?:\s+been)?\s+(?P<verb>[\w-]+)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_THING = (
    r"(?P<thing>(?:it|this|that|they|these|those|them|everything|anything|QUOTE\d+|FILE\d+|"
    r"(?:the|an?|this|that|these|those|my|our|your|his|her|its|their|all|every|each|both|any|only)\s+"
    r"(?:(?!(?:should|must|needs?|ought|has|have|is|are|can|could|may|shall|will|would|be|who|when|if|and)\b)"
    r"[\w'-]+\s+){0,8}?(?!(?:that|which|who|not|being)\b)[\w'-]+))"
)
_MODAL = r"(?:should|must|has to|have to|needs? to|ought to|is to|are to|can|could|may|shall|will|would|wants? to)"
_WHEN = r"(?:(?:also|then|now|first|please|just|both|next|finally|afterwards)\s+)*"
_DONE = (
    r"(?P<done>(?!(?:read|cut|put|split|said|told)\s+(?:it|them|the|that|this|me|us|an?|my|his|her|these|those|each|"
    r"both|"
    r"what|QUOTE\d+)\b)(?:[a-z-]+(?:ed|en)|read|said|sung|cut|put|split|told|made|found|brought|taken|heard)\b.*)$"
)
_NEEDS = r"(?:needs?|wants?|requires?|deserves?|could (?:use|do with))"
DEMAND = rf"{_THING}\s+(?:{_MODAL}\s+{_WHEN}(?:be|get)|{_NEEDS}(?!\s+to\b))\s".replace("?P<thing>", "?:")
"""The beginning of "the transcript should be spoken"."""
_PASSIVES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:please\s+)?{_THING}\s+{_MODAL}\s+{_WHEN}(?:be|get)\s+{_WHEN}{_DONE}",
        rf"^{_MODAL}\s+{_THING}\s+{_WHEN}(?:be|get)\s+{_WHEN}{_DONE}",
        rf"^(?:it|that)(?:'d| would)\s+(?:\w+\s+){{1,4}}?if\s+{_THING}\s+"
        rf"(?:was|were|got|is|are|gets?|(?:could|can|would) be)\s+{_WHEN}{_DONE}",
        rf"^{_THING}\s+{_NEEDS}\s+(?:an?\s+|some\s+)?(?P<done>[a-z-]+ing\b.*)$",
        r"^(?:please\s+)?(?:(?:i|we)(?:'d| would)?\s+(?:also\s+|then\s+)?(?:want|need|like|love|prefer)"
        rf"(?:\s+to\s+(?:have|get))?|have|get|having|getting)\s+(?!an?\s){_THING}\s+(?:to be\s+)?{_WHEN}{_DONE}",
    )
)
_AND = re.compile(
    r"\s*,\s*(?:and\s+)?(?:then\s+|also\s+|finally\s+)?|\s+(?:and|then)\s+(?:then\s+|also\s+|finally\s+)?"
)
_IRREGULAR = {
    "got": "get",
    "gotten": "get",
    "made": "make",
    "written": "write",
    "wrote": "write",
    "taken": "take",
    "took": "take",
    "split": "split",
    "cut": "cut",
    "put": "put",
    "read": "read",
    "said": "say",
    "sung": "sing",
    "sang": "sing",
    "told": "tell",
    "spoken": "speak",
    "found": "find",
    "done": "do",
    "given": "give",
    "brought": "bring",
    "kept": "keep",
    "left": "leave",
    "built": "build",
    "heard": "hear",
    "transcribed": "transcribe",
    "drawn": "draw",
    "rebuilt": "rebuild",
    "gone": "remove",
}


def imperative(text: str) -> str:
    """Turn "cleaned it up" and "removing the noise" into commands."""
    text = LEADING.sub("", text).strip()
    if active(text):
        return text
    if match := _PASSIVE_PARTS.match(text):
        return f"{base_form(match['verb'])} {match['thing']} {match['rest']}".strip()
    first, _, rest = text.partition(" ")
    return f"{base_form(first)} {rest}".strip()


_LACKS = re.compile(rf"^{_THING}\s+{_NEEDS}\s+(?P<made>(?:an?|some)\s+[\w-]+)[\s.!]*$", re.IGNORECASE)


def active(text: str) -> list[str]:
    """Turn "the siren should be extracted and put on the left" into commands, or return nothing for anything else."""
    for pattern in _PASSIVES:
        match = pattern.match(text.strip(" .!?"))
        if match and _is_participle(match["done"].split()[0].strip(",.;")):
            return _each_done(match["thing"], match["done"])
    lacks = _LACKS.match(text.strip())
    return [f"make {lacks['made']} of {lacks['thing']}"] if lacks else []


def _each_done(thing: str, done: str) -> list[str]:
    """Return a command for every participle of "cleaned, transcribed and translated to French"."""
    cuts = [0]
    cuts += [m.end() for m in _AND.finditer(done) if _is_participle(done[m.end() :].split(" ", 1)[0].strip(",.;"))]
    ends = [*(max(m.start() for m in _AND.finditer(done) if m.end() == cut) for cut in cuts[1:]), len(done)]
    commands = []
    for begin, end in zip(cuts, ends, strict=True):
        verb, _, rest = done[begin:end].strip(" ,.;").partition(" ")
        commands.append(" ".join(f"{base_form(verb.strip(',.;'))} {'it' if begin else thing} {rest}".split()))
    return commands


def continued(text: str) -> str:
    """Turn "positioned behind me", said of the same thing as the command before, into a command."""
    verb, _, rest = text.strip().partition(" ")
    return f"{base_form(verb)} it {rest}".strip() if _is_participle(verb.strip(",.;")) else text


def _is_participle(word: str) -> bool:
    base = base_form(word)
    return is_command_word(base) and (base != word.lower() or word.lower() in _IRREGULAR)


def base_form(word: str) -> str:
    """Return the verb a participle belongs to, or the word itself."""
    lower = word.lower()
    if lower in _IRREGULAR:
        return _IRREGULAR[lower]
    for ending in ("ing", "ed", "d"):
        stem = lower.removesuffix(ending)
        if stem == lower or len(stem) < 2:
            continue
        for candidate in (stem, stem + "e", stem[:-1] if stem[-1] == stem[-2] else stem):
            if is_command_word(candidate):
                return candidate
    return word


def is_request(text: str) -> bool:
    """Tell whether a text asks for something, in any of these forms or as a question."""
    words = imperative(text).split()
    return bool(words) and (is_command(text) or is_command_word(base_form(words[0])) or is_question(text))
