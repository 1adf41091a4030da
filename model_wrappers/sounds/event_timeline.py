"""From class probabilities over time to events with sharp edges."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from model_wrappers.contract.tasks.events import SoundEvent
from model_wrappers.sounds.audioset import SCENES, Ontology

LEVEL_HOP_S = 0.01
EDGE_S = 0.08  # levels are compared over this long before and after a moment
RISE_DB = 6.0  # least change of level that counts as an edge
SEARCH_OUTWARD_S = 0.3  # an event seldom begins before its first window
SEARCH_INWARD_S = 0.5
JOIN_S = 0.1  # spans of one class closer than this are one event
WIDEN_S = 0.5  # how much earlier or later a more general class may set the edges
RELEASE = 1 / 3  # an event lasts until its probability falls below this share of the threshold
LEAST_MEAN = 2 / 3  # of the threshold, that the probability keeps over an event in the mean
EXPLAINING_SHARE = 0.9  # of a general class's probability; surer kinds of it take its place
SPECIFIC_SHARE = 0.6  # of a general class's probability; less sure kinds of it are guesses
BESIDE_SHARE = 0.4  # of another class's probability; less sure ones within its time are the same sound misread
BESIDE_S = 0.8  # share of a span that lies within another's time where both may be one sound


@dataclass(frozen=True)
class Span:
    """One class heard from `onset` to `offset` seconds."""

    label: int
    onset: float
    offset: float
    probability: float


def level_changes(waveform: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Return by how many dB the level rises at each moment, one value every `LEVEL_HOP_S`.

    Args:
        waveform: Mono samples, shape `(samples,)`.
        sample_rate: Hz.
    """
    hop, width = int(LEVEL_HOP_S * sample_rate), int(EDGE_S / LEVEL_HOP_S)
    frames = max(1, len(waveform) // hop)
    powers = np.pad(waveform, (0, max(0, hop - len(waveform))))[: frames * hop].reshape(frames, hop)
    total = np.concatenate([[0.0], np.cumsum((powers.astype(np.float64) ** 2).mean(axis=1))])
    moment = np.arange(frames + 1)
    before, after = np.maximum(moment - width, 0), np.minimum(moment + width, frames)
    floor = 1e-7  # -70 dB
    quiet_before = (total[moment] - total[before]) / np.maximum(moment - before, 1) + floor
    loud_after = (total[after] - total[moment]) / np.maximum(after - moment, 1) + floor
    return np.asarray(10 * np.log10(loud_after / quiet_before))


def find_spans(
    probabilities: NDArray[np.float32], hop_s: float, threshold: float, changes: NDArray[np.float64], label: int
) -> list[Span]:
    """Return when one class is heard: above the threshold, extended to where it fades, edges set to the level's.

    Args:
        probabilities: Probability of the class, shape `(frames,)`; frame `k` begins at `k * hop_s` seconds.
        hop_s: Seconds between frames.
        threshold: Least probability of an event at its surest.
        changes: What `level_changes` says of the sound.
        label: Class index the spans get.
    """
    # Closing bridges dips of one frame.
    active = scipy.ndimage.binary_closing(np.pad(probabilities > threshold * RELEASE, 1), np.ones(3, bool))[1:-1]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]).astype(np.int8)))
    spans = []
    for first, last in edges.reshape(-1, 2):
        heard = probabilities[first:last]
        onset, offset = _sharpen(first * hop_s, last * hop_s, changes)
        if heard.max() > threshold and offset > onset:
            spans.append(Span(label, onset, offset, float(heard.mean())))
    return _join(spans)


