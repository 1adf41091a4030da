"""What a clause points at: "it", "the second speaker", "the transcript", "that recording from before", a file name."""

import re
from collections.abc import Sequence
from itertools import takewhile

from llm_planner.offline.lexicon import words
from llm_planner.offline.masking import Masked
from llm_planner.offline.sources import Source, Sources
from model_wrappers.artifacts import Kind

_ORDINALS = {
    "first": 0,
    "1st": 0,
    "former": 0,
    "second": 1,
    "2nd": 1,
    "other": 1,
    "latter": -1,
    "last": -1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "5th": 4,
    "final": -1,
}
_ITEM = (
    r"(?:one|ones|speakers?|voices?|persons?|people|talkers?|tracks?|recordings?|files?|clips?|audios?|audio files?|"
    r"sounds?|parts?|man|woman|men|guys?|wavs?|"
    r"of (?:them|these|those|the)|pictures?|images?|photos?|transcripts?|results?|outputs?|samples?|attachments?|"
    r"uploads?|singers?|stems?|channels?|texts?|separated \w+|songs?|person'?s \w+|speaker'?s \w+)"
)
_ORDINAL = re.compile(
    rf"\b(?P<word>{'|'.join(_ORDINALS)})\b(?:\s+(?:separated|isolated|attached|uploaded|audio|"
    rf"extracted))?(?:\s+{_ITEM}\b|(?=\s*(?:$|[.,;?!]|(?:in|into|to|on|at|as|by|behind|and|from|for|with|aloud|out|"
    r"too|also|through)\b))|(?:(?<=for the first)|(?<=for the second)|(?<=for the other)|"
    r"(?<=for the third)),?\s+(?=(?:an?|the|just|only)\b))",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"^(?:\w+ )?\bone(?: of (?:them|the \w+))? (?=(?:in|to|on|at|into|from|as|with|behind)\b)", re.IGNORECASE
)
"""The one of "put one on my left and the other on my right"."""
_NUMBERED = re.compile(
    r"\b(?:speaker|voice|track|file|recording|number|clip|person|talker|part|audio|no\.?|#)\s*(?:#|number\s*|"
    r"no\.?\s*)?(?P<number>\d|one|two|three|four)\b",
    re.IGNORECASE,
)
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}
_ALL = re.compile(
    r"\b(?:each|both|every|all|them|either|these|those|their|everyone|everybody|the two|the three|the (?:speakers|"
    r"voices|transcripts|tracks|results|clips|recordings|files|parts|translations|people))\b",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"\b(?:original|unprocessed|untouched|uncleaned|raw|initial|unmodified|as recorded)\b(?!\s+(?:voice|speaker|"
    r"language|text|singer))",
    re.IGNORECASE,
)
_UPLOAD = re.compile(
    r"\b(?:my (?:own )?(?:upload|recording|file|audio|clip|attachment|memo|voice memo)|(?:i|we) (?:uploaded|sent|"
    r"attached|gave)|(?:the )?attached|uploaded|the (?:recording|attachment))\b",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"\b(?:before|earlier|previous(?:ly)?|last time|the other day|again|prior|from (?:the|our) (?:start|beginning)|"
    r"at the (?:start|beginning)|back then|old|older|beginning|a while ago)\b",
    re.IGNORECASE,
)
_THIS = re.compile(r"\b(?:this|these|attached|enclosed|uploaded|here)\b", re.IGNORECASE)
_YOU_MADE = re.compile(r"\byou(?:'ve| have)? (?:just )?(?:made|generated|created|produced|cleaned)\b", re.IGNORECASE)
_BY_TASK: tuple[tuple[str, frozenset[str]], ...] = (
    (r"translat\w+|translated (?:text|version|sentence)", frozenset({"speech-translation"})),
    (
        r"transcri(?:pt|ption|pts|bed)\w*|what (?:was|is|they|he|she) (?:said|say)\w*|the words",
        frozenset({"speech-recognition"}),
    ),
    (r"captions?|descriptions?|described", frozenset({"audio-captioning"})),
    (
        r"(?:clean(?:ed)?|denoised|enhanced|noise-free|cleaner|clear|polished)(?: up)?(?: (?:version|audio|"
        r"recording|speech|clip|file|one|voice|copy|track|sound))?",
        frozenset({"speech-enhancement"}),
    ),
    (r"binaural|spatial\w*|3d|surround", frozenset({"mono-to-binaural"})),
    (r"(?:repaired|inpainted|restored|filled|reconstructed|fixed|patched)", frozenset({"audio-inpainting"})),
    (r"(?:extracted|isolated)", frozenset({"sound-extraction"})),
    (r"(?:separated|split)", frozenset({"speech-separation"})),
    (r"(?:sung|singing|song|melody|tune|sang)", frozenset({"singing-synthesis"})),
    (
        r"(?:synthesi[sz]ed (?:speech|voice|audio)|spoken (?:version|text|audio)|read-?aloud|voice ?over|narration|"
        r"you (?:said|read|spoke))",
        frozenset({"text-to-speech", "style-transfer"}),
    ),
    (r"(?:speech|sentence|spoken (?:message|words)|voice clip)", frozenset({"text-to-speech", "style-transfer"})),
    (r"(?:cloned|imitated|converted voice|style-transferred)", frozenset({"style-transfer"})),
    (
        r"(?:generated|created|made|produced|synthetic) (?:sound|audio|clip|music|one|noise)|sound effect|music|"
        r"soundscape|(?:sound|audio|music|clip) you (?:made|generated|created|produced)|background sound",
        frozenset({"text-to-audio", "image-to-audio"}),
    ),
    (r"video|talking head|clip of the face", frozenset({"talking-head-synthesis"})),
    (
        r"(?:picture|image|photo)(?:'s)? (?:sound|audio)|(?:sound|audio) (?:of|from|for) the (?:picture|image|"
        r"photo)",
        frozenset({"image-to-audio"}),
    ),
)
_STOP = words(
    "the a an of to in on it this that and for with from is me my make file audio recording sound clip voice speech "
    "text generate create say one first second last before earlier previous again turn into what you i song music "
    "wav mp3 please now result output"
)


