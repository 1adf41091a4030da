"""Two people who take turns on one channel: whose voice is heard when."""

import numpy as np
from numpy.typing import NDArray

from model_wrappers.speech.speaker_encoder import HOP, SAMPLE_RATE, SpeakerEncoder

WINDOW, STEP = 100, 20  # frames of sound, 1 s and 0.2 s: shorter tells voices apart worse, longer blurs the turns
MEANS_ROUNDS = 20
CHANGE = 0.6  # by how much the likeness must speak for the other voice, summed over frames, for a turn to begin
FEWEST = 4  # windows of each voice
FADE_S = 0.02

Samples = NDArray[np.float32]


def turns(samples: Samples, encoder: SpeakerEncoder) -> tuple[tuple[Samples, Samples], float] | None:
    """Return each of two voices alone, silent while the other speaks, and how alike the voices are, up to 1.

    What is no sound is in neither. Where both speak at once it goes to the one that is heard more.

    Args:
        samples: Speech at 16 kHz, shape `(samples,)`.
        encoder: Tells voices apart.

    Returns:
        None if there is too little speech.
    """
    vectors, sounding, begins = encoder.embed_windows(samples, WINDOW, STEP)
    if len(vectors) < 2 * FEWEST:
        return None
    centres = _two_means(vectors)
    leaning = vectors @ (centres[1] - centres[0])
    if min((leaning > 0).sum(), (leaning <= 0).sum()) < FEWEST:
        return None
    places = np.flatnonzero(sounding)
    each = np.interp(np.arange(len(places)), begins + WINDOW / 2, leaning)
    second = np.zeros(len(sounding))
    second[places] = _smoothed(each)
    first = np.where(sounding, 1.0 - second, 0.0)
    first_gains, second_gains = (_gains(shares, len(samples)) for shares in (first, second))
    return (samples * first_gains, samples * second_gains), float(centres[0] @ centres[1])


def _two_means(vectors: Samples) -> Samples:
    """Return the unit vectors in the middle of two groups, begun with the two that are the least alike."""
    one, other = np.unravel_index((vectors @ vectors.T).argmin(), (len(vectors), len(vectors)))
    centres = vectors[[one, other]]
    for _ in range(MEANS_ROUNDS):
        nearer = (vectors @ centres.T).argmax(axis=1)
        if nearer.min() == nearer.max():
            break
        centres = np.stack([vectors[nearer == group].mean(axis=0) for group in (0, 1)])
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return np.asarray(centres, np.float32)


def _smoothed(leaning: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 where the second voice speaks, 0 where the first does: the likeliest turns (Viterbi)."""
    best = [0.0, 0.0]
    came = np.zeros((len(leaning), 2), np.int8)
    for frame, value in enumerate(leaning):
        stay = (best[0] >= best[1] - CHANGE, best[1] >= best[0] - CHANGE)
        came[frame] = (0 if stay[0] else 1, 1 if stay[1] else 0)
        before = (best[0] if stay[0] else best[1] - CHANGE, best[1] if stay[1] else best[0] - CHANGE)
        best = [before[0] - value, before[1] + value]
    state, states = int(best[1] > best[0]), np.zeros(len(leaning))
    for frame in range(len(leaning) - 1, -1, -1):
        states[frame] = state
        state = int(came[frame, state])
    return states


def _gains(shares: NDArray[np.float64], length: int) -> Samples:
    """Return a gain a sample for shares a frame, with soft edges."""
    fade = round(FADE_S * SAMPLE_RATE / HOP)
    soft = np.convolve(np.pad(shares, fade, mode="edge"), np.ones(2 * fade + 1) / (2 * fade + 1), "valid")
    return np.asarray(np.interp(np.arange(length), np.arange(len(soft)) * HOP, soft), np.float32)
