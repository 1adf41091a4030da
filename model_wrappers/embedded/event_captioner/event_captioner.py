"""Event captioner: one sentence from the sounds heard, their times and levels, and what is said."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any

from model_wrappers.contract.base import CompositeModel, SubStep
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import ModelFailed
from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest, AudioCaptioningResponse
from model_wrappers.contract.tasks.base import TaskResponse
from model_wrappers.contract.tasks.events import SoundEvent
from model_wrappers.contract.tasks.sound_detection import SoundDetectionResponse
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionResponse

MOST_SOUNDS = 6  # a sentence with more is a list
LEAST_PROBABILITY = 0.25  # mean over an event
STATED = 0.5  # mean over its surest event; below it a sound is told with "perhaps"
NOISES = frozenset(("Noise", "Pink noise", "Static", "White noise"))  # never told, and taken for hissing and rustling
FAR_BELOW_DB = 12.0  # under the loudest sound; heard in the background
MOST_OF_IT = 0.6  # of the recording; a sound that lasts so long beside others is background
MUCH_WEAKER = 0.6  # of the other's strength; a reading this much weaker is not worth a word
SAME_TIME = 0.5  # share of the shorter sound that must overlap for "while"
MOST_WORDS = 16  # of what is said that are quoted
TIMES = {2: " twice", 3: " three times"}
TALKING = "somebody talks"
GENERAL = frozenset(("an animal calls", "music plays", "a vehicle passes", "a machine runs", "an alarm sounds"))
"""Clauses that say nothing beside a more special one."""


@dataclass(frozen=True)
class HeardSound:
    """All events one clause tells of."""

    clause: str
    kind: str
    events: tuple[SoundEvent, ...]
    other_reading: str = ""
    """What the same sound may be as well."""

    @property
    def onset(self) -> float:
        """Begin of the first event in seconds."""
        return min(event.onset for event in self.events)

    @property
    def offset(self) -> float:
        """End of the last event in seconds."""
        return max(event.offset for event in self.events)

    @property
    def length(self) -> float:
        """Seconds of all events together."""
        return sum(event.offset - event.onset for event in self.events)

    @property
    def strength(self) -> float:
        """How sure the detector is, less for a sound shorter than a second."""
        return max(event.probability for event in self.events) * min(1.0, self.length)

    @property
    def level(self) -> float:
        """Level of the loudest event in dB; 0 where the detector measured none."""
        return max((event.level for event in self.events if event.level is not None), default=0.0)


class EventCaptioner(CompositeModel[AudioCaptioningRequest, AudioCaptioningResponse]):
    """Write a sentence from the answers of a sound detector and a speech recogniser."""

    part_tasks = ("sound-detection", "speech-recognition")

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Captions from sound events and speech",
            tasks=("audio-captioning",),
            method="composite",
            licence="Apache-2.0",
            source="sound-detection and speech-recognition, and rules for the sentence",
            revision="152 clauses for 377 sound classes",
            output_languages=("en",),
            limits=Limits(max_duration_s=1_800),
            memory_mb=1,
        )

    def sub_steps(self, request: AudioCaptioningRequest) -> tuple[SubStep, ...]:
        """Ask for the events and for what is said."""
        return (
            SubStep("events", "sound-detection", {"audio": request.audio}),
            SubStep("speech", "speech-recognition", {"audio": request.audio}),
        )

    def combine(self, request: AudioCaptioningRequest, outputs: Mapping[str, TaskResponse]) -> AudioCaptioningResponse:
        """Write the sentence; words the recogniser made up where nobody speaks are left out."""
        events, speech = outputs["events"], outputs["speech"]
        if not isinstance(events, SoundDetectionResponse) or not isinstance(speech, SpeechRecognitionResponse):
            raise ModelFailed("The captioner was not given the answers of sound-detection and speech-recognition.")
        return AudioCaptioningResponse(text=write_caption(events.events, speech.duration, speech.text))


def write_caption(events: Sequence[SoundEvent], duration_s: float, transcript: str = "") -> str:
    """Return one sentence on what is heard.

    Args:
        events: What a sound detector found.
        duration_s: Length of the recording.
        transcript: What is said in it, if anything.
    """
    sounds = heard_sounds(events)
    if not sounds:
        return "No sound that can be named is heard."
    behind = _background(sounds, duration_s)
    front = sorted((sound for sound in sounds if sound not in behind), key=lambda sound: sound.onset)
    sentence = _narrate(front, transcript)
    if behind:
        sentence += f" while {_listed([_clause(sound, '') for sound in behind])} in the background"
    return sentence[0].upper() + sentence[1:] + "."


def heard_sounds(events: Iterable[SoundEvent]) -> list[HeardSound]:
    """Return what to tell of, at most `MOST_SOUNDS` sounds, each under one reading."""
    groups: dict[tuple[str, str], list[SoundEvent]] = {}
    for event in events:
        named = ("", "noise") if event.label in NOISES else _clauses().get(event.label)
        if named and event.probability >= LEAST_PROBABILITY:
            groups.setdefault(named, []).append(event)
    sounds = [HeardSound(clause, kind, _joined(found)) for (clause, kind), found in groups.items()]
    kept: list[HeardSound] = []
    for sound in sorted(sounds, key=lambda sound: -sound.strength):
        surer = next((k for k, other in enumerate(kept) if _is_misread(sound, other)), None)
        if surer is None:
            kept.append(sound)
        elif sound.clause not in GENERAL and _is_rival(sound, kept[surer]):
            kept[surer] = replace(kept[surer], other_reading=sound.clause)
    return [sound for sound in kept if sound.clause][:MOST_SOUNDS]


def _is_misread(sound: HeardSound, other: HeardSound) -> bool:
    """Tell whether a sound is likely a stronger one by another name: alike, or much weaker at the same time."""
    alike = sound.kind == other.kind or sound.strength < MUCH_WEAKER * other.strength
    return alike and _overlap(sound, other) > SAME_TIME


def _is_rival(sound: HeardSound, surer: HeardSound) -> bool:
    """Tell whether a reading is nearly as likely as the one that is told, and worth telling beside it."""
    return not surer.other_reading and bool(surer.clause) and sound.strength >= MUCH_WEAKER * surer.strength


@lru_cache(maxsize=1)
def _clauses() -> dict[str, tuple[str, str]]:
    text = resources.files(__package__).joinpath("event_clauses.json").read_text(encoding="utf-8")
    return {label: (row["clause"], row["kind"]) for row in json.loads(text) for label in row["labels"]}


def _joined(events: Sequence[SoundEvent]) -> tuple[SoundEvent, ...]:
    """Make one event of those that overlap, so that two names of one bark are not two barks."""
    joined: list[SoundEvent] = []
    for event in sorted(events, key=lambda event: event.onset):
        if joined and event.onset <= joined[-1].offset:
            surer = max(joined[-1], event, key=lambda heard: heard.probability)
            end = max(joined[-1].offset, event.offset)
            joined[-1] = surer.model_copy(update={"onset": joined[-1].onset, "offset": end})
        else:
            joined.append(event)
    return tuple(joined)


def _overlap(one: HeardSound, other: HeardSound) -> float:
    """Return the share of the shorter sound during which both are heard."""
    shared = sum(max(0.0, min(a.offset, b.offset) - max(a.onset, b.onset)) for a in one.events for b in other.events)
    return shared / max(min(one.length, other.length), 1e-6)


def _background(sounds: Sequence[HeardSound], duration_s: float) -> list[HeardSound]:
    """Return the sounds that go on beneath the others or are much quieter than the loudest; never all of them."""
    loudest = max(sound.level for sound in sounds)
    behind = [
        sound for sound in sounds if sound.level < loudest - FAR_BELOW_DB or sound.length > MOST_OF_IT * duration_s
    ]
    return behind if len(behind) < len(sounds) else []


def _narrate(sounds: Sequence[HeardSound], transcript: str) -> str:
    told = _clause(sounds[0], transcript)
    for before, sound in pairwise(sounds):
        told += " while " if _overlap(before, sound) > SAME_TIME else ", then "
        told += _clause(sound, transcript)
    return told


def _clause(sound: HeardSound, transcript: str) -> str:
    if sound.clause == TALKING and transcript.strip():
        words = transcript.split()
        quoted = " ".join(words[:MOST_WORDS]).rstrip(".,;: ") + (" ..." if len(words) > MOST_WORDS else "")
        return f'somebody says "{quoted}"'
    count = len(sound.events)
    perhaps = "perhaps " if max(event.probability for event in sound.events) < STATED else ""
    told = perhaps + sound.clause + (TIMES.get(count, " several times") if count > 1 else "")
    if not sound.other_reading:
        return told
    return f"{told} or {sound.other_reading}" if perhaps else f"{told}, perhaps {sound.other_reading}"


def _listed(clauses: Sequence[str]) -> str:
    return clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"
