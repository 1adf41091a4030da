"""What a clause points at: "it", "the second speaker", "the transcript", "that recording from before", a file name."""

import re
from collections.abc import Sequence
from itertools import takewhile

from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.sources.pointers import (
    ALL,
    BY_TASK,
    CORRECTION,
    EARLIER,
    NUMBERED,
    NUMBERS,
    ONE,
    ORDINAL,
    ORDINALS,
    ORIGINAL,
    PICTURE_ATTACHED,
    STOP,
    THIS,
    UPLOAD,
    VERSION_BEFORE,
    YOU_MADE,
)
from llm_planner.offline.words.masking import Masked
from model_wrappers.contract.artifacts import Kind


def resolve(clause: str, masked: Masked, sources: Sources, *kinds: Kind) -> list[Source]:
    """Return what a clause points at among the sources of some kinds; several where it means each of them.

    Returns:
        Nothing where there is no source of these kinds.
    """
    candidates = sources.of_kind(*kinds)
    if not candidates:
        return []
    return named(clause, masked, sources, *kinds) or _latest(clause, sources, candidates)


def named(clause: str, masked: Masked, sources: Sources, *kinds: Kind) -> list[Source]:
    """Return what a clause points at by file name, position or description, without falling back on the latest."""
    candidates = sources.of_kind(*kinds)
    if not candidates:
        return []
    if (corrected := CORRECTION.sub("", clause)) != clause and (found := named(corrected, masked, sources, *kinds)):
        return found
    if "image" not in kinds:
        clause = PICTURE_ATTACHED.sub("", clause)
    for find in (_by_file, _by_age, _by_position):
        if found := find(clause, masked, sources, candidates):
            return found
    return _by_origin(clause, sources, candidates)


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


def _by_age(clause: str, masked: Masked, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    """Return the version before the latest."""
    return [candidates[-2]] if len(candidates) > 1 and VERSION_BEFORE.search(clause) else []


def _by_position(clause: str, masked: Masked, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    index: int | None = None
    match = None
    if ONE.search(clause) and any(source.group for source in candidates):
        index = 0
    elif match := ORDINAL.search(clause):
        index = ORDINALS[match["word"].lower()]
        if (
            match["word"].lower() == "last"
            and re.search(r"\blast (?:one|recording|file|clip|audio|sound|result|output)\b", clause) is None
        ):
            index = None
    elif match := NUMBERED.search(clause):
        number = match["number"].lower()
        index = (NUMBERS.get(number) or int(number)) - 1
    if index is None:
        return []
    item = match[0] if match else ""
    made = [
        source
        for pattern, tasks in BY_TASK
        if re.search(rf"\b(?:{pattern})\b", item, re.IGNORECASE)
        for source in candidates
        if source.task in tasks
    ]
    row = made if -len(made) <= index < len(made) else _row(clause, sources, candidates)
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
    if ORIGINAL.search(clause):
        uploads = [source for source in candidates if source.task is None]
        attached = [source for source in uploads if source.origin == "attachment"]
        if attached or uploads:
            return [attached[0] if attached else uploads[-1]]
    if UPLOAD.search(clause) and (versions := [source for source in candidates if source.root]):
        return sources.group_of(versions[-1]) if versions[-1].origin != "attachment" else [_first_attached(versions)]
    candidates = _at_hand(clause, candidates)
    for pattern, tasks in BY_TASK:
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
    if not attached or not THIS.search(clause) or EARLIER.search(clause) or YOU_MADE.search(clause):
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
    return {re.sub(r"(?:ing|ed|s)$", "", word) for word in words} - STOP


def _made_alike(clause: str, made: Sequence[Source]) -> list[Source]:
    """Return the last thing made, or with "both" and "each" all that the same task made in a row."""
    if not re.search(r"\b(?:both|each|all of them|every one)\b", clause, re.IGNORECASE):
        return [made[-1]]
    row = takewhile(lambda source: source.task == made[-1].task, reversed(made))
    return [*row][::-1]


def _latest(clause: str, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    if EARLIER.search(clause) and not any(source.origin == "step" for source in candidates):
        earlier = [source for source in candidates if source.origin == "earlier"]
        if earlier:
            return [earlier[-1]]
    made = [source for source in candidates if source.origin == "step"]
    if made:
        return sources.group_of(made[-1]) if made[-1].group else _made_alike(clause, made)
    attached = [source for source in candidates if source.origin == "attachment"]
    if attached:
        return list(attached) if len(attached) > 1 and ALL.search(clause) else [attached[0]]
    return sources.group_of(candidates[-1])
