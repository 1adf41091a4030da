"""Give speech another voice, frame by frame: what that voice does where it says something alike."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model_wrappers.signal.world import FRAME_S, WorldSpeech, envelope_of

Frames = NDArray[np.float64]

COEFFICIENTS = 60
COMPARED = 24  # mel cepstrum coefficients that tell sounds apart
NEIGHBOURS = 4  # frames of the voice averaged into one; more blur the formants
SLOPE_WEIGHT = 2.0
SLOPE_FRAMES = 2.0  # standard deviation, 10 ms
TIMBRE_FRAMES = 20.0  # standard deviation, 100 ms: longer than a phoneme; faster, the nearest frames blur the words
LOUD_SHARE = 0.7  # of the frames; the quietest are pauses
FORMANT_EXPONENT = 1 / 3  # an octave of pitch goes with a quarter of formant frequency
WARP_RANGE = (0.8, 1.2)
MOST_PITCH_RANGE = 1.5  # by which the range of the pitch may grow
FRAMES_AT_ONCE = 1_024


def convert(speech: WorldSpeech, voice: WorldSpeech, report: Callable[[float], None]) -> WorldSpeech:
    """Return the speech with the pitch, envelopes and breathiness of a voice.

    Formants are moved as the difference in pitch suggests, and the statistics of the mel cepstrum are those of the
    voice. Where there is a voice, the nearest frames of the reference then say how its timbre differs from that: only
    what changes more slowly than phonemes is taken from them, so that the movements that make words stay the source's.

    Args:
        speech: What to say; both have some voiced frames.
        voice: A recording of the voice at the same sample rate.
        report: Called with the fraction done; may raise to stop.
    """
    speech = replace(speech, envelope=_warped(speech.envelope, _warp(speech.f0, voice.f0)))
    source, target = speech.mel_cepstrum(COEFFICIENTS), voice.mel_cepstrum(COEFFICIENTS)
    chosen = np.flatnonzero(_loud(target) & (voice.f0 > 0))
    wanted, compared = _comparable(source), _comparable(target)[chosen]
    nearest, aperiodicity = np.empty_like(source), np.empty_like(speech.aperiodicity)
    for first in range(0, len(source), FRAMES_AT_ONCE):
        report(first / len(source))
        part = slice(first, first + FRAMES_AT_ONCE)
        neighbours = chosen[_nearest(wanted[part], compared)]
        nearest[part] = target[neighbours].mean(axis=1)
        aperiodicity[part] = voice.aperiodicity[neighbours].mean(axis=1)
    voiced = speech.f0 > 0
    cepstrum = _with_statistics(source, target)
    cepstrum += _smooth(voiced.astype(float), SLOPE_FRAMES)[:, None] * _slow(nearest - cepstrum, voiced)
    cepstrum[:, 0] = source[:, 0]
    noise = np.where(voiced[:, None], np.clip(_smooth(aperiodicity, 1.0), 1e-3, 1 - 1e-3), 1.0)
    return replace(
        speech,
        f0=_pitch(speech.f0, voice.f0),
        envelope=envelope_of(cepstrum, speech.sample_rate),
        aperiodicity=noise,
    )


def part_of_the_way(speech: WorldSpeech, converted: WorldSpeech, share: float) -> WorldSpeech:
    """Return a conversion whose timbre and breathiness have gone only a share of the way; its pitch stays converted."""
    return replace(
        converted,
        envelope=np.exp(share * np.log(converted.envelope) + (1 - share) * np.log(speech.envelope)),
        aperiodicity=share * converted.aperiodicity + (1 - share) * speech.aperiodicity,
    )


def _warp(f0: Frames, voice_f0: Frames) -> float:
    """Return the factor by which formants move, from the mean pitches: longer vocal tracts have deeper voices."""
    ratio = np.log(voice_f0[voice_f0 > 0]).mean() - np.log(f0[f0 > 0]).mean()
    return float(np.clip(np.exp(FORMANT_EXPONENT * ratio), *WARP_RANGE))


def _warped(envelope: Frames, factor: float) -> Frames:
    """Stretch the frequency axis of every frame by a factor."""
    bins = envelope.shape[1]
    position = np.clip(np.arange(bins) / factor, 0, bins - 1)
    below = position.astype(int)
    above = np.minimum(below + 1, bins - 1)
    weight = position - below
    return np.asarray(np.exp(np.log(envelope[:, below]) * (1 - weight) + np.log(envelope[:, above]) * weight))


def _with_statistics(source: Frames, target: Frames) -> Frames:
    """Give cepstra the mean and deviation of another voice's loud frames."""
    own, other = source[_loud(source)], target[_loud(target)]
    standard = (source - own.mean(axis=0)) / (own.std(axis=0) + 1e-9)
    return np.asarray(standard * other.std(axis=0) + other.mean(axis=0))


def _slow(difference: Frames, voiced: NDArray[np.bool_]) -> Frames:
    """Average the difference of voiced frames over `TIMBRE_FRAMES`."""
    weight = _smooth(voiced.astype(float), TIMBRE_FRAMES)[:, None]
    return _smooth(difference * voiced[:, None], TIMBRE_FRAMES) / (weight + 1e-6)


def _loud(cepstrum: Frames) -> NDArray[np.bool_]:
    return np.asarray(cepstrum[:, 0] >= np.quantile(cepstrum[:, 0], 1 - LOUD_SHARE))


def _comparable(cepstrum: Frames) -> Frames:
    """Return what makes frames of two voices comparable: shape and slope, each voice relative to its own."""
    from scipy.ndimage import gaussian_filter1d

    loud = cepstrum[_loud(cepstrum)]
    shape = ((cepstrum - loud.mean(axis=0)) / (loud.std(axis=0) + 1e-9))[:, 1:COMPARED]
    slope = gaussian_filter1d(shape, SLOPE_FRAMES, axis=0, order=1)
    return np.concatenate([shape, SLOPE_WEIGHT * slope], axis=1)


def _nearest(wanted: Frames, candidates: Frames) -> NDArray[np.int64]:
    """Return indices of the nearest candidates, shape `(wanted, neighbours)`."""
    distances = (candidates**2).sum(axis=1) - 2 * wanted @ candidates.T
    count = min(NEIGHBOURS, len(candidates))
    return np.argpartition(distances, count - 1, axis=1)[:, :count]


def _smooth(frames: Frames, width: float) -> Frames:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(frames, width, axis=0))


def _pitch(f0: Frames, voice_f0: Frames) -> Frames:
    """Give a pitch the mean and range, in log frequency, of another voice's."""
    voiced = f0 > 0
    source, target = np.log(f0[voiced]), np.log(voice_f0[voice_f0 > 0])
    spread = min(target.std() / max(source.std(), 1e-3), MOST_PITCH_RANGE)
    moved = np.zeros_like(f0)
    moved[voiced] = np.exp((source - source.mean()) * spread + target.mean())
    return moved


def voiced_s(speech: WorldSpeech) -> float:
    """Return for how many seconds there is a voice."""
    return float((speech.f0 > 0).sum() * FRAME_S)
