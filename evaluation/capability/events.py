"""Detected sound events against true ones, second by second and onset by onset."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from evaluation.capability.items import TrueEvent
from model_wrappers.contract.symbolic import Posteriorgram
from model_wrappers.contract.tasks.events import SoundEvent
from model_wrappers.sounds.audioset import Ontology, load_class_names

SEGMENT_S = 1.0  # as in the DCASE challenges
COLLAR_S = 0.5  # around an onset
NOISES = frozenset(("Noise", "Pink noise", "Static", "White noise"))  # lies under every mixture

Ratio = tuple[float, float]


def segment_f(found: Sequence[SoundEvent], true: Sequence[TrueEvent], duration_s: float) -> Ratio:
    """Return `(2 hits, 2 hits + false alarms + misses)` over segments of one second.

    Source: A. Mesaros, T. Heittola, T. Virtanen, "Metrics for polyphonic sound event detection", 2016.
    """
    hits = false_alarms = misses = 0
    for begin in np.arange(0.0, duration_s, SEGMENT_S):
        heard = [event for event in found if event.onset < begin + SEGMENT_S and event.offset > begin]
        there = [event for event in true if event.onset < begin + SEGMENT_S and event.offset > begin]
        named = [any(same_sound(event.label, known) for event in heard) for known in there]
        hits += sum(named)
        misses += len(named) - sum(named)
        wrong = {event.label for event in heard if not any(same_sound(event.label, known) for known in there)}
        false_alarms += len(wrong)
    return 2.0 * hits, 2.0 * hits + false_alarms + misses


def onset_matches(found: Sequence[SoundEvent], true: Sequence[TrueEvent]) -> int:
    """Return how many true events have a detected one of their own with a right name and onset."""
    if not found or not true:
        return 0
    fits = [[same_sound(f.label, t) and abs(f.onset - t.onset) <= COLLAR_S for f in found] for t in true]
    return int((maximum_bipartite_matching(csr_array(np.array(fits)), perm_type="column") >= 0).sum())


def event_measures(found: Sequence[SoundEvent], true: Sequence[TrueEvent], duration_s: float) -> dict[str, Ratio]:
    """Return segment F, event F, the share of true events found and that of detected ones that are not there."""
    matches = onset_matches(found, true)
    told = [event for event in found if event.label not in NOISES]
    false = sum(not any(same_sound(event.label, known) for known in true) for event in told)
    measures = {"segment_f": segment_f(found, true, duration_s), "found": (float(matches), float(len(true)))}
    measures["false_events"] = float(false), float(len(told))
    return measures | {"event_f": (2.0 * matches, float(len(found) + len(true)))}


def segments(
    gram: Posteriorgram, true: Sequence[TrueEvent], duration_s: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return highest probabilities and truth of every second, both of shape `(segments, classes)`."""
    count = max(1, int(np.ceil(duration_s / SEGMENT_S)))
    scores = np.zeros((count, len(gram.labels)))
    truth = np.zeros((count, len(gram.labels)), bool)
    places = np.minimum((np.arange(len(gram.probabilities)) * gram.hop_s / SEGMENT_S).astype(int), count - 1)
    np.maximum.at(scores, places, gram.probabilities)
    column = {name.lower(): k for k, name in enumerate(gram.labels)}
    for event in true:
        rows = slice(int(event.onset / SEGMENT_S), int(np.ceil(event.offset / SEGMENT_S)))
        for label in event.labels:
            if label.lower() in column:
                truth[rows, column[label.lower()]] = True
    return scores, truth


def same_sound(label: str, event: TrueEvent) -> bool:
    """Tell whether a detected name is right: one of the event's, or an AudioSet class above or below one."""
    index = _ontology().index
    for right in event.labels:
        if label.lower() == right.lower():
            return True
        if label in index and right in index and _ontology().related(index[label], index[right]):
            return True
    return False


@lru_cache(maxsize=256)
def more_general(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of all AudioSet classes that contain one of the classes named."""
    names, index = _ontology().names, _ontology().index
    known = [index[label] for label in labels if label in index]
    return tuple(name for k, name in enumerate(names) if any(_ontology().is_ancestor(k, below) for below in known))


@lru_cache(maxsize=1)
def _ontology() -> Ontology:
    return Ontology(load_class_names())
