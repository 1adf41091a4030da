"""What the network's answers come to: the likeliest steps, what each works on, and the words it points at."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from llm_planner.offline.learned.queries import BEHAVIOURS, LACKS, OUTSIDE, QUERIES, TARGETED
from llm_planner.offline.learned.wishes import Parse, Wish

IMPOSSIBLE = 1.0  # added to the logit of what is impossible, which the network says too seldom
WANTED = 0.5  # logit from which a step is wanted: a step too many is the most frequent mistake
LEAST = 1.0  # logit to which the likeliest word is lifted that names a sound to look for

Floats = NDArray[np.float32]


class Answers(NamedTuple):
    """Logits of the network: of every query, of its parents, of the behaviour, and of every word for every query."""

    present: Floats
    parents: Floats
    behaviour: Floats
    words: Floats
    contents: Floats | None = None


def averaged(readings: Sequence[Answers]) -> Answers:
    """Return what readings of one request say in the mean, of its words what the first says."""

    def mean(rows: Sequence[Floats]) -> Floats:
        return np.asarray(np.mean(rows, 0), np.float32)

    return readings[0]._replace(
        present=mean([reading.present for reading in readings]),
        parents=mean([reading.parents for reading in readings]),
        behaviour=mean([reading.behaviour for reading in readings]),
    )


def wanted_of(present: Floats) -> list[int]:
    """Return the queries above even odds, or else the likeliest."""
    wanted = [place for place in range(OUTSIDE) if present[place] > WANTED and _follows(place, present)]
    return wanted or [int(np.argmax(present))]


def wish_of(query: int, answers: Answers, places: Sequence[tuple[int, int]], parent: int | None = None) -> Wish:
    """Return what a query says of its step."""
    named = _named(QUERIES[query], answers.contents, query, places)
    odds = float(_sigmoid(answers.present)[query])
    return Wish(QUERIES[query], parent, _weighed(answers.words[query], places), named, odds)


def decode(answers: Answers, places: Sequence[tuple[int, int]], wanted: Sequence[int] | None = None) -> Parse:
    """Return the likeliest reading: the queries above even odds, their best parents, no cycle.

    Args:
        answers: What the network says.
        places: Begin and end of every token in the text.
        wanted: The queries to take instead.
    """
    present, parents, behaviour = answers.present, answers.parents, answers.behaviour
    wanted = wanted or wanted_of(present)
    chosen = _acyclic(parents, wanted)
    order = {query: place for place, query in enumerate(wanted)}
    shares = _softmax(behaviour[: len(BEHAVIOURS)] + IMPOSSIBLE * (np.array(BEHAVIOURS) == "unsupported"))
    odds = _sigmoid(present)
    wishes = tuple(wish_of(query, answers, places, order.get(chosen[query])) for query in wanted)
    return Parse(
        behaviour=BEHAVIOURS[int(np.argmax(shares))],
        lack=LACKS[int(np.argmax(behaviour[len(BEHAVIOURS) :]))],
        wishes=wishes,
        confidence=float(np.prod(np.maximum(odds, 1 - odds)) * shares.max()) * _sureness(parents, chosen),
        behaviours=tuple(shares.tolist()),
    )


def _named(task: str, contents: Floats | None, query: int, places: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the words that name what a step works on; a step that looks for a sound surely has some."""
    if contents is None:
        return None
    inside = [float(contents[query][token]) for token, (first, last) in enumerate(places) if last > first >= 0]
    lift = max(0.0, LEAST - max(inside, default=0.0)) if task in TARGETED else 0.0
    return _likeliest_run(contents[query] + lift, places)


def _follows(query: int, present: Floats) -> bool:
    """Tell whether a further query of a task comes after one that is wanted too."""
    return query == 0 or QUERIES[query - 1] != QUERIES[query] or bool(present[query - 1] > 0)


def _acyclic(parents: Floats, wanted: Sequence[int]) -> dict[int, int]:
    """Give every query its best parent; where they run in a circle, the change that costs least opens it."""
    chosen = {
        query: max([OUTSIDE, *(p for p in wanted if p != query)], key=parents[query].__getitem__) for query in wanted
    }
    while circle := _circle(chosen):
        free = [query for query in wanted if not set(circle) & set(_line(chosen, query))]
        changes = [(query, other) for query in circle for other in [OUTSIDE, *free]]
        query, other = max(changes, key=lambda c: parents[c[0], c[1]] - parents[c[0], chosen[c[0]]])
        chosen[query] = other
    return chosen


def _circle(chosen: dict[int, int]) -> list[int]:
    """Return the queries of a circle, or nothing."""
    for begin in chosen:
        line = _line(chosen, begin)
        if chosen[line[-1]] != OUTSIDE:
            return line[line.index(chosen[line[-1]]) :]
    return []


def _line(chosen: dict[int, int], begin: int) -> list[int]:
    """Return a query and those before it, up to the first that comes again."""
    line = [begin]
    while chosen[line[-1]] != OUTSIDE and chosen[line[-1]] not in line:
        line.append(chosen[line[-1]])
    return line


def _sureness(parents: Floats, chosen: dict[int, int]) -> float:
    """Return the probability that every chosen query works on what it points at."""
    offered = [OUTSIDE, *chosen]
    return math.prod(float(_softmax(parents[q, offered])[offered.index(p)]) for q, p in chosen.items())


def _weighed(words: Floats, places: Sequence[tuple[int, int]]) -> tuple[tuple[int, int, float], ...]:
    odds = _sigmoid(words)
    return tuple((begin, end, float(p)) for (begin, end), p in zip(places, odds, strict=True) if end > begin >= 0)


def _likeliest_run(logits: Floats, places: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return where the run of words begins and ends whose logits sum up to most, or None where none is likely."""
    best, total, begin = 0.0, 0.0, 0
    found: tuple[int, int] | None = None
    for token, (first, last) in enumerate(places):
        total = total + float(logits[token]) if last > first >= 0 else -math.inf
        if total <= 0:
            total, begin = 0.0, token + 1
        elif total > best:
            best, found = total, (places[begin][0], last)
    return found


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)), np.float32)


def _softmax(values: Floats) -> Floats:
    exponentials = np.exp(values - values.max())
    return np.asarray(exponentials / exponentials.sum(), np.float32)
