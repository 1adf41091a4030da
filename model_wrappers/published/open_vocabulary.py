"""From the probabilities of named sounds over time to events."""

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.symbolic import Posteriorgram
from model_wrappers.contract.tasks.events import SoundEvent
from model_wrappers.sounds.event_timeline import find_spans, level_changes, to_events


def events_of(
    gram: Posteriorgram, threshold: float, waveform: NDArray[np.float32], sample_rate: int
) -> tuple[SoundEvent, ...]:
    """Return the events of every label above the threshold, in order of onset.

    Args:
        gram: Probabilities over time.
        threshold: Least probability of an event at its surest.
        waveform: The sound itself, for edges and levels, shape `(samples,)`.
        sample_rate: Of the waveform in Hz.
    """
    changes = level_changes(waveform, sample_rate)
    heard = np.flatnonzero(gram.probabilities.max(axis=0, initial=0.0) > threshold)
    spans = [
        span
        for label in heard
        for span in find_spans(gram.probabilities[:, label], gram.hop_s, threshold, changes, int(label))
    ]
    ordered = sorted(spans, key=lambda span: (span.onset, -span.probability))
    return to_events(ordered, gram.labels, waveform, sample_rate)
