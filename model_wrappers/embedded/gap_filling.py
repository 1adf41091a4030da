"""Audio inpainting: short gaps by autoregressive interpolation, longer ones by similar segments or by room tone."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest, AudioInpaintingResponse
from model_wrappers.signal.autoregression import extrapolate, gap_order, interpolate
from model_wrappers.signal.linear_guard import segment_level, straight_line, trust
from model_wrappers.signal.room_tone import room_tone
from model_wrappers.signal.similar_segment import SegmentSearch
from model_wrappers.speech.voice_activity import SAMPLE_RATE as VOICE_RATE
from model_wrappers.speech.voice_activity import VoiceActivity

ROUNDING_S = 0.01  # by which a rounded end may lie behind the last sample
LEAST_ORDER = 16
SEARCHED_S = 60.0  # on each side of the gap
PIECE_S = 2.0  # longest stretch copied at once; longer gaps take several
FADE_S = 0.02
QUIET_FADE_S = 0.006  # into room tone: a voice cannot be foreseen for longer
CONTEXT_PER_FADE = 8
AUTOREGRESSIVE = "autoregressive interpolation (Janssen)"
SEGMENTS = "similar segments of the same recording, joined by autoregressive extrapolation"
ROOM_TONE = "room tone: nobody can know what was said in so long a gap, so it says nothing"
NEAR_S = 2.0  # on each side of the gap, in which somebody may speak
VOICED = 0.5  # probability of speech
VOICED_SHARE = 0.15  # of the frames near the gap


class GapFillingConfig(ModelConfig):
    """Which gaps are filled how."""

    interpolated_s: float = Field(default=0.08, gt=0, le=0.2, description="Longest gap filled by interpolation")
    max_gap_s: float = Field(default=10.0, gt=0, le=60, description="Longest gap filled at all")


class GapFilling(OneByOneModel[AudioInpaintingRequest, AudioInpaintingResponse]):
    """Fill a stretch from what surrounds it and leave every other sample as it is."""

    Config = GapFillingConfig
    config: GapFillingConfig

    @classmethod
    def card(cls, config: GapFillingConfig) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Autoregressive and similar-segment inpainting",
            tasks=("audio-inpainting",),
            method="classical",
            licence="Apache-2.0",
            source="model_wrappers.embedded.gap_filling, after Janssen et al. 1986 (10.1109/TASSP.1986.1164824)",
            revision="1",
            limits=Limits(max_duration_s=1_800.0),
            memory_mb=250,
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Import what the first request would wait for."""
        import scipy.linalg
        import scipy.signal  # noqa: F401

    def answer(self, request: AudioInpaintingRequest, work: Work) -> AudioInpaintingResponse:
        """Fill one gap."""
        audio = request.audio
        begin, end = self._gap(request)
        order = min(gap_order(end - begin, audio.sample_rate), begin // 2, (audio.waveform.shape[1] - end) // 2)
        short = end - begin <= self.config.interpolated_s * audio.sample_rate and order >= LEAST_ORDER
        if short:
            method, fill = AUTOREGRESSIVE, _interpolated(audio, begin, end, order, work)
        elif _is_speech(audio, begin, end):
            method, fill = ROOM_TONE, _quieted(audio, begin, end, work)
        else:
            method, fill = SEGMENTS, _pieced(audio, begin, end, work)
        waveform = audio.waveform.copy()
        waveform[:, begin:end] = np.clip(fill, -1.0, 1.0)
        return AudioInpaintingResponse(
            audio=Audio(waveform, audio.sample_rate),
            start=begin / audio.sample_rate,
            end=end / audio.sample_rate,
            method=method,
        )

    def _gap(self, request: AudioInpaintingRequest) -> tuple[int, int]:
        """Return the first sample of the gap and the one after it."""
        audio, length = request.audio, request.audio.waveform.shape[1]
        if request.end > audio.duration_s + ROUNDING_S:
            raise InvalidInput(
                f"The stretch from {request.start:g} to {request.end:g} s reaches beyond the end of the audio, which "
                f"lasts {audio.duration_s:.3f} s; give times within it.",
                param="end" if request.start < audio.duration_s else "start",
            )
        if request.end - request.start > self.config.max_gap_s:
            raise InvalidInput(
                f"The stretch lasts {request.end - request.start:g} s; this model fills at most "
                f"{self.config.max_gap_s:g} s.",
                param="end",
            )
        begin = min(int(request.start * audio.sample_rate + 0.5), length - 1)
        end = min(max(int(request.end * audio.sample_rate + 0.5), begin + 1), length)
        if end - begin == length:
            raise InvalidInput("The stretch is the whole audio; nothing is left to fill it from.", param="end")
        return begin, end


def _is_speech(audio: Audio, begin: int, end: int) -> bool:
    """Tell whether somebody speaks near a gap, whose words a copied segment would put into it."""
    reach = round(NEAR_S * audio.sample_rate)
    sides = (audio.waveform[:, max(0, begin - reach) : begin], audio.waveform[:, end : end + reach])
    voiced = [
        probability > VOICED
        for side in sides
        if side.shape[1]
        for probability in VoiceActivity().feed(Audio(side, audio.sample_rate).resample(VOICE_RATE).mono())
    ]
    return bool(voiced) and sum(voiced) >= VOICED_SHARE * len(voiced)


def _quieted(audio: Audio, begin: int, end: int, work: Work) -> NDArray[np.float64]:
    """Let the sound fade into the noise of its room, and out of it."""
    work.report(0.0)
    reach = int(SEARCHED_S * audio.sample_rate)
    first = max(begin - reach, 0)
    around = audio.waveform[:, first : end + reach].astype(np.float64)
    known = np.ones(around.shape[1], bool)
    known[begin - first : end - first] = False
    around[:, ~known] = room_tone(around, known, end - begin, audio.sample_rate)
    begin, end = begin - first, end - first
    fade = max(int(QUIET_FADE_S * audio.sample_rate), 1)
    around[:, begin:end] = _faded_in(around, begin, begin, end - begin, fade)
    return _joined_to_the_end(around, begin, end, fade)


def _interpolated(audio: Audio, begin: int, end: int, order: int, work: Work) -> NDArray[np.float64]:
    fill = np.empty((audio.channels, end - begin))
    for channel, samples in enumerate(audio.waveform):
        work.report(channel / audio.channels)
        reach = 8 * max(order, end - begin)
        first = max(begin - reach, 0)
        around = samples[first : end + reach].astype(np.float64)
        gap = begin - first, end - first
        line = straight_line(around, *gap)
        share = trust(around, *gap, order, lambda sound, first, last: interpolate(sound, first, last, order))
        fill[channel] = line + share * (interpolate(around, *gap, order) - line)
    return fill


def _pieced(audio: Audio, begin: int, end: int, work: Work) -> NDArray[np.float64]:
    """Copy segments that continue what came before and, the last one, lead to what comes after."""
    reach = int(SEARCHED_S * audio.sample_rate)
    first = max(begin - reach, 0)
    around = audio.waveform[:, first : end + reach].astype(np.float64)
    begin, end = begin - first, end - first
    mono = around.mean(axis=0)
    known = np.ones(len(mono), bool)
    known[begin:end] = False
    search = SegmentSearch(mono, known, audio.sample_rate)
    context, fade = search.sizes.context, max(int(FADE_S * audio.sample_rate), 1)
    longest = max(begin, len(mono) - end)
    piece = max(min(int(PIECE_S * audio.sample_rate), longest // 2), 1)
    around[:, begin:end] = 0.0
    position, followed_from = begin, 0
    while position < end:
        work.report((position - begin) / (end - begin))
        length = min(piece, end - position)
        before = around[:, max(position - context, 0) : position].mean(axis=0)
        after = mono[end : end + context] if position + length == end else mono[:0]
        start = search.best(length, before, after)
        if start is None:
            start = search.best(length, mono[:0], mono[:0]) or 0
        copied = _faded_in(around, position, start, length, fade)
        around[:, position : position + length] = copied
        position, followed_from = position + length, start + length
    followed = around[:, followed_from : followed_from + context]
    level = segment_level(around, begin, end, around[:, begin:end], followed)
    around[:, begin:end] *= _levelled(end - begin, level, fade)
    return _joined_to_the_end(around, begin, end, fade)


def _levelled(count: int, level: float, fade: int) -> NDArray[np.float64]:
    """Return gains that fall from 1 at both ends of a gap to a level inside it."""
    gains = np.full(count, level)
    shared = min(fade, count // 2)
    edge = 1 - (1 - level) * _rise(shared)
    gains[:shared], gains[count - shared :] = edge, edge[::-1]
    return gains


def _faded_in(around: NDArray[np.float64], position: int, start: int, length: int, fade: int) -> NDArray[np.float64]:
    """Return a segment that begins as the continuation of what stands before `position`."""
    copied = around[:, start : start + length].copy()
    shared = min(fade, length, position)
    rise = _rise(shared)
    for channel, samples in enumerate(around):
        continued = extrapolate(samples[max(position - CONTEXT_PER_FADE * fade, 0) : position], shared)
        copied[channel, :shared] = continued * (1 - rise) + copied[channel, :shared] * rise
    return copied


def _joined_to_the_end(around: NDArray[np.float64], begin: int, end: int, fade: int) -> NDArray[np.float64]:
    """Let the filled gap end as what comes before the sound after it, extrapolated backwards."""
    fill = around[:, begin:end]
    shared = min(fade, end - begin, around.shape[1] - end)
    rise = _rise(shared)[::-1]
    for channel, samples in enumerate(around):
        backwards = extrapolate(samples[end : end + CONTEXT_PER_FADE * fade][::-1], shared)[::-1]
        fill[channel, end - begin - shared :] *= rise
        fill[channel, end - begin - shared :] += backwards * (1 - rise)
    return fill


def _rise(count: int) -> NDArray[np.float64]:
    """Return half a cosine from just above 0 to just below 1."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(count, 1)))
