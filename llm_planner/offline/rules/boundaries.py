"""Where one thing to do ends and the next begins inside a sentence."""

import re
from collections.abc import Iterator, Sequence

from llm_planner.offline.rules.ellipsis import spelled_out
from llm_planner.offline.rules.nominal import TASK_NAME
from llm_planner.offline.rules.ordering import in_order
from llm_planner.offline.rules.rewording import plainly
from llm_planner.offline.rules.verb_forms import DEMAND, LEADING, active, continued, is_request
from llm_planner.offline.words.lexicon import AND, COMMANDS, OUTPUT, is_command_word, is_question, words

_CONNECTOR = re.compile(
    r"[\s,;]*\b(?:and then|and after that|after that|after which|and afterwards?|afterwards?|and finally|finally|"
    r"and lastly|lastly|"
    r"and next|followed by|and subsequently|subsequently|and thereafter|thereafter|then|and in the end|"
    r"(?:and )?after(?= (?:give|make|put|tell|write|"
    r"transcribe|translate|read|say|clean|describe|caption|place|remove)\b)|"
    r"(?:and )?(?:once|when|as soon as) (?:you|i|we)(?:'ve| have)(?: got)? (?:it|that|this|them|the \w+)|"
    r"(?:and )?after (?:it|this)(?=,)|"
    r"(?:and )?from (?:there|that),?(?= \w+ (?:it|a|an|the|me)))\b[\s,]*|\s*(?:->|→|=>|>>)\s*|\s+[+>|]\s+(?=[a-z])",
    re.IGNORECASE,
)
_OBJECT = (
    r"(?:it|its|this|that|these|those|the|them|their|me|us|each|both|a|an|my|our|your|his|her|him|what|whatever|"
    r"when|where|how|who|which|every|everything|"
    r"everyone|any|all|only|just|to|out|down|up|off|into|in|on|away|back|apart|over|whether|if|some|one|two|three|"
    r"four|result|output|input|transcript|QUOTE\d+|FILE\d+|"
    r"with|from|another|subtitles|again|separately|aloud|for|new|no|speaker|rid|text|speech|binaural|music|sound|"
    r"sounds|\w+'s)"
)
_FILLER = (
    r"(?:also\s+|please\s+|just\s+|first\s+|second(?:ly)?\s+|third(?:ly)?\s+|next\s+|now\s+|finally\s+|kindly\s+|as "
    r"well\s+|later\s+|to\s+|"
    r"i(?:'d| would) like (?:you )?to\s+|(?:can|could|would) you (?:please )?)*"
)
_COORDINATION = re.compile(
    rf"(?:\s*,\s*(?:and\s+|but\s+|or\s+)?|\s+(?:and|but|plus|as well as)\s+|\s*:\s+){_FILLER}(?=(?P<verb>[a-z-]+)\b)",
    re.IGNORECASE,
)
_WH_COORDINATION = re.compile(
    rf"{AND}(?:also\s+)?(?=(?:what(?:'s| is| are| does| did| was| were| would)|when "
    r"(?:does|do|did|is|can)|where (?:does|do|is)|"
    r"which (?:sounds?|events?|noises?)|(?:i|we) (?:also )?(?:want|need|would like)|i'd (?:also )?like|"
    r"if there(?:'s| is| are)|(?:is|are) there|does (?:it|this)|can (?:i|one) hear|there(?:'s| is| are)|how does|"
    r"who is|can you|could you|would you|at what time|please(?=\s+\w))\b)",
    re.IGNORECASE,
)
_TASK_NEXT = re.compile(
    rf"{AND}(?:then\s+|also\s+)?(?=(?:(?:run|do|apply|perform|use|start)\s+(?:(?:an?|the|"
    rf"some)\s+)?)?{TASK_NAME.pattern})",
    re.IGNORECASE,
)
_ASKED_TOO = re.compile(r"\s*,?\s+and\s+(?:also\s+)?(?=(?:what|which|who|where|when|how)\s+\w+\s+\w)", re.IGNORECASE)
"""Another question in the same sentence."""
_NOMINAL = re.compile(
    r"(?:\s*,\s*(?:and\s+|plus\s+)?|\s+(?:and|plus|as well as|along with|together with)\s+)(?:also\s+|"
    rf"then\s+)?(?=(?:(?:for|from|of)\s+(?:the\s+(?:first|second|third|other|latter)(?:\s+\w+)?|FILE\d+),?\s+)?"
    rf"(?:for\s+)?(?:an?|the|its|one|another|some)\s+(?:[\w-]+\s+){{0,2}}?{OUTPUT}\b)",
    re.IGNORECASE,
)
_THING = re.compile(rf"^(?:an?|the|its|some)\s+(?:[\w-]+\s+){{0,2}}?{OUTPUT}\b", re.IGNORECASE)
_OBJECT_START = re.compile(rf"^\s+{_OBJECT}\b|^\s*$|^\s*[.!?;,]", re.IGNORECASE)
_FRONTED = re.compile(
    r"^(?:from|with|using|in|for|on|out of|based on|of|at|to|through|by|as|given|like|within|between|over|if|since|"
    r"because|as soon as|whenever|because of|due to|instead of|as for|concerning|regarding|about)\b",
    re.IGNORECASE,
)
_AMBIGUOUS = words(
    "sound time voice record note score name list talk speak sing hum play track clip model pitch mix cut work set "
    "style place position mark "
    "match move help follow laugh pan cover caption label tag type master lift report print read post store share "
    "search spot run go slow "
    "speed touch fish text film point open close express process present interview call"
)
_DEMANDED = re.compile(
    rf"(?:\s*,\s*(?:and\s+|but\s+)?|\s+(?:and|but)\s+)(?={DEMAND}|(?:it|they|(?:the|my|this|that|her|his|"
    rf"our)\s+(?:[\w'-]+\s+){{0,3}}?[\w'-]+)\s+"
    r"(?:should|must|has to|have to|ought to|needs? to|is to|are to)\s)",
    re.IGNORECASE,
)
_FRONTED_NEXT = re.compile(
    rf"{AND}(?:then\s+|also\s+)?(?=(?:with|from|using|based on|out of|for|on|in|as for|"
    r"concerning|regarding|about)\s+"
    r"(?:[\w'-]+\s+){0,5}?[\w'-]+\s*,\s+(?P<verb>[a-z]+)\b)",
    re.IGNORECASE,
)
"""A phrase before the command it belongs to: "..., and with the transcript, make a French version"."""
_SUBORDINATE = re.compile(
    r"\b(?:who|what|when|where|how|which|that|if|whether|so|because|while|should|must|can|could|will|would|may|might|"
    r"do|"
    r"does|did|to|not|don't)\b",
    re.IGNORECASE,
)
_CAUSATIVE = re.compile(r"\b(?:lets?|have|make|get|help|hear|watch|see|wants?|needs?|like|love)\b", re.IGNORECASE)
"""Before a verb, these two make it no command of its own; the second where the verb has no pronoun behind it."""
_NO_COMMAND_AFTER = words(
    "to the a an and or but not can could you i we they he she will would should must may might who that which this "
    "please my your his her its our their for of with from in on at by as into then also just only be is are was no "
    "every each all any some first second third last other both only new good"
)
_RUN_ON = re.compile(r"(?<=[\w.])\s+(?=(?:please\s+)?(?P<verb>[a-z-]+)\b)", re.IGNORECASE)


