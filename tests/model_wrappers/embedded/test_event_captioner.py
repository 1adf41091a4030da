import re

import pytest

from evaluation.sound_mixtures import random_mixtures
from evaluation.sound_sources import sources_for
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest
from model_wrappers.contract.tasks.events import SoundEvent
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest, SoundDetectionResponse
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionResponse
from model_wrappers.embedded.event_captioner.event_captioner import EventCaptioner, _clauses, write_caption
from model_wrappers.embedded.yamnet.yamnet import YAMNet, YAMNetConfig
from model_wrappers.sounds.audioset import load_class_names
from tests.model_wrappers.measures import RecordedContext

# What a caption must say for each recording of the evaluation set.
NAMED = {
    "crow": "crow",
    "turkey": "turkey",
    "gander": "goose|duck",
    "blackbird": "bird",
    "tiger": "big cat",
    "cow": "cow",
    "sheep": "sheep|goat",
    "saw": "saws",
    "trumpet": "trumpet|brass",
    "horse": "horse",
    "helicopter": "helicopter",
    "jackhammer": "jackhammer",
    "whistle": "whistle|train",
    "chainsaw": "chainsaw",
    "lion": "big cat",
    "till": "cash register",
    "explosion": "explodes|shots",
    "shatter": "glass",
    "stream": "water",
    "burp": "burps",
    "roll": "drum",
    "busy": "telephone",
    "narrator": "somebody says|talk",
}


def event(label: str, onset: float, offset: float, probability: float = 0.8, level: float = -20.0) -> SoundEvent:
    return SoundEvent(label=label, onset=onset, offset=offset, probability=probability, level=level)


def test_four_of_five_true_events_are_named_on_sources_never_tuned_on():
    yamnet = YAMNet(YAMNetConfig())
    yamnet.load("cpu")
    mixtures = random_mixtures(sources_for("evaluation"), 15)
    requests = [SoundDetectionRequest(audio=mixture.audio) for mixture in mixtures]
    named = []
    for mixture, answer in zip(mixtures, yamnet.run_batch(requests, RecordedContext()), strict=True):
        assert isinstance(answer, SoundDetectionResponse), answer
        caption = write_caption(answer.events, 15.0)
        named += [re.search(NAMED[known.source.name], caption) is not None for known in mixture.events]
    assert len(named) == 60
    assert sum(named) / len(named) >= 0.8


@pytest.mark.parametrize(
    ("events", "transcript", "caption"),
    [
        ([], "", "No sound that can be named is heard."),
        ([event("Bark", 1, 2)], "", "A dog barks."),
        ([event("Bark", 1, 2), event("Bow-wow", 1.2, 2), event("Dog", 4, 5)], "", "A dog barks twice."),
        (
            [event("Bark", 1, 1.5), event("Bark", 2, 2.5), event("Toot", 4, 5), event("Conversation", 0, 9, level=-30)],
            "",
            "A dog barks twice, then a car horn sounds while people talk in the background.",
        ),
        ([event("Rain", 0, 10), event("Thunder", 3, 5)], "", "Thunder rolls while rain falls in the background."),
        ([event("Siren", 0, 4), event("Speech", 1, 4)], "Get out!", 'A siren wails while somebody says "Get out!".'),
        ([event("Duck", 0, 2)], "Thank you for watching.", "A duck quacks."),
        ([event("Music", 0, 10)], "", "Music plays."),
        ([event("Bark", 0, 1, level=-40), event("Explosion", 5, 6, level=-10)], "",
         "Something explodes while a dog barks in the background."),
        ([event("Crow", 0, 2, 0.9), event("Duck", 0, 2, 0.8)], "", "A crow caws, perhaps a duck quacks."),
        ([event("Crow", 0, 2, 0.4), event("Duck", 0, 2, 0.3)], "", "Perhaps a crow caws or a duck quacks."),
        ([event("Crow", 0, 2, 0.9), event("Animal", 0, 2, 0.8)], "", "A crow caws."),
    ],
)  # fmt: skip
def test_captions_read_well(events: list[SoundEvent], transcript: str, caption: str):
    assert write_caption(events, 10.0, transcript) == caption


def test_a_long_speech_is_cut_to_its_first_words():
    caption = write_caption([event("Speech", 0, 9)], 10.0, "one two three four five six " * 5)
    assert caption.endswith('one two three four ...".')
    assert len(caption.split()) == 16 + 3


def test_two_names_of_one_sound_are_told_once():
    assert write_caption([event("Duck", 0, 2, 0.9), event("Goose", 0, 2, 0.5)], 10.0) == "A duck quacks."


def test_every_clause_belongs_to_classes_the_detector_knows():
    assert set(_clauses()) <= set(load_class_names())
    assert len(_clauses()) > 300


def test_the_sub_steps_hear_and_transcribe_the_same_audio():
    audio = ArtifactRef(tenant="default", id="0" * 64, kind="audio", media_type="audio/wav", size_bytes=1)
    captioner = EventCaptioner(ModelConfig())
    request = AudioCaptioningRequest(audio=audio)
    steps = captioner.sub_steps(request)
    assert [step.task for step in steps] == ["sound-detection", "speech-recognition"]
    assert all(step.arguments == {"audio": audio} for step in steps)
    outputs = {
        "events": SoundDetectionResponse(events=(event("Speech", 0, 2),)),
        "speech": SpeechRecognitionResponse(text="Hello there.", language="en", duration=2.0),
    }
    assert captioner.combine(request, outputs).text == 'Somebody says "Hello there".'
