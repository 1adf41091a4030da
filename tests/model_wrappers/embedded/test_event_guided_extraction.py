import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.sound_sources import SOURCES
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest, SoundExtractionResponse
from model_wrappers.embedded.event_guided_extraction.event_guided_extraction import (
    EventGuidedExtraction,
    EventGuidedExtractionConfig,
)
from tests.model_wrappers.measures import RecordedContext, si_sdr_db

BY_NAME = {source.name: source for source in SOURCES}
SAMPLES = 64_000  # 4 s
PAUSE = np.zeros(4_800, np.float32)  # 0.3 s
PAIRS = (
    ("crow", "helicopter"),
    ("narrator", "jackhammer"),
    ("turkey", "trumpet"),
    ("horse", "chainsaw"),
    ("cow", "stream"),
    ("tiger", "whistle"),
    ("blackbird", "narrator"),
    ("busy", "roll"),
    ("explosion", "blackbird"),
)


@pytest.fixture(scope="module")
def extraction() -> EventGuidedExtraction:
    model = EventGuidedExtraction(EventGuidedExtractionConfig())
    model.load("cpu")
    return model


def repeated(name: str) -> NDArray[np.float32]:
    """A source with pauses until 4 s are full, at the loudness all sources have."""
    once = np.concatenate([BY_NAME[name].waveform(), PAUSE])
    samples = np.tile(once, -(-SAMPLES // len(once)))[:SAMPLES]
    return samples / np.sqrt((samples**2).mean()) * np.float32(0.08)


def request(mixture: NDArray[np.float32], target: str) -> SoundExtractionRequest:
    return SoundExtractionRequest(audio=Audio(mixture[None], 16_000), target=target)


def improvement_db(extraction: EventGuidedExtraction, wanted: str, other: str) -> float:
    """SI-SDR gained over the mixture; a sound too faint to be heard in it is refused and counts as nothing gained."""
    mixture = repeated(wanted) + repeated(other)
    [answer] = extraction.run_batch([request(mixture, BY_NAME[wanted].words)], RecordedContext())
    if isinstance(answer, InvalidInput):
        return 0.0
    assert isinstance(answer, SoundExtractionResponse), answer
    return si_sdr_db(answer.audio.waveform[0], repeated(wanted)) - si_sdr_db(mixture, repeated(wanted))


def test_wanted_sounds_come_out_3_db_clearer_on_average_over_18_mixtures(extraction: EventGuidedExtraction):
    directions = [*PAIRS, *((other, wanted) for wanted, other in PAIRS)]
    improvements = [improvement_db(extraction, wanted, other) for wanted, other in directions]
    assert len(improvements) == 18
    assert np.mean(improvements) >= 3.0


def test_only_the_stretch_with_the_target_is_kept(extraction: EventGuidedExtraction):
    mixture = np.concatenate([repeated("bee"), repeated("bee"), repeated("phone"), repeated("bee"), repeated("bee")])
    [answer] = extraction.run_batch([request(mixture, "a telephone")], RecordedContext())
    assert isinstance(answer, SoundExtractionResponse), answer
    levels = np.sqrt((answer.audio.waveform[0].reshape(5, -1) ** 2).mean(axis=1))
    assert answer.audio.waveform.shape == (1, len(mixture))
    assert levels[2] > 3 * max(levels[0], levels[4])
    assert not answer.unchanged


def test_a_sound_that_is_not_there_is_answered_with_what_is(extraction: EventGuidedExtraction):
    [answer] = extraction.run_batch([request(repeated("duck"), "a chainsaw")], RecordedContext())
    assert isinstance(answer, InvalidInput)
    assert answer.message.startswith("'a chainsaw' (understood as Chainsaw) is not heard in the audio; what is heard: ")
    assert "Duck" in answer.message


def test_the_answer_is_the_same_alone_and_in_a_batch(extraction: EventGuidedExtraction):
    requests = [request(repeated("phone") + repeated("reader"), "a telephone"), request(repeated("duck"), "a duck")]
    together = extraction.run_batch(requests, RecordedContext())
    [alone] = extraction.run_batch(requests[:1], RecordedContext())
    assert isinstance(together[0], SoundExtractionResponse)
    assert isinstance(alone, SoundExtractionResponse)
    np.testing.assert_array_equal(together[0].audio.waveform, alone.audio.waveform)


@pytest.mark.parametrize("samples", [1, 400, 8_000])
def test_short_audio_keeps_its_length(extraction: EventGuidedExtraction, samples: int):
    [answer] = extraction.run_batch([request(repeated("duck")[:samples], "a duck")], RecordedContext())
    if isinstance(answer, SoundExtractionResponse):
        assert answer.audio.waveform.shape == (1, samples)
    else:
        assert isinstance(answer, InvalidInput), answer


def test_a_cancelled_request_stops(extraction: EventGuidedExtraction):
    [answer] = extraction.run_batch([request(repeated("duck"), "a duck")], RecordedContext(cancelled=(0,)))
    assert isinstance(answer, Cancelled)


def test_somebody_speaking_comes_out_better_than_by_components(extraction: EventGuidedExtraction):
    spoken, other = repeated("narrator"), repeated("chainsaw")
    [answer] = extraction.run_batch([request(spoken + other, "the person speaking")], RecordedContext())
    assert isinstance(answer, SoundExtractionResponse), answer
    assert answer.matched[0] == "Speech"
    assert answer.audio.waveform.shape == (1, len(spoken))
    assert si_sdr_db(answer.audio.waveform[0], spoken) - si_sdr_db(spoken + other, spoken) >= 5.0


@pytest.mark.parametrize("name", ["rooster", "vacuum", "drums"])
def test_a_sound_alone_is_left_as_it_is(extraction: EventGuidedExtraction, name: str):
    [answer] = extraction.run_batch([request(repeated(name), BY_NAME[name].words)], RecordedContext())
    assert isinstance(answer, SoundExtractionResponse), answer
    assert si_sdr_db(answer.audio.waveform[0], repeated(name)) > 40
    assert answer.unchanged


@pytest.mark.parametrize(
    ("target", "all_voices"), [("a man speaking", True), ("the deeper voice", True), ("speech", False)]
)
def test_one_speaker_of_several_is_not_promised(
    extraction: EventGuidedExtraction, speech: Audio, target: str, all_voices: bool
) -> None:
    [answer] = extraction.run_batch([SoundExtractionRequest(audio=speech, target=target)], RecordedContext())
    assert isinstance(answer, SoundExtractionResponse), answer
    assert answer.all_voices == all_voices


def test_a_recording_keeps_its_rate_channels_and_place(extraction: EventGuidedExtraction) -> None:
    wanted, other = repeated("crow"), repeated("helicopter")
    sides = np.stack([wanted + other, 0.5 * wanted + other])
    recording = Audio(sides, 16_000).resample(44_100)
    asked = SoundExtractionRequest(audio=recording, target=BY_NAME["crow"].words)
    [answer] = extraction.run_batch([asked], RecordedContext())
    assert isinstance(answer, SoundExtractionResponse), answer
    assert (answer.audio.sample_rate, answer.audio.waveform.shape) == (44_100, recording.waveform.shape)
    left, right = answer.audio.resample(16_000).waveform[:, :SAMPLES]
    assert si_sdr_db(left, wanted) > si_sdr_db(sides[0], wanted) + 1.0
    loudness = np.sqrt((right**2).mean() / (left**2).mean())
    assert 0.4 < loudness < 0.9
