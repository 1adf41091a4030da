from itertools import permutations

import numpy as np
import pyroomacoustics
import pytest
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest
from model_wrappers.embedded import ilrma
from model_wrappers.embedded.ilrma import ILRMA
from tests.model_wrappers.measures import RecordedContext, si_sdr_db

SAMPLE_RATE = 16_000
Rooms = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


@pytest.fixture(scope="module")
def model() -> ILRMA:
    wrapper = ILRMA(ModelConfig())
    wrapper.load("cpu")
    return wrapper


@pytest.fixture(scope="module")
def voices(librivox: tuple[Audio, ...]) -> NDArray[np.float32]:
    """Two voices of equal level for 8 s, the second one from other sentences and deeper."""
    first = np.concatenate([librivox[0].waveform[0], librivox[1].waveform[0]])
    second = np.concatenate([librivox[3].waveform[0], librivox[2].waveform[0], librivox[4].waveform[0]])
    deeper = Audio(second[None], 13_000).resample(SAMPLE_RATE).waveform[0]
    pair = np.stack([first[: 8 * SAMPLE_RATE], deeper[: 8 * SAMPLE_RATE]])
    return 0.05 * pair / pair.std(axis=1, keepdims=True)


def record(voices: NDArray[np.float32], microphones: int = 2, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Return what each microphone hears of each voice in a furnished room, shape `(voices, microphones, samples)`."""
    room = pyroomacoustics.ShoeBox([6, 5, 3], fs=sample_rate, materials=pyroomacoustics.Material(0.5), max_order=8)
    for place, voice in zip([[1.8, 3.2, 1.5], [4.5, 2.9, 1.6]], voices, strict=True):
        room.add_source(place, signal=voice)
    x = 3 + 0.1 * (np.arange(microphones) - (microphones - 1) / 2)
    room.add_microphone_array(np.stack([x, np.full_like(x, 1.5), np.full_like(x, 1.4)]))
    return room.simulate(return_premix=True)[:, :, : voices.shape[1]].astype(np.float32)


def separate(model: ILRMA, mixture: NDArray[np.float32], sample_rate: int = SAMPLE_RATE, speakers: int = 2):
    request = SpeechSeparationRequest(audio=Audio(mixture, sample_rate), speakers=speakers)
    [answer] = model.run_batch([request], RecordedContext())
    return answer


def improvement_db(answer, images: NDArray[np.float32]) -> float:
    """Return the mean SI-SDR improvement over the first microphone, under the better order of the speakers."""
    mixture, references = images[:, 0].sum(axis=0), images[:, 0]
    estimates = [speaker.waveform[0] for speaker in answer.speakers]
    before = np.mean([si_sdr_db(mixture, reference) for reference in references])
    orders = permutations(estimates)
    return max(np.mean([si_sdr_db(*pair) for pair in zip(order, references, strict=True)]) for order in orders) - before


def test_two_voices_are_separated_by_6_db_with_level_length_and_rate_kept(model: ILRMA, voices):
    images = record(voices)
    answer = separate(model, images.sum(axis=0))
    assert improvement_db(answer, images) > 6
    assert not answer.reverberant
    assert [speaker.sample_rate for speaker in answer.speakers] == [SAMPLE_RATE] * 2
    assert all(speaker.waveform.shape == (1, voices.shape[1]) for speaker in answer.speakers)
    total = sum(speaker.waveform[0] for speaker in answer.speakers)
    np.testing.assert_allclose(total, images.sum(axis=(0))[0], atol=1e-4)


@pytest.mark.parametrize(("rt60_s", "least_db", "reverberant"), [(0.4, 1, False), (0.8, 0, True)])
def test_voices_in_a_live_room_are_separated_better_than_not_at_all(
    model: ILRMA, voices, rt60_s: float, least_db: float, reverberant: bool
):
    absorption, order = pyroomacoustics.inverse_sabine(rt60_s, [6, 5, 3])
    room = pyroomacoustics.ShoeBox(
        [6, 5, 3], fs=SAMPLE_RATE, materials=pyroomacoustics.Material(absorption), max_order=min(order, 25)
    )
    for place, voice in zip([[1.8, 3.2, 1.5], [4.5, 2.9, 1.6]], voices, strict=True):
        room.add_source(place, signal=voice)
    room.add_microphone_array(np.array([[2.95, 3.05], [1.5, 1.5], [1.4, 1.4]]))
    images = room.simulate(return_premix=True)[:, :, : voices.shape[1]].astype(np.float32)
    answer = separate(model, images.sum(axis=0))
    assert improvement_db(answer, images) > least_db
    assert answer.reverberant == reverberant
    total = sum(speaker.waveform[0] for speaker in answer.speakers)
    np.testing.assert_allclose(total, images.sum(axis=0)[0], atol=1e-4)


def test_four_microphones_separate_two_voices(model: ILRMA, voices):
    images = record(voices, microphones=4)
    assert improvement_db(separate(model, images.sum(axis=0)), images) > 6


def test_another_sample_rate_is_kept(model: ILRMA, voices):
    at_24k = np.stack([Audio(voice[None], SAMPLE_RATE).resample(24_000).waveform[0] for voice in voices])
    images = record(at_24k, sample_rate=24_000)
    answer = separate(model, images.sum(axis=0), 24_000)
    assert answer.speakers[0].sample_rate == 24_000
    assert improvement_db(answer, images) > 6


def test_blocks_keep_each_voice_in_its_place(model: ILRMA, voices, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ilrma, "BLOCK_S", 4.0)
    monkeypatch.setattr(ilrma, "OVERLAP", 0.4)
    panned = np.array([[1.0, 0.4], [0.5, 1.0]], np.float32)
    images = panned.T[:, :, None] * voices[:, None, :]
    assert improvement_db(separate(model, images.sum(axis=0)), images) > 10


@pytest.mark.parametrize(
    ("waveform", "speakers", "words"),
    [
        (np.zeros((1, 8_000), np.float32), 2, "1 channel.*for 2 voices.*takes mono"),
        (np.zeros((2, 8_000), np.float32), 3, "2 channel.*for 3 voices"),
        (np.tile(np.sin(np.arange(8_000, dtype=np.float32)), (2, 1)), 2, "carry only 1 different signal.*takes mono"),
    ],
)
def test_too_few_microphones_are_refused_with_what_works(model: ILRMA, waveform, speakers: int, words: str):
    answer = separate(model, waveform, speakers=speakers)
    assert isinstance(answer, InvalidInput)
    with pytest.raises(InvalidInput, match=words):
        raise answer


def test_the_card_says_two_channels_at_least():
    assert ILRMA.card(ModelConfig()).limits.min_channels == 2


def test_silence_stays_silence(model: ILRMA):
    answer = separate(model, np.zeros((2, 20_000), np.float32))
    assert all(not speaker.waveform.any() for speaker in answer.speakers)


@pytest.mark.parametrize("samples", [1, 37, 1_000])
def test_a_recording_shorter_than_a_window_is_answered(model: ILRMA, samples: int):
    noise = np.random.default_rng(0).standard_normal((2, samples)).astype(np.float32) * 0.1
    answer = separate(model, noise) if samples > 1 else separate(model, np.eye(2, samples, dtype=np.float32) * 0)
    assert all(speaker.waveform.shape == (1, samples) for speaker in answer.speakers)


def test_items_of_a_batch_do_not_touch_each_other(model: ILRMA, voices):
    mixture = record(voices).sum(axis=0)[:, : 2 * SAMPLE_RATE]
    alone = separate(model, mixture)
    requests = [
        SpeechSeparationRequest(audio=Audio(mixture[::-1, :SAMPLE_RATE].copy(), SAMPLE_RATE)),
        SpeechSeparationRequest(audio=Audio(mixture, SAMPLE_RATE)),
    ]
    together = model.run_batch(requests, RecordedContext())
    for speaker, expected in zip(together[1].speakers, alone.speakers, strict=True):
        np.testing.assert_array_equal(speaker.waveform, expected.waveform)


def test_work_nobody_waits_for_stops_between_passes(model: ILRMA, voices):
    class Leaving(RecordedContext):
        def cancelled(self, item: int) -> bool:
            return len(self.fractions.get(item, [])) > 5

    context = Leaving()
    request = SpeechSeparationRequest(audio=Audio(record(voices).sum(axis=0), SAMPLE_RATE))
    [answer] = model.run_batch([request], context)
    assert isinstance(answer, Cancelled)
    assert max(context.fractions[0]) < 0.2
