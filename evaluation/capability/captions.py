"""Captions against references: CIDEr-D, and whether the true events are named."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from evaluation.capability.events import more_general
from evaluation.capability.items import TrueEvent
from evaluation.capability.transcripts import normalized

ORDERS = (1, 2, 3, 4)
SIGMA = 6.0  # words; width of the penalty on another length

Grams = Counter[tuple[str, ...]]


def named(caption: str, events: Sequence[TrueEvent]) -> tuple[float, float]:
    """Return `(named, true)` events of a caption."""
    return float(sum(bool(re.search(e.caption, caption, re.IGNORECASE)) for e in events)), float(len(events))


def false_named(caption: str, events: Sequence[TrueEvent]) -> tuple[float, float]:
    """Return `(wrong, all)` statements of a caption: its clauses without a "perhaps", and those that fit no event.

    What is true of every sound of an event's kind fits it: an animal calls where a dog barks.
    """
    clauses = [
        clause
        for clause in re.split(r", then | while | and |, ", caption.strip(". "))
        if clause.strip() and not clause.lower().startswith("perhaps")
    ]
    wrong = [clause for clause in clauses if not any(_fits(clause, event) for event in events)]
    return float(len(wrong)), float(len(clauses))


def _fits(clause: str, event: TrueEvent) -> bool:
    kinds = {word for name in more_general(event.labels) for word in re.findall(r"[a-z]{4,}", name.lower())}
    words = set(normalized(clause).split())
    return bool(re.search(event.caption, clause, re.IGNORECASE)) or bool(words & {k.rstrip("s") for k in kinds})


def cider_d(observations: Sequence[tuple[str, tuple[str, ...]]]) -> float:
    """Return CIDEr-D of `(caption, references)`, about 0 to 10; documents are the items themselves.

    Words are compared without case and punctuation, and not stemmed.

    Source: R. Vedantam et al., "CIDEr: consensus-based image description evaluation", arXiv 1411.5726.
    """
    references = [[_grams(text) for text in texts] for _, texts in observations]
    documents = Counter(gram for texts in references for gram in set().union(*texts))
    log_count = math.log(max(len(observations), 2))
    scores = []
    for (caption, _), texts in zip(observations, references, strict=True):
        candidate = _grams(caption)
        scores.append(np.mean([_similarity(candidate, text, documents, log_count) for text in texts]))
    return float(np.mean(scores))


def _grams(text: str) -> Grams:
    words = normalized(text).split()
    return Counter(tuple(words[k : k + n]) for n in ORDERS for k in range(len(words) - n + 1))


def _similarity(candidate: Grams, reference: Grams, documents: Grams, log_count: float) -> float:
    lengths = [sum(count for gram, count in grams.items() if len(gram) == 1) for grams in (candidate, reference)]
    penalty = math.exp(-((lengths[0] - lengths[1]) ** 2) / (2 * SIGMA**2))
    total = 0.0
    for order in ORDERS:
        one, other = (_weights(grams, order, documents, log_count) for grams in (candidate, reference))
        norm = math.hypot(*one.values()) * math.hypot(*other.values())
        shared = sum(min(weight, other[gram]) * other[gram] for gram, weight in one.items() if gram in other)
        total += shared / norm if norm else 0.0
    return 10 * penalty * total / len(ORDERS)


def _weights(grams: Grams, order: int, documents: Grams, log_count: float) -> dict[tuple[str, ...], float]:
    return {
        gram: count * (log_count - math.log(max(documents[gram], 1)))
        for gram, count in grams.items()
        if len(gram) == order
    }
