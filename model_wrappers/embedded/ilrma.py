"""Blind separation of voices recorded with several microphones, by independent low-rank matrix analysis."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest, SpeechSeparationResponse
from model_wrappers.signal import dereverberation, ilrma

WINDOW_S = 0.128  # in a longer one the order of the sources is found wrong in some recordings of up to 20 s
REFINING_WINDOW_S = 0.256  # longer than the early reverberation of a room
REFINING_SHARE = 0.25  # of the work
BLOCK_S = 60.0
BLOCK_SAMPLES = 2_880_000  # 60 s at 48 kHz; higher rates take shorter blocks so that memory stays the same
OVERLAP = 0.1  # of a block, over which its sources are matched with those before and faded in
REVERBERANT = 0.09  # share of late reverberation, at RT60 0.5 s; beyond it, a few dB are gained at best
LEAST_DIFFERENCE = 1e-6  # share of the power that differs between microphones; 16-bit rounding alone gives less


class ILRMA(OneByOneModel[SpeechSeparationRequest, SpeechSeparationResponse]):
    """Separate as many voices as there are microphones, or fewer.

    Each voice is given as the first microphone heard it, with its level, room and length. Blocks of a minute are
    separated one by one, so people may change places between them. Voices of one person, or of people who speak and
    pause together, may stay mixed.
    """

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="ILRMA",
            tasks=("speech-separation",),
            method="classical",
            licence="Apache-2.0",
            source="model_wrappers.signal.ilrma, after Kitamura et al. 2016 (10.1109/TASLP.2016.2577880)",
            revision="2",
            limits=Limits(min_channels=2, max_channels=8, max_duration_s=900.0),
            memory_mb=600,
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Import what the first request would wait for."""
        import scipy.optimize
        import scipy.signal  # noqa: F401

    def answer(self, request: SpeechSeparationRequest, work: Work) -> SpeechSeparationResponse:
        """Separate one recording."""
        audio, voices = request.audio, request.speakers
        if audio.channels < voices:
            raise InvalidInput(
                f"The audio has {audio.channels} channel(s) for {voices} voices; this model needs a recording with at "
                "least one microphone, each on its own channel, per voice. Of fewer channels speech-enhancement takes "
                "other sounds away from a voice, and a model of speech-separation that takes mono audio separates it.",
                param="audio",
            )
        _check_difference(audio.waveform, voices)
        separated, late = _separate_in_blocks(audio, voices, work.report)
        return SpeechSeparationResponse(
            speakers=tuple(Audio(voice[None], audio.sample_rate) for voice in separated),
            reverberant=late > REVERBERANT,
        )


def _check_difference(waveform: NDArray[np.float32], voices: int) -> None:
    """Refuse channels that are copies of each other."""
    powers = np.linalg.eigvalsh(waveform @ waveform.T.astype(np.float64))[::-1]
    distinct = int((powers > LEAST_DIFFERENCE * powers[0]).sum())
    if 0 < distinct < voices:
        raise InvalidInput(
            f"The {len(waveform)} channels of the audio carry only {distinct} different signal(s); {voices} voices "
            "need at least as many microphones in different places. For a mono sound repeated on all channels choose a "
            "model of speech-separation that takes mono audio.",
            param="audio",
        )


def _separate_in_blocks(
    audio: Audio, voices: int, report: Callable[[float], None]
) -> tuple[NDArray[np.float32], float]:
    """Separate block by block, bring each block's voices into the order of the block before, and fade over.

    Returns:
        The voices, and the mean share of late reverberation.
    """
    length = audio.waveform.shape[1]
    block = min(int(BLOCK_S * audio.sample_rate), BLOCK_SAMPLES)
    overlap = int(OVERLAP * block)
    starts = range(0, max(length - overlap, 1), block - overlap)
    output = np.zeros((voices, length), np.float32)
    late = []
    for index, start in enumerate(starts):
        part = audio.waveform[:, start : start + block]
        voice, share = _separate_block(part, audio.sample_rate, voices, _share(report, index, len(starts)))
        late.append(share)
        if index:
            shared = min(overlap, part.shape[1])
            before = output[:, start : start + shared]
            voice = voice[_matching_order(voice[:, :shared], before)]
            fade = np.linspace(0, 1, shared, dtype=np.float32)
            voice[:, :shared] = voice[:, :shared] * fade + before * (1 - fade)
        output[:, start : start + part.shape[1]] = voice
    return output, float(np.mean(late))


