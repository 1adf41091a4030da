"""One of two people speaking, told from the other by the pitch of the voice or by a recording of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import Requirement
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest, SpeechSeparationResponse
from model_wrappers.embedded.ilrma import ILRMA
from model_wrappers.speech.speaker_encoder import HOP as ENCODER_HOP
from model_wrappers.speech.speaker_encoder import LEAST_FRAMES, SAMPLE_RATE, SpeakerEncoder
from model_wrappers.speech.speaker_encoder import PACKAGE as ENCODER_PACKAGE
from model_wrappers.speech.talkers import on_own_channels
from model_wrappers.speech.turns import turns

LOWER = re.compile(
    r"\b(?:man|male|guy|gentleman|father|dad|husband|grandfather|bass|baritone|"
    r"low(?:er|est)?|deep(?:er|est)?|dark(?:er|est)?)\b",
    re.IGNORECASE,
)
HIGHER = re.compile(
    r"\b(?:woman|female|lady|girl|mother|mum|mom|wife|grandmother|child|kid|soprano|"
    r"high(?:er|est)?|bright(?:er|est)?)\b",
    re.IGNORECASE,
)
VOICE_REQUIREMENTS = (
    Requirement(kind="module", name="pyworld", package="pyworld-prebuilt==0.3.6.post1", manager="pip"),
    Requirement(kind="module", name="resemblyzer", package=ENCODER_PACKAGE, manager="pip"),
)
_BESIDE = re.compile(r"the|an?|only|just|s|of|voice|speech|speak(?:s|ing|er)|talk(?:s|ing)|person|one|who")
PITCH_FRAME_MS = 10.0
LEAST_VOICED = 20  # such frames with a pitch
APART_SEMITONES = 2.5  # between medians of the pitch; the same person's differ by up to 2 between sentences
LIKE_TURNS = 0.78  # likeness of two groups of windows above which one person speaks, or both at once
LIKE_STEMS = 0.9  # of two separated voices above which they are still mixed
LEAST_POWER = 10 ** (-25 / 10)  # of the weaker voice beside the stronger; less is what was left of one voice
LIKE_REFERENCE = 0.6  # least likeness to the recording of the wanted voice
REFERENCE_MARGIN = 0.05  # by which the wanted voice must be more like the recording than the other one

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class OneVoice:
    """A voice out of two.

    `audio` is None where the voices could not be told apart; then `pitches_hz` has those of both, or nothing.
    """

    audio: Audio | None
    pitches_hz: tuple[float, ...] = ()
    """Medians: of the voice kept, then of the other one."""
    similarity: float | None = None
    """Likeness of the voice kept to the reference."""


class VoiceChooser:
    """Separates two people speaking, by their channels, their places or their turns, and keeps one of them."""

    def __init__(self) -> None:
        """Load the speaker encoder and the separation.

        Raises:
            ModelUnavailable: If a package is missing.
        """
        self._encoder = SpeakerEncoder()
        self._separation = ILRMA(ModelConfig())
        self._separation.load("cpu")

    def choose(
        self, recording: Audio, speech: Callable[[], Samples], target: str, reference: Audio | None, work: Work
    ) -> OneVoice:
        """Keep one voice of a recording.

        Args:
            recording: Any rate and channels.
            speech: Returns the recording without other sounds, one channel at 16 kHz, shape `(samples,)`.
            target: In words, the man, the woman, the lower or the higher voice.
            reference: The wanted voice on its own, which counts more than the words.
            work: Told how far it is.
        """
        voices = self._voices(recording, speech, work)
        if voices is None:
            return OneVoice(None)
        heard = [voice.resample(SAMPLE_RATE).mono() for voice in voices]
        pitches = tuple(pitch_hz(samples) for samples in heard)
        likeness = self._likeness(heard, reference) if reference is not None else None
        place = _by_pitch(pitches, target) if likeness is None else _by_likeness(likeness)
        known = tuple(pitch for pitch in pitches if pitch is not None)
        if place is None:
            return OneVoice(None, known)
        kept = known[::-1] if place and len(known) == len(voices) else known
        return OneVoice(voices[place], kept, likeness[place] if likeness else None)

    def _voices(self, recording: Audio, speech: Callable[[], Samples], work: Work) -> tuple[Audio, Audio] | None:
        """Return both voices on their own, None if they could not be separated."""
        apart = on_own_channels(recording.resample(SAMPLE_RATE).waveform)
        if apart:
            return _pair(apart)
        if recording.channels > 1 and (separated := self._by_place(recording, work)) is not None:
            return separated
        taken = turns(speech(), self._encoder)
        return None if taken is None or taken[1] > LIKE_TURNS else _pair(taken[0])

    def _by_place(self, recording: Audio, work: Work) -> tuple[Audio, Audio] | None:
        request = SpeechSeparationRequest(audio=recording, speakers=2)
        [answer] = self._separation.run_batch([request], work)
        if isinstance(answer, AudioGPTError) or not isinstance(answer, SpeechSeparationResponse):
            return None
        first, second = answer.speakers
        one, other = (self._embedded(voice.resample(SAMPLE_RATE).mono()) for voice in (first, second))
        weaker, stronger = sorted(float(np.mean(voice.waveform**2)) for voice in (first, second))
        if answer.reverberant or one is None or other is None or weaker < LEAST_POWER * stronger:
            return None
        return (first, second) if float(one @ other) < LIKE_STEMS else None

    def _likeness(self, heard: list[Samples], reference: Audio) -> list[float]:
        wanted = self._encoder.embed(reference.resample(SAMPLE_RATE).mono())
        vectors = [self._embedded(samples) for samples in heard]
        return [-1.0 if vector is None else float(vector @ wanted) for vector in vectors]

    def _embedded(self, samples: Samples) -> Samples | None:
        """Return the vector of a voice, None if there is too little of it."""
        return self._encoder.embed(samples) if len(samples) > 2 * LEAST_FRAMES * ENCODER_HOP and samples.any() else None


def pitch_hz(samples: Samples) -> float | None:
    """Return the median pitch of a voice at 16 kHz, None if hardly anything in it has one."""
    import pyworld

    pitches, _ = pyworld.dio(np.ascontiguousarray(samples, np.float64), SAMPLE_RATE, frame_period=PITCH_FRAME_MS)
    hop = round(PITCH_FRAME_MS * SAMPLE_RATE / 1_000)
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    level = np.sqrt((frames**2).mean(axis=1))[: len(pitches)]
    voiced = pitches[: len(level)][(pitches[: len(level)] > 0) & (level > 0.3 * np.quantile(level, 0.95))]
    return float(np.median(voiced)) if len(voiced) >= LEAST_VOICED else None


def asks_for_one(target: str) -> bool:
    """Tell whether words ask for a voice by its pitch: the man, the woman, the lower or the higher voice."""
    return bool(LOWER.search(target)) != bool(HIGHER.search(target))


def names_a_voice(target: str) -> bool:
    """Tell whether words name nothing but somebody by the pitch of the voice: `the man`, `the deeper one`."""
    words = [word for word in re.findall(r"[^\W\d_]+", target.lower()) if not _BESIDE.fullmatch(word)]
    return bool(words) and all(LOWER.fullmatch(word) or HIGHER.fullmatch(word) for word in words)


def _pair(voices: tuple[Samples, ...]) -> tuple[Audio, Audio]:
    first, second = (Audio(np.ascontiguousarray(voice[None]), SAMPLE_RATE) for voice in voices)
    return first, second


def _by_pitch(pitches: tuple[float | None, ...], target: str) -> int | None:
    """Return the place of the voice that the words mean, None if their pitches do not tell."""
    first, second = pitches
    if first is None or second is None or abs(12 * np.log2(first / second)) < APART_SEMITONES:
        return None
    lower = int(second < first)
    return lower if LOWER.search(target) else 1 - lower


def _by_likeness(likeness: list[float]) -> int | None:
    place = int(np.argmax(likeness))
    return place if likeness[place] >= max(LIKE_REFERENCE, likeness[1 - place] + REFERENCE_MARGIN) else None
