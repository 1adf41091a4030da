"""How far a filling may go from a straight line across the gap, as the sound around the gap tells."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
Fill = Callable[[Samples, int, int], Samples]

REHEARSALS = 2  # gaps of the same length on each side, filled where the truth is known
CLEARLY = 0.5  # of the line's error: a method that does better in the rehearsals is trusted whole
LEAST_LEVEL = 0.25  # of a copied segment; a hole is heard more than what a straight line is better by
SILENCE = 1e-12


def straight_line(samples: Samples, begin: int, end: int) -> Samples:
    """Return what lies between the known samples at both ends of a gap, over the last axis."""
    last = samples.shape[-1] - 1
    before = samples[..., begin - 1] if begin else samples[..., end]
    after = samples[..., end] if end <= last else before
    rise = np.arange(1, end - begin + 1) / (end - begin + 1)
    return np.asarray(before[..., None] * (1 - rise) + after[..., None] * rise)


def trust(samples: Samples, begin: int, end: int, order: int, fill: Fill) -> float:
    """Return the share, 0 to 1, of a method's departure from a straight line that brings it nearer to the truth.

    Args:
        samples: Shape `(samples,)`; those in the gap do not count.
        begin: First sample of the gap.
        end: The sample after it.
        order: Samples the method needs on each side of a gap.
        fill: The method: from samples, first sample of a gap and the one after it to `(end - begin,)`.
    """
    right, wrong, straight, departed = 0.0, 0.0, 0.0, 0.0
    for side in (samples[:begin], samples[end:][::-1]):
        for sound, first in _rehearsals(side, end - begin, order):
            last = first + end - begin
            truth, line = sound[first:last], straight_line(sound, first, last)
            scale = 1 / (float(np.mean(truth**2)) + SILENCE)
            filled = fill(sound, first, last)
            right += scale * float((truth - line) @ (filled - line))
            departed += scale * float((filled - line) @ (filled - line))
            wrong += scale * float(((truth - filled) ** 2).sum())
            straight += scale * float(((truth - line) ** 2).sum())
    if wrong <= CLEARLY * straight or not departed:
        return 1.0
    return float(np.clip(right / departed, 0.0, 1.0))


def _rehearsals(side: Samples, gap: int, order: int) -> Iterator[tuple[Samples, int]]:
    """Yield stretches of the sound that ends at a gap, with the first sample of a gap to rehearse in each."""
    margin = max(order, gap)
    for number in range(REHEARSALS):
        first = len(side) - (number + 1) * (margin + gap)
        if first < margin:
            return
        yield (
            side[max(0, first - 4 * margin) : first + gap + min(margin * (1 + number), 4 * margin)],
            min(first, 4 * margin),
        )


def segment_level(around: Samples, begin: int, end: int, filled: Samples, followed: Samples) -> float:
    """Return the level at which a copied segment is expected to be no farther from the truth than a straight line.

    A segment whose sound goes on as the sound behind the gap does is likely in phase inside the gap, too; one that
    does not only adds its power to the error, as the line does.

    Args:
        around: Shape `(channels, samples)`.
        begin: First sample of the gap.
        end: The sample after it.
        filled: The copied segments, shape `(channels, end - begin)`.
        followed: What comes behind the last of them where it was copied, shape `(channels, samples)`.

    Returns:
        Amplitude, `LEAST_LEVEL` to 1.
    """
    near = np.concatenate([around[:, max(0, 2 * begin - end) : begin], around[:, end : 2 * end - begin]], axis=1)
    known, copied = float(np.mean(near**2)) + SILENCE, float(np.mean(filled**2)) + SILENCE
    line = float(np.mean(straight_line(around, begin, end) ** 2)) / known
    alike = _likeness(around[:, end : end + followed.shape[1]], followed)
    allowed = alike + np.sqrt(alike**2 + line)  # solves 1 - 2 * alike * level + level**2 = 1 + line
    return float(np.clip(allowed * np.sqrt(known / copied), LEAST_LEVEL, 1.0))


def _likeness(one: Samples, other: Samples) -> float:
    """Return the correlation of two sounds of the same time, -1 to 1."""
    other = other[:, : one.shape[1]]
    norm = np.sqrt(float((one**2).sum()) * float((other**2).sum()))
    return float((one * other).sum()) / norm if norm > SILENCE else 0.0