def cut_sentence(sentence: str) -> list[str]:
    """Cut a sentence into things to do and put what is to be done first, first."""
    sentence = plainly(sentence)
    if ordered := in_order(sentence):
        return [piece for part in ordered for piece in cut_sentence(part)]
    parts = [part for part in _CONNECTOR.split(sentence) if part and re.search(r"\w", part)]
    pieces = [piece for part in parts for piece in _with_fronted(_coordinated(part))]
    return list(_commands(pieces))


def _commands(pieces: Sequence[str]) -> Iterator[str]:
    """Yield the pieces as commands where they are passive: "it should be cleaned", then "translated to French"."""
    passive = False
    for piece in pieces:
        piece = LEADING.sub("", piece)
        commands = active(piece) or spelled_out(continued(piece) if passive else piece)
        passive = passive or bool(active(piece))
        yield from (LEADING.sub("", command) for command in commands)


def run_on_cuts(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a command may follow another without any word between: "denoise it transcribe it"."""
    for match in _RUN_ON.finditer(text):
        before = text[: match.start()]
        verb = match["verb"].lower()
        after = text[match.end("verb") :]
        fronted = _FRONTED.match(before) and not is_request(before)
        told_of = re.match(r"\s+(?:it|this|that|them)\b", after) and verb not in _AMBIGUOUS
        if (
            verb not in COMMANDS
            or any(name.start() <= match.start() < name.end() for name in TASK_NAME.finditer(text))
            or fronted
            or (_SUBORDINATE.search(before) and not told_of)
            or before.split()[-1].lower() in _NO_COMMAND_AFTER
        ):
            continue
        follows = _OBJECT_START.match(after) or after.split()[0].lower() in COMMANDS
        clear = verb not in _AMBIGUOUS and follows and not _CAUSATIVE.search(before)
        if clear or re.match(r"\s+(?:it|this|that|them)\b", after):
            yield match.span()


def is_subject(text: str) -> bool:
    """Tell whether the word a text begins with is no command but part of its subject: "voice note came in"."""
    match = re.match(
        r"([a-z]+)(?=\s+[a-z]+\s+(?:is|are|was|were|has|had|came|comes|got|went|says|said)\b)", text, re.IGNORECASE
    )
    return bool(match and match[1].lower() in _AMBIGUOUS and not _OBJECT_START.match(text[match.end() :]))


def names_output(text: str) -> bool:
    """Tell whether a text without a verb names something to be made: "an English transcript of this"."""
    return bool(_THING.match(text.strip()))


def _coordinated(part: str) -> list[str]:
    """Cut where a new command, question or wanted thing follows a comma or "and"."""
    cuts = {
        match.start(): match.end()
        for match in _COORDINATION.finditer(part)
        if re.search(r"\w", part[: match.start()]) and _begins_command(part, match)
    }
    cuts |= {match.start(): match.end() for match in _WH_COORDINATION.finditer(part) if match.start() > 0}
    if is_question(part):
        cuts |= {
            match.start(): match.end() for match in _ASKED_TOO.finditer(part) if len(part[: match.start()].split()) > 2
        }
    cuts |= {match.start(): match.end() for match in _TASK_NEXT.finditer(part) if match.start()}
    cuts |= {match.start(): match.end() for match in _DEMANDED.finditer(part) if match.start() > 0}
    if re.search(OUTPUT, part, re.IGNORECASE):
        cuts |= {
            match.start(): match.end()
            for match in _NOMINAL.finditer(part)
            if (is_request(part) or _THING.match(part)) and not re.search(r"\bbetween\b", part[: match.start()])
        }
    for match in _FRONTED_NEXT.finditer(part):
        if match.start() and is_command_word(match["verb"]):
            cuts = {start: end for start, end in cuts.items() if not match.end() < end <= match.start("verb")}
            cuts[match.start()] = match.end()
    pieces, begin = [], 0
    for cut in sorted(cuts):
        if cut >= begin:
            pieces.append(part[begin:cut])
            begin = cuts[cut]
    return [*pieces, part[begin:]]


def _begins_command(part: str, match: re.Match[str]) -> bool:
    verb = match["verb"].lower()
    if not is_command_word(verb):
        return False
    after = part[match.start("verb") + len(verb) :]
    with_object = bool(_OBJECT_START.match(after))
    if verb not in COMMANDS:
        return with_object and part.split(None, 1)[0].lower().endswith("ing")
    return with_object or (verb not in _AMBIGUOUS and bool(re.match(r"^\s+\S", after)))


def _with_fronted(pieces: list[str]) -> list[str]:
    """Give a fronted phrase ("with the voice of this man, say ...") back to the command it belongs to."""
    joined: list[str] = []
    complete = True
    for piece in pieces:
        if (
            joined
            and not complete
            and _FRONTED.match(joined[-1].strip())
            and not is_request(joined[-1])
            and len(joined[-1].split()) <= 12
        ):
            joined[-1] = f"{joined[-1].strip()}, {piece.strip()}"
            complete = True
        else:
            joined.append(piece)
            complete = False
    return joined
