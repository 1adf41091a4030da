"""One of two people speaking, kept by the pitch of the voice or by a recording of it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.capability.standard_voices import book_voice
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest, SoundExtractionResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.embedded.event_guided_extraction.event_guided_extraction import (
    EventGuidedExtraction,
    EventGuidedExtractionConfig,
)
from model_wrappers.embedded.event_guided_extraction.one_voice import asks_for_one, pitch_hz
from model_wrappers.embedded.hibari.hibari import Hibari, HibariConfig
from tests.model_wrappers.measures import RecordedContext, si_sdr_db

Samples = NDArray[np.float32]
SAMPLE_RATE = 16_000  # Hz
TURN = 2 * SAMPLE_RATE
TURNS = 4  # of each
TEXT = (
    "The morning was cold and the streets were empty. Nobody had opened the shops yet, and the only sound came from a "
    "tram that turned into the square. I bought a paper and sat down by the window of the station, waiting for it."
)


@pytest.fixture(scope="module")
def extraction() -> EventGuidedExtraction:
    model = EventGuidedExtraction(EventGuidedExtractionConfig())
    model.load("cpu")
    return model


@pytest.fixture(scope="module")
def man() -> Samples:
    return book_voice(TURNS * TURN / SAMPLE_RATE + 3)


@pytest.fixture(scope="module")
def woman() -> Samples:
    voice = Hibari(HibariConfig())
    voice.load("cpu")
    (answer,) = voice.run_batch([TextToSpeechRequest(text=TEXT, language="en")], RecordedContext())
    assert isinstance(answer, TextToSpeechResponse)
    assert isinstance(answer.audio, Audio)
    spoken = answer.audio.resample(SAMPLE_RATE).mono()
    return np.asarray(0.05 * np.resize(spoken, TURNS * TURN + 3 * SAMPLE_RATE) / spoken.std(), np.float32)


def in_turns(first: Samples, second: Samples) -> tuple[Samples, Samples]:
    """Both voices, each silent while the other speaks."""
    mine = np.tile(np.repeat([1.0, 0.0], TURN), TURNS).astype(np.float32)
    places = np.arange(2 * TURNS * TURN)
    spoken = [voice[places // (2 * TURN) * TURN + places % TURN] for voice in (first, second)]
    return spoken[0] * mine, spoken[1] * (1 - mine)


def extracted(
    model: EventGuidedExtraction, waveform: Samples, target: str, reference: Samples | None = None
) -> SoundExtractionResponse:
    request = SoundExtractionRequest(
        audio=Audio(np.atleast_2d(waveform), SAMPLE_RATE),
        target=target,
        reference=None if reference is None else Audio(reference[None], SAMPLE_RATE),
    )
    [answer] = model.run_batch([request], RecordedContext())
    assert isinstance(answer, SoundExtractionResponse), answer
    return answer


def test_pitch_is_that_of_the_voice(man: Samples, woman: Samples) -> None:
    assert 80 < (pitch_hz(man) or 0) < 130
    assert 170 < (pitch_hz(woman) or 0) < 250
    assert pitch_hz(np.zeros(SAMPLE_RATE, np.float32)) is None


@pytest.mark.parametrize(("target", "lower"), [("the man's voice", True), ("the higher voice", False)])
def test_of_two_who_take_turns_one_is_kept(
    extraction: EventGuidedExtraction, man: Samples, woman: Samples, target: str, lower: bool
) -> None:
    his, hers = in_turns(man, woman)
    answer = extracted(extraction, his + hers, target)
    wanted, other = (his, hers) if lower else (hers, his)
    assert not answer.all_voices
    assert (answer.pitches_hz[0] < answer.pitches_hz[1]) is lower
    assert answer.audio.waveform.shape == (1, len(his))
    assert si_sdr_db(answer.audio.waveform[0], wanted) > 6
    assert si_sdr_db(answer.audio.waveform[0], other) < -6


@pytest.mark.parametrize("hers_is_wanted", [True, False])
def test_of_two_at_two_microphones_one_is_kept(
    extraction: EventGuidedExtraction, man: Samples, woman: Samples, hers_is_wanted: bool
) -> None:
    his, hers = man[: 6 * SAMPLE_RATE], woman[: 6 * SAMPLE_RATE]
    heard = np.stack([his + 0.6 * np.roll(hers, 4), 0.5 * np.roll(his, 6) + hers])
    answer = extracted(extraction, heard, "a woman speaking" if hers_is_wanted else "a man speaking")
    wanted, other = (hers, his) if hers_is_wanted else (his, hers)
    assert not answer.all_voices
    assert si_sdr_db(answer.audio.waveform[0], 0.6 * np.roll(wanted, 4) if hers_is_wanted else wanted) > 8
    assert si_sdr_db(answer.audio.waveform[0], other) < -6


def test_of_two_on_a_channel_each_one_is_kept(extraction: EventGuidedExtraction, man: Samples, woman: Samples) -> None:
    his, hers = in_turns(man, woman)
    answer = extracted(extraction, np.stack([his, hers]), "the woman")
    assert si_sdr_db(answer.audio.waveform[0], hers) > 20


@pytest.mark.parametrize("hers_is_wanted", [True, False])
def test_a_recording_tells_whose_voice_is_kept(
    extraction: EventGuidedExtraction, man: Samples, woman: Samples, hers_is_wanted: bool
) -> None:
    his, hers = in_turns(man, woman)
    wanted, reference = (hers, woman) if hers_is_wanted else (his, man)
    answer = extracted(extraction, his + hers, "this person", reference[-3 * SAMPLE_RATE :])
    assert si_sdr_db(answer.audio.waveform[0], wanted) > 6
    assert (answer.similarity or 0) > 0.6


def test_two_who_speak_at_once_on_one_channel_are_not_told_apart(
    extraction: EventGuidedExtraction, man: Samples, woman: Samples
) -> None:
    answer = extracted(extraction, man[: 6 * SAMPLE_RATE] + woman[: 6 * SAMPLE_RATE], "the man")
    assert answer.all_voices


def test_one_who_speaks_alone_is_kept_whole(extraction: EventGuidedExtraction, man: Samples) -> None:
    answer = extracted(extraction, man[: 6 * SAMPLE_RATE], "the man")
    assert answer.all_voices
    assert si_sdr_db(answer.audio.waveform[0], man[: 6 * SAMPLE_RATE]) > 8


@pytest.mark.parametrize(
    ("target", "asks"),
    [
        ("the man", True),
        ("a female voice", True),
        ("the deeper voice", True),
        ("the women", False),
        ("a man and a woman", False),
        ("speech", False),
        ("the other speaker", False),
    ],
)
def test_words_that_mean_one_voice(target: str, asks: bool) -> None:
    assert asks_for_one(target) is asks