def _share(report: Callable[[float], None], index: int, count: int) -> Callable[[float], None]:
    """Return a report of the fraction of one of `count` equal parts."""
    return lambda fraction: report((index + fraction) / count)


def _separate_block(
    waveform: NDArray[np.float32], sample_rate: int, voices_count: int, report: Callable[[float], None]
) -> tuple[NDArray[np.float32], float]:
    """Separate without the room's late reverberation, which is shared out again, so that voices keep their room.

    Returns:
        The voices, and the share of late reverberation.
    """
    heard = _spectra(waveform, sample_rate, dereverberation.WINDOW_S)
    direct = dereverberation.without_late(heard)
    voices = _separate_direct(_waveforms(direct, waveform.shape[1]), sample_rate, voices_count, report)
    late = dereverberation.shared_late(
        heard[:, 0] - direct[:, 0], _spectra(voices, sample_rate, dereverberation.WINDOW_S)
    )
    return voices + _waveforms(late, waveform.shape[1]), dereverberation.late_share(heard, direct)


def _separate_direct(
    waveform: NDArray[np.float32], sample_rate: int, voices: int, report: Callable[[float], None]
) -> NDArray[np.float32]:
    """Separate with a short window, then again with a long one that reverberation troubles less."""
    first = ilrma.separate(
        _spectra(waveform, sample_rate, WINDOW_S), voices, report=lambda done: report(done * (1 - REFINING_SHARE))
    )
    separated = _waveforms(first, waveform.shape[1])
    again = ilrma.refine(
        _spectra(waveform, sample_rate, REFINING_WINDOW_S),
        _spectra(separated, sample_rate, REFINING_WINDOW_S),
        report=lambda done: report(1 - REFINING_SHARE + done * REFINING_SHARE),
    )
    return _waveforms(again, waveform.shape[1])


def _spectra(waveform: NDArray[np.float32], sample_rate: int, window_s: float) -> NDArray[np.complex64]:
    """Return spectra of shape `(frequencies, channels, frames)`; frames overlap by three quarters."""
    from scipy.fft import next_fast_len
    from scipy.signal import stft

    window = 4 * next_fast_len(max(int(window_s * sample_rate / 4), 4), real=True)
    padded = np.pad(waveform, ((0, 0), (0, max(window - waveform.shape[1], 0))))
    spectra = stft(padded, nperseg=window, noverlap=3 * window // 4)[2].astype(np.complex64)
    return np.ascontiguousarray(spectra.swapaxes(0, 1))


def _waveforms(spectra: NDArray[np.complex64], length: int) -> NDArray[np.float32]:
    """Return waveforms of shape `(channels, length)`."""
    from scipy.signal import istft

    window = 2 * (len(spectra) - 1)
    _, waveforms = istft(spectra.swapaxes(0, 1), nperseg=window, noverlap=3 * window // 4)
    return np.asarray(waveforms[:, :length], np.float32)


def _matching_order(voices: NDArray[np.float32], before: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the order of `voices` that correlates best with `before`."""
    from scipy.optimize import linear_sum_assignment

    norms = np.linalg.norm(before, axis=1)[:, None] * np.linalg.norm(voices, axis=1) + 1e-9
    return np.asarray(linear_sum_assignment(np.abs(before @ voices.T) / norms, maximize=True)[1])
