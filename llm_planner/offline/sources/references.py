"""What a clause points at: "it", "the second speaker", "the transcript", "that recording from before", a file name."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.words.lists import mentions, names, phrases, words
from llm_planner.offline.words.masking import Masked
from model_wrappers.contract.artifacts import Kind

ORDINALS = {
    "first": 0,
    "1st": 0,
    "former": 0,
    "second": 1,
    "2nd": 1,
    "other": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "latter": -1,
    "last": -1,
    "final": -1,
}
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}
NUMBERED = frozenset({"speaker", "voice", "track", "recording", "number", "clip", "person", "talker", "part", "no"})
_TOKEN = re.compile(r"[\w'-]+|[^\s\w]")
_CORRECTED = re.compile(r"[,;–-]\s*(?:i meant?|or rather|rather|sorry|wait|no|correction|make that)\b", re.IGNORECASE)


def resolve(clause: str, masked: Masked, sources: Sources, *kinds: Kind) -> list[Source]:
    """Return what a clause points at among the sources of some kinds; several where it means each of them.

    Returns:
        Nothing where there is no source of these kinds.
    """
    candidates = sources.of_kind(*kinds)
    return named(clause, masked, sources, *kinds) or (_latest(clause, sources, candidates) if candidates else [])


def named(clause: str, masked: Masked, sources: Sources, *kinds: Kind) -> list[Source]:
    """Return what a clause points at by file name, position or description, without falling back on the latest."""
    candidates = sources.of_kind(*kinds)
    if not candidates:
        return []
    *_, corrected = _CORRECTED.split(clause)
    if corrected != clause and (found := named(corrected, masked, sources, *kinds)):
        return found
    return (
        _by_file(clause, masked, candidates)
        or ([candidates[-2]] if len(candidates) > 1 and mentions("version_before", clause) else [])
        or _by_position(clause, candidates)
        or _by_origin(clause, sources, candidates)
    )


def position(clause: str) -> int | None:
    """Return the place that a clause counts to, from 0, or from the end where negative: "the second one" is 1."""
    tokens = [token.casefold() for token in _TOKEN.findall(clause)]
    for place, said in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        counts = words("counted", "last") if said == "last" else words("counted")
        if said in ORDINALS and (following in counts or (said != "last" and not following.strip(".,;?!"))):
            return ORDINALS[said]
        if said in NUMBERED and (following.isdecimal() or following in NUMBERS):
            return (NUMBERS.get(following) or int(following)) - 1
    return None


def _by_file(clause: str, masked: Masked, candidates: Sequence[Source]) -> list[Source]:
    bases = [name.rsplit("/", 1)[-1].lower() for name in masked.files_in(clause)]
    found = [next((s for s in reversed(candidates) if s.name.lower() == base), None) for base in bases]
    said = set(_TOKEN.findall(clause))
    return [s for s in found if s] or [s for s in candidates if s.task is not None and s.name in said]


def _by_position(clause: str, candidates: Sequence[Source]) -> list[Source]:
    index = position(clause)
    if index is None:
        return []
    made = [s for tasks in origins_in(clause) for s in candidates if s.task in tasks]
    row = made if -len(made) <= index < len(made) else _row(candidates)
    return [row[index]] if -len(row) <= index < len(row) else []


def _row(candidates: Sequence[Source]) -> list[Source]:
    """Return the things a position counts: the latest group, the attachments, or all."""
    grouped = [source for source in candidates if source.group]
    attached = [source for source in candidates if source.origin == "attachment"]
    if grouped and not (len(attached) > 1 and grouped[-1].origin == "earlier"):
        return [source for source in candidates if source.group == grouped[-1].group]
    return attached if len(attached) > 1 else list(candidates)


def _by_origin(clause: str, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    """Follow a description: the kind of output, the original, or words of its description."""
    if mentions("original", clause) and (uploads := [source for source in candidates if source.task is None]):
        return [next((source for source in uploads if source.origin == "attachment"), uploads[-1])]
    at_hand = _at_hand(clause, candidates)
    for tasks in origins_in(clause):
        if made := [source for source in at_hand if source.task in tasks]:
            return sources.group_of(made[-1])
    return _by_words(clause, sources, at_hand)


def origins_in(clause: str) -> Iterator[frozenset[str]]:
    """Yield the tasks whose results a clause speaks of: "the cleaned one"."""
    determined = words("determiners")
    for name in names("origins"):
        for match in phrases("origins", name).finditer(clause):
            if determined & set(clause[: match.start()].casefold().split()[-3:]):
                yield frozenset(name.split())
                break


def _at_hand(clause: str, candidates: Sequence[Source]) -> Sequence[Source]:
    """Leave out what earlier turns made where "this" file came with the request."""
    attached = any(source.origin == "attachment" for source in candidates)
    if not attached or not mentions("here", clause) or mentions("made_before", clause):
        return candidates
    return [source for source in candidates if source.origin != "earlier"]


def _by_words(clause: str, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    """Match content words against descriptions and file names of earlier things."""
    wanted = _content(clause)
    if not candidates or not wanted or not words("determiners") & set(clause.casefold().split()):
        return []
    scored = [(len(wanted & _content(source.words)), place) for place, source in enumerate(candidates)]
    best, place = max(scored)
    if best == 0 or sum(score == best for score, _ in scored) == len(candidates) or candidates[place].origin == "step":
        return []
    return sources.newest_of(candidates[place])


def _content(text: str) -> set[str]:
    found = {token for token in _TOKEN.findall(text.lower()) if token.isalpha() and len(token) > 2}
    return {word.removesuffix("ing").removesuffix("ed").removesuffix("s") for word in found} - words("unlike")


def _latest(clause: str, sources: Sources, candidates: Sequence[Source]) -> list[Source]:
    if made := [source for source in candidates if source.origin == "step"]:
        if made[-1].group or not mentions("every", clause):
            return sources.group_of(made[-1])
        return list(takewhile(lambda source: source.task == made[-1].task, reversed(made)))[::-1]
    if attached := [source for source in candidates if source.origin == "attachment"]:
        return attached if len(attached) > 1 and mentions("every", clause) else attached[:1]
    return sources.group_of(candidates[-1])
