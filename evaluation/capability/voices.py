"""One voice against another: mel-cepstral distortion, pitch errors, speaker similarity; sung notes against a score."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evaluation.capability.pitch import HOP_S, contrasts, steady_pitch
from evaluation.capability.waveforms import at_rate
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.signal.world import WorldSpeech
from model_wrappers.singing.melody import parse_pitch
from model_wrappers.speech.speaker_encoder import SpeakerEncoder

SAMPLE_RATE = 16_000  # Hz
COEFFICIENTS = 25  # of the mel cepstrum; the first, the level, is left out of the distortion
MCD_FACTOR_DB = 10 * np.sqrt(2) / np.log(10)
GROSS = 0.2  # share by which a pitch that is wrong differs
INSIDE = (0.15, 0.75)  # shares of a note between which its pitch is read: after the glide, before the release
MAX_LEAD_S = 0.8  # of what may be heard before the first note begins
LEAD_STEP_S = 0.02
UNSUNG_CENTS = 1_200.0
LEAST_PAUSE_S = 0.3  # between two lines of a song
QUIET_S = 0.05

Floats = NDArray[np.float64]


def speech_distances(estimate: Audio, reference: Audio) -> dict[str, tuple[float, float]]:
    """Return mel-cepstral distortion and F0 frame error along the best alignment, as sums and frame counts.

    Source: W. Chu, A. Alwan, "Reducing F0 frame error of F0 tracking algorithms", ICASSP 2009 (FFE).
    """
    if not np.any(estimate.waveform):
        return {}
    one, other = (WorldSpeech.analyse(at_rate(audio, SAMPLE_RATE), SAMPLE_RATE) for audio in (estimate, reference))
    cepstra = [speech.mel_cepstrum(COEFFICIENTS)[:, 1:] for speech in (one, other)]
    path = align(*cepstra)
    distances = np.linalg.norm(cepstra[0][path[:, 0]] - cepstra[1][path[:, 1]], axis=1)
    pitch, true = one.f0[path[:, 0]], other.f0[path[:, 1]]
    voiced = (pitch > 0) & (true > 0)
    gross = voiced & (np.abs(pitch - true) > GROSS * np.maximum(true, 1.0))
    errors = gross | ((pitch > 0) != (true > 0))
    count = float(len(path))
    return {"mcd": (float(MCD_FACTOR_DB * distances.sum()), count), "ffe": (float(errors.sum()), count)}


def align(one: Floats, other: Floats) -> NDArray[np.int64]:
    """Return the cheapest path through two sequences of shape `(frames, features)`, as pairs of frames.

    Dynamic time warping; a whole anti-diagonal is computed at once.
    """
    rows, columns = len(one), len(other)
    cost = np.sqrt(np.maximum((one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T, 0.0))
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    for diagonal in range(2, rows + columns + 1):
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        before = np.minimum(np.minimum(total[i - 1, j], total[i, j - 1]), total[i - 1, j - 1])
        total[i, j] = cost[i - 1, j - 1] + before
    return _trace(total)


def _trace(total: Floats) -> NDArray[np.int64]:
    i, j = total.shape[0] - 1, total.shape[1] - 1
    path = []
    while i > 0 and j > 0:
        path.append((i - 1, j - 1))
        steps = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        i, j = min(steps, key=lambda step: total[step])
    return np.array(path[::-1])


def speaker_similarity(one: Audio, other: Audio) -> float:
    """Return the cosine of two voices' vectors, -1 to 1; 0 where one has too little sound to tell."""
    try:
        vectors = [_encoder().embed(at_rate(audio, SAMPLE_RATE)) for audio in (one, other)]
    except InvalidInput:
        return 0.0
    return float(vectors[0] @ vectors[1])


@lru_cache(maxsize=1)
def _encoder() -> SpeakerEncoder:
    return SpeakerEncoder()


def cents_off(audio: Audio, notes: Sequence[str], durations: Sequence[float]) -> list[float]:
    """Return how far each sung note is from its pitch, in cents, under the lead-in that fits the score best."""
    return _fit(audio, notes, durations)[1]


def sung_lines(audio: Audio, notes: Sequence[str], durations: Sequence[float]) -> list[Audio]:
    """Cut a song where it is quietest in each rest of its score.

    Rests shorter than `LEAST_PAUSE_S` are the way notes are separated, and stay inside a line.

    Args:
        audio: The song, sung from a score.
        notes: Names of its notes and rests.
        durations: Seconds of each.
    """
    lead_s, _ = _fit(audio, notes, durations)
    waveform = at_rate(audio, SAMPLE_RATE)
    ends_s = lead_s + np.cumsum(durations)
    cuts = [0]
    for index, (name, end_s, rest_s) in enumerate(zip(notes, ends_s, durations, strict=True)):
        sung_before = any(parse_pitch(earlier) is not None for earlier in notes[:index])
        sung_behind = any(parse_pitch(later) is not None for later in notes[index:])
        if parse_pitch(name) is None and rest_s >= LEAST_PAUSE_S and sung_before and sung_behind:
            cuts.append(_quietest(waveform, end_s - rest_s, end_s))
    cuts.append(len(waveform))
    return [Audio(waveform[np.newaxis, first:last], SAMPLE_RATE) for first, last in pairwise(cuts)]


def _quietest(waveform: NDArray[np.float32], begin_s: float, end_s: float) -> int:
    """Return the sample in the middle of the quietest `QUIET_S` between two times."""
    first, width = round(begin_s * SAMPLE_RATE), round(QUIET_S * SAMPLE_RATE)
    power = np.convolve(waveform[first : round(end_s * SAMPLE_RATE)].astype(float) ** 2, np.ones(width), "valid")
    return first + width // 2 + int(power.argmin())


def _fit(audio: Audio, notes: Sequence[str], durations: Sequence[float]) -> tuple[float, list[float]]:
    """Return the lead-in in seconds under which the notes are nearest to the score, and how far they are, in cents."""
    contrast = contrasts(at_rate(audio, SAMPLE_RATE))
    leads = np.arange(0.0, MAX_LEAD_S, LEAD_STEP_S)
    fits = ((float(lead_s), _cents(contrast, notes, durations, lead_s)) for lead_s in leads)
    return min(fits, key=lambda fit: float(np.mean(fit[1])))


def _cents(contrast: Floats, notes: Sequence[str], durations: Sequence[float], start_s: float) -> list[float]:
    cents = []
    for name, duration_s in zip(notes, durations, strict=True):
        pitch = parse_pitch(name)
        if pitch is not None:
            begin, end = (round((start_s + share * duration_s) / HOP_S) for share in INSIDE)
            sung_hz = steady_pitch(contrast[begin:end])
            target_hz = 440 * 2 ** ((pitch - 69) / 12)
            cents.append(UNSUNG_CENTS if sung_hz is None else abs(1_200 * float(np.log2(sung_hz / target_hz))))
        start_s += duration_s
    return cents