def resolve(clause: str, masked: Masked, sources: Sources, *kinds: Kind) -> list[Source]:
    """Return what a clause points at among the sources of some kinds; several where it means each of them.

    Returns:
        Nothing where there is no source of these kinds.
    """
    candidates = sources.of_kind(*kinds)
    if not candidates:
        return []
    for find in (_by_file, _by_position):
        if found := find(clause, masked, sources, candidates):
            return found
    if found := _by_origin(clause, sources, candidates):
        return found
    return _latest(clause, sources, candidates)


def named(clause: str, masked: Masked, sources: Sources, *kinds: Kind) -> list[Source]:
    """Return what a clause points at by file name, position or description, without falling back on the latest."""
    candidates = sources.of_kind(*kinds)
    for find in (_by_file, _by_position):
        if found := find(clause, masked, sources, candidates):
            return found
    return _by_origin(clause, sources, candidates) if candidates else []


def _by_file(clause: str, masked: Masked, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    found = []
    for name in masked.files_in(clause):
        base = name.rsplit("/", 1)[-1].lower()
        found += [source for source in reversed(candidates) if source.name.lower() == base][:1]
    if not found:
        found = [
            source
            for source in candidates
            if re.fullmatch(r"[a-z]+-\d+", source.name) and re.search(rf"\b{source.name}\b", clause)
        ]
    return found


def _by_position(clause: str, masked: Masked, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    index: int | None = None
    if _ONE.search(clause) and any(source.group for source in candidates):
        index = 0
    elif match := _ORDINAL.search(clause):
        index = _ORDINALS[match["word"].lower()]
        if (
            match["word"].lower() == "last"
            and re.search(r"\blast (?:one|recording|file|clip|audio|sound|result|output)\b", clause) is None
        ):
            index = None
    elif match := _NUMBERED.search(clause):
        number = match["number"].lower()
        index = (_NUMBERS.get(number) or int(number)) - 1
    if index is None:
        return []
    row = _row(clause, sources, candidates)
    return [row[index]] if -len(row) <= index < len(row) else []


def _row(clause: str, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    """Return the things a position counts: the latest group, the attachments, or the last turns' outputs."""
    grouped = [source for source in candidates if source.group]
    attached = [source for source in candidates if source.origin == "attachment"]
    if grouped and not (len(attached) > 1 and grouped[-1].origin == "earlier"):
        return [source for source in candidates if source.group == grouped[-1].group]
    if len(attached) > 1:
        return attached
    uploads = [source for source in candidates if source.task is None]
    if re.search(r"\b(?:upload\w*|attach\w*|file|recording)\b", clause) and uploads:
        return uploads
    return list(candidates)


def _by_origin(clause: str, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    """Follow a description: the kind of output, the original, or words of its description."""
    if _ORIGINAL.search(clause):
        uploads = [source for source in candidates if source.task is None]
        attached = [source for source in uploads if source.origin == "attachment"]
        if attached or uploads:
            return [attached[0] if attached else uploads[-1]]
    if _UPLOAD.search(clause) and (versions := [source for source in candidates if source.root]):
        return sources.group_of(versions[-1]) if versions[-1].origin != "attachment" else [_first_attached(versions)]
    candidates = _at_hand(clause, candidates)
    for pattern, tasks in _BY_TASK:
        if re.search(
            rf"\b(?:the|that|this|its|your|my|those|these|both)\s+(?:\w+\s+){{0,2}}?(?:{pattern})\b|"
            rf"\b(?:{pattern})\s+(?:aloud|back)\b",
            clause,
            re.IGNORECASE,
        ):
            made = [source for source in candidates if source.task in tasks]
            if made:
                return sources.group_of(made[-1])
    return _by_words(clause, sources, candidates)


def _at_hand(clause: str, candidates: Sequence[Source]) -> Sequence[Source]:
    """Leave out what earlier turns made where "this" file came with the request."""
    attached = any(source.origin == "attachment" for source in candidates)
    if not attached or not _THIS.search(clause) or _EARLIER.search(clause) or _YOU_MADE.search(clause):
        return candidates
    return [source for source in candidates if source.origin != "earlier"]


def _first_attached(versions: Sequence[Source]) -> Source:
    return next(source for source in versions if source.origin == "attachment")


def _by_words(clause: str, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    """Match content words against descriptions and file names of earlier things."""
    wanted = _content(clause)
    if not wanted or not re.search(r"\b(?:that|the|this|my|your|those)\b", clause):
        return []
    scored = [(len(wanted & _content(source.words)), place) for place, source in enumerate(candidates)]
    best, place = max(scored)
    if best == 0 or sum(score == best for score, _ in scored) == len(candidates) or candidates[place].origin == "step":
        return []
    return sources.newest_of(candidates[place])


def _content(text: str) -> set[str]:
    words = re.findall(r"[a-z]{3,}", text.lower())
    return {re.sub(r"(?:ing|ed|s)$", "", word) for word in words} - _STOP


def _made_alike(clause: str, made: Sequence[Source]) -> list[Source]:
    """Return the last thing made, or with "both" and "each" all that the same task made in a row."""
    if not re.search(r"\b(?:both|each|all of them|every one)\b", clause, re.IGNORECASE):
        return [made[-1]]
    row = takewhile(lambda source: source.task == made[-1].task, reversed(made))
    return [*row][::-1]


def _latest(clause: str, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    if _EARLIER.search(clause) and not any(source.origin == "step" for source in candidates):
        earlier = [source for source in candidates if source.origin == "earlier"]
        if earlier:
            return [earlier[-1]]
    made = [source for source in candidates if source.origin == "step"]
    if made:
        return sources.group_of(made[-1]) if made[-1].group else _made_alike(clause, made)
    attached = [source for source in candidates if source.origin == "attachment"]
    if attached:
        return list(attached) if len(attached) > 1 and _ALL.search(clause) else [attached[0]]
    return sources.group_of(candidates[-1])
