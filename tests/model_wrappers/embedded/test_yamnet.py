from collections.abc import Sequence

import numpy as np
import pytest

from evaluation.sound_mixtures import SegmentScore, SoundMixture, place_in_time, random_mixtures, score_segments
from evaluation.sound_sources import SOURCES, SoundSource, sources_for
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest, SoundDetectionResponse
from model_wrappers.contract.tasks.target_sound_detection import (
    TargetSoundDetectionRequest,
    TargetSoundDetectionResponse,
)
from model_wrappers.embedded.yamnet.yamnet import YAMNet, YAMNetConfig
from tests.model_wrappers.measures import RecordedContext

BY_NAME = {source.name: source for source in SOURCES}
SIX = tuple(BY_NAME[name] for name in ("rooster", "reader", "siren", "duck", "drums", "phone"))


@pytest.fixture(scope="module")
def yamnet() -> YAMNet:
    model = YAMNet(YAMNetConfig())
    model.load("cpu")
    return model


@pytest.fixture(scope="module")
def six_events() -> SoundMixture:
    return place_in_time(SIX, seed=0, duration_s=33.0)


@pytest.fixture(scope="module")
def timeline(yamnet: YAMNet, six_events: SoundMixture) -> SoundDetectionResponse:
    return detect(yamnet, six_events.audio)


def detect(yamnet: YAMNet, audio: Audio, **arguments) -> SoundDetectionResponse:
    [answer] = yamnet.run_batch([SoundDetectionRequest(audio=audio, **arguments)], RecordedContext())
    assert isinstance(answer, SoundDetectionResponse), answer
    return answer


def seek(yamnet: YAMNet, audio: Audio, **target) -> TargetSoundDetectionResponse:
    [answer] = yamnet.run_batch([TargetSoundDetectionRequest(audio=audio, **target)], RecordedContext())
    assert isinstance(answer, TargetSoundDetectionResponse), answer
    return answer


def alone(name: str) -> Audio:
    return Audio(BY_NAME[name].waveform()[None], 16_000)


@pytest.mark.parametrize("index", range(len(SIX)), ids=[source.name for source in SIX])
def test_each_of_six_events_is_found_within_half_a_second_of_its_onset(
    yamnet: YAMNet, six_events: SoundMixture, timeline: SoundDetectionResponse, index: int
):
    event, ontology = six_events.events[index], yamnet._ontology
    onsets = [
        found.onset
        for found in timeline.events
        for label in event.source.classes
        if ontology.related(ontology.index[found.label], ontology.index[label])
    ]
    assert min(abs(onset - event.onset) for onset in onsets) < 0.5


def test_events_come_in_order_with_probabilities_above_zero(timeline: SoundDetectionResponse):
    onsets = [event.onset for event in timeline.events]
    assert onsets == sorted(onsets)
    assert all(event.onset < event.offset <= 33.0 and event.probability > 0.1 for event in timeline.events)


def test_the_posteriorgram_covers_the_audio_and_names_its_classes(timeline: SoundDetectionResponse):
    gram = timeline.posteriorgram
    assert gram is not None
    assert gram.probabilities.shape == (138, 521)  # 33 s in steps of 0.24 s
    assert gram.labels[69] == "Dog"
    assert gram.probabilities.min() >= 0
    assert gram.probabilities.max() <= 1


def test_silence_holds_no_event(yamnet: YAMNet):
    assert detect(yamnet, Audio(np.zeros((1, 48_000), np.float32), 16_000)).events == ()


@pytest.mark.parametrize("samples", [1, 400, 15_599, 15_600])
def test_audio_shorter_than_a_window_is_answered(yamnet: YAMNet, samples: int):
    answer = detect(yamnet, Audio(BY_NAME["duck"].waveform()[None, :samples], 16_000))
    assert all(event.offset <= samples / 16_000 + 0.01 for event in answer.events)


def test_a_higher_threshold_keeps_fewer_events(yamnet: YAMNet, six_events: SoundMixture):
    assert len(detect(yamnet, six_events.audio, threshold=0.9).events) < len(detect(yamnet, six_events.audio).events)


def segment_score(yamnet: YAMNet, mixtures: Sequence[SoundMixture], sources: Sequence[SoundSource]) -> SegmentScore:
    """Ask each mixture for one of its sounds, every fifth for one it lacks, and add up the segments."""
    requests, truths = [], []
    for index, mixture in enumerate(mixtures):
        target = mixture.events[index % 4].source
        if index % 5 == 4:
            target = [source for source in sources if not occurrences(mixture, source)][index % 7]
        requests.append(TargetSoundDetectionRequest(audio=mixture.audio, target=target.words))
        truths.append(occurrences(mixture, target))
    total = SegmentScore()
    for answer, truth in zip(yamnet.run_batch(requests, RecordedContext()), truths, strict=True):
        assert isinstance(answer, TargetSoundDetectionResponse), answer
        total += score_segments([(event.onset, event.offset) for event in answer.events], truth, 15.0)
    return total