def _join(spans: Iterable[Span]) -> list[Span]:
    """Make one of spans that touch once their edges are sharp."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.onset - joined[-1].offset < JOIN_S:
            last = joined.pop()
            surest = max(last.probability, span.probability)
            span = Span(span.label, last.onset, max(last.offset, span.offset), surest)
        joined.append(span)
    return joined


def _sharpen(onset: float, offset: float, changes: NDArray[np.float64]) -> tuple[float, float]:
    """Move an onset to the steepest rise of the level near it, and an offset to the steepest fall.

    Where the fall comes first, there was only the end of another sound.
    """
    duration_s = (len(changes) - 1) * LEVEL_HOP_S
    rise = _steepest(changes, onset - SEARCH_OUTWARD_S, onset + SEARCH_INWARD_S)
    fall = _steepest(-changes, offset - SEARCH_INWARD_S, offset + SEARCH_OUTWARD_S)
    return onset if rise is None else rise, min(offset if fall is None else fall, duration_s)


def _steepest(changes: NDArray[np.float64], earliest: float, latest: float) -> float | None:
    first = max(0, round(earliest / LEVEL_HOP_S))
    window = changes[first : max(first, round(latest / LEVEL_HOP_S)) + 1]
    if window.size == 0 or window.max() < RISE_DB:
        return None
    return float((first + int(window.argmax())) * LEVEL_HOP_S)


def all_spans(
    probabilities: NDArray[np.float32],
    hop_s: float,
    threshold: float,
    changes: NDArray[np.float64],
    ontology: Ontology,
) -> list[Span]:
    """Return the spans of all classes in order of onset, each sound by the most specific names that are sure.

    Args:
        probabilities: Shape `(frames, classes)`.
        hop_s: Seconds between frames.
        threshold: Least probability of an event at its surest.
        changes: What `level_changes` says of the sound.
        ontology: Which classes are kinds of which.
    """
    heard = [label for label in np.flatnonzero(probabilities.max(axis=0) > threshold) if label not in SCENES]
    spans = [
        span
        for label in heard
        for span in find_spans(probabilities[:, label], hop_s, threshold, changes, int(label))
        if span.probability >= LEAST_MEAN * threshold
    ]
    kin = {span: [other for other in spans if ontology.is_ancestor(span.label, other.label)] for span in spans}
    explained = {span for span in spans if _share(span, _sure(kin[span], span)) >= 0.5}
    above = {span: [general for general in spans if span in kin[general]] for span in spans}
    specific = [
        _widen(span, [general for general in above[span] if general in explained])
        for span in spans
        if span not in explained
        and not _is_guess(span, [general for general in above[span] if general not in explained])
        and not _is_misread(span, spans, ontology)
    ]
    return sorted(specific, key=lambda span: (span.onset, -span.probability))


def _sure(kin: Iterable[Span], general: Span) -> list[Span]:
    return [span for span in kin if span.probability >= EXPLAINING_SHARE * general.probability]


def _is_guess(span: Span, general: Iterable[Span]) -> bool:
    """Tell whether one of the more general spans says all that is sure of this one."""
    return any(
        span.probability < SPECIFIC_SHARE * other.probability and _share(span, [other]) >= 0.5 for other in general
    )


def _is_misread(span: Span, spans: Iterable[Span], ontology: Ontology) -> bool:
    """Tell whether a span is a much surer one of another kind, heard at the same time, by another name."""
    return any(
        span.probability < BESIDE_SHARE * other.probability
        and not ontology.related(span.label, other.label)
        and not ontology.related(other.label, span.label)
        and _share(span, [other]) >= BESIDE_S
        for other in spans
    )


def _widen(span: Span, general: Sequence[Span]) -> Span:
    """Give a span the edges of the more general ones it replaces where they are near.

    The network is sure of percussion before it is sure of a snare drum.
    """
    onsets = [other.onset for other in general if span.onset - WIDEN_S < other.onset < span.onset < other.offset]
    offsets = [other.offset for other in general if other.onset < span.offset < other.offset < span.offset + WIDEN_S]
    return replace(span, onset=min(onsets, default=span.onset), offset=max(offsets, default=span.offset))


def _share(span: Span, others: Iterable[Span]) -> float:
    """Return the share of a span's time that others cover."""
    covered, reached = 0.0, span.onset
    for other in sorted(others, key=lambda other: other.onset):
        begin, end = max(other.onset, reached), min(other.offset, span.offset)
        if end > begin:
            covered += end - begin
            reached = end
    return covered / (span.offset - span.onset)


def to_events(
    spans: Iterable[Span], names: Sequence[str], waveform: NDArray[np.float32], sample_rate: int
) -> tuple[SoundEvent, ...]:
    """Return spans as the events of a response, with their levels in a mono waveform."""
    return tuple(
        SoundEvent(
            label=names[span.label],
            onset=round(span.onset, 3),
            offset=round(span.offset, 3),
            probability=round(min(1.0, span.probability), 4),
            level=_level_db(waveform[int(span.onset * sample_rate) : int(span.offset * sample_rate) + 1]),
        )
        for span in spans
    )


def _level_db(samples: NDArray[np.float32]) -> float:
    return round(float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-10)), 1)