def occurrences(mixture: SoundMixture, target: SoundSource) -> list[tuple[float, float]]:
    alike = [event for event in mixture.events if set(event.source.classes) & set(target.classes)]
    return [(event.onset, event.offset) for event in alike]


def test_targets_in_words_reach_a_segment_f_score_of_0_7_on_sources_never_tuned_on(yamnet: YAMNet):
    sources = sources_for("evaluation")
    assert segment_score(yamnet, random_mixtures(sources, 30), sources).f_score >= 0.7


@pytest.mark.parametrize(
    ("name", "reference"),
    [("sheep", "goat"), ("shatter", "glass"), ("blackbird", "lark"), ("narrator", "reader"), ("roll", "drums")],
)
def test_another_recording_of_the_sound_finds_it(yamnet: YAMNet, name: str, reference: str):
    mixture = place_in_time([BY_NAME["chainsaw"], BY_NAME[name], BY_NAME["trumpet"]], seed=3)
    answer = seek(yamnet, mixture.audio, reference=alone(reference))
    found = [(event.onset, event.offset) for event in answer.events]
    wanted = mixture.events[1]
    assert score_segments(found, [(wanted.onset, wanted.offset)], 15.0).f_score >= 0.6


def test_an_absent_target_gives_no_events(yamnet: YAMNet, six_events: SoundMixture):
    assert seek(yamnet, six_events.audio, target="a chainsaw").events == ()


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("the sound of a dog barking", "Bark"),
        ("someone talking", "Speech"),
        ("a fire engine's siren", "Fire engine, fire truck (siren)"),
        ("motorbike", "Motorcycle"),
        ("wolves howling", "Canidae, dogs, wolves"),
        ("heavy rain on a roof", "Rain on surface"),
        ("typing on a keyboard", "Typing"),
        ("a woman's voice", "Speech"),
    ],
)
def test_words_are_understood_as_the_class_they_mean(yamnet: YAMNet, words: str, label: str):
    assert seek(yamnet, alone("duck"), target=words).matched[0] == label


@pytest.mark.parametrize("words", ["quantum physics", "the price of gold", "yesterday", "tax law"])
def test_words_for_no_sound_are_refused_with_the_nearest_classes(yamnet: YAMNet, words: str):
    [answer] = yamnet.run_batch([TargetSoundDetectionRequest(audio=alone("duck"), target=words)], RecordedContext())
    assert isinstance(answer, InvalidInput)
    assert "the nearest of the 521 known ones are" in answer.message


def test_a_silent_reference_is_refused(yamnet: YAMNet):
    silence = Audio(np.zeros((1, 16_000), np.float32), 16_000)
    request = TargetSoundDetectionRequest(audio=alone("duck"), reference=silence)
    [answer] = yamnet.run_batch([request], RecordedContext())
    assert isinstance(answer, InvalidInput)
    assert answer.param == "reference"


def test_a_request_is_answered_alike_alone_and_in_any_batch(yamnet: YAMNet):
    audios = [alone("duck"), place_in_time(SIX[:3], seed=5).audio, alone("phone")]
    together = yamnet.run_batch([SoundDetectionRequest(audio=audio) for audio in audios], RecordedContext())
    for audio, answer in zip(audios, together, strict=True):
        apart = detect(yamnet, audio)
        assert isinstance(answer, SoundDetectionResponse)
        assert answer.posteriorgram is not None
        assert apart.posteriorgram is not None
        np.testing.assert_allclose(answer.posteriorgram.probabilities, apart.posteriorgram.probabilities, atol=1e-5)


def test_other_rates_and_channels_are_heard_the_same(yamnet: YAMNet):
    stereo = alone("rooster").resample(44_100)
    answer = detect(yamnet, Audio(np.repeat(stereo.waveform, 2, axis=0), 44_100))
    assert {"Crowing, cock-a-doodle-doo", "Chicken, rooster"} & {event.label for event in answer.events}


def test_a_cancelled_request_stops_and_the_others_go_on(yamnet: YAMNet):
    requests = [SoundDetectionRequest(audio=alone("duck"))] * 2
    stopped, answered = yamnet.run_batch(requests, RecordedContext(cancelled=(0,)))
    assert isinstance(stopped, Cancelled)
    assert isinstance(answered, SoundDetectionResponse)
