from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisRequest
from model_wrappers.published.espnet.visinger import VISinger, VISingerConfig, _song, _timed
from model_wrappers.singing.mandarin import mandarin_syllables, phonemes_of
from tests.published.contexts import RecordedContext

GREETING = {"lyrics": "你好 AP 我", "notes": ("C4", "D4", "rest", "E4"), "durations": (0.3, 0.4, 0.2, 0.5)}


@pytest.fixture(scope="module")
def model(checkpoint: Callable[[str], Path]) -> VISinger:
    model = VISinger(VISingerConfig(model=str(checkpoint("visinger"))))
    model.load("cpu")
    return model


def song(**changes: object) -> SingingSynthesisRequest:
    return SingingSynthesisRequest(**(GREETING | {"language": "zh"} | changes))


@pytest.mark.parametrize(
    ("syllable", "phonemes"),
    [
        ("ni", ("n", "i")),
        ("shuang", ("sh", "uang")),
        ("ju", ("j", "v")),
        ("yuan", ("y", "van")),
        ("nv", ("n", "v")),
        ("ai", ("ai",)),
        ("lu", ("l", "u")),
    ],
)
def test_syllables_are_split_as_the_voice_was_trained(syllable: str, phonemes: tuple[str, ...]) -> None:
    assert tuple(phonemes_of(syllable)) == phonemes


def test_characters_and_pinyin_may_be_mixed() -> None:
    assert mandarin_syllables("你hao，AP女 | wo") == ["ni", "hao", "AP", "nv", "|", "wo"]


def test_notes_become_the_score_espnet_reads() -> None:
    notes = list(
        _timed(_song(song(lyrics="ni hao AP wo _", notes=("C4", "D4", "rest", "E4", "G4"), durations=(0.5,) * 5)))
    )
    assert notes == [
        (0.0, 0.5, "ni", 60, "n_i"),
        (0.5, 1.0, "hao", 62, "h_ao"),
        (1.0, 1.5, "AP", 0, "AP"),
        (1.5, 2.0, "wo", 64, "w_o"),
        (2.0, 2.5, "—", 67, "o"),
    ]


def test_song_is_sung_at_the_rate_of_the_voice_and_the_same_again(model: VISinger) -> None:
    first, again = (model.run_batch([song()], RecordedContext())[0].audio for _ in range(2))
    assert first.sample_rate == 24_000
    assert first.waveform.shape[1] % 300 == 0
    np.testing.assert_array_equal(first.waveform, again.waveform)


def test_batch_equals_one_by_one(model: VISinger) -> None:
    requests = [song(), song(lyrics="wo", notes=("A3",), durations=(0.7,))]
    together = model.run_batch(requests, RecordedContext())
    for request, answer in zip(requests, together, strict=True):
        (alone,) = model.run_batch([request], RecordedContext())
        np.testing.assert_allclose(answer.audio.waveform, alone.audio.waveform, atol=1e-6)


def test_long_song_is_sung_in_phrases_until_nobody_waits(model: VISinger) -> None:
    verse = {
        "lyrics": "你 AP 好 AP 我",
        "notes": ("C4", "rest", "D4", "rest", "E4"),
        "durations": (15.0, 1.0) * 2 + (1.0,),
    }
    context = RecordedContext(cancel_after={0: 2})
    stopped, sung = model.run_batch([song(**verse), song()], context)
    assert isinstance(stopped, Cancelled)
    assert sung.audio.duration_s > 0
    assert context.fractions[0] == [0.0, pytest.approx(1 / 3)]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"language": "en"}, "language"),
        ({"lyrics": "妈 妈 AP 妈"}, "lyrics"),
        ({"lyrics": "ni qqq AP wo"}, "lyrics"),
        ({"notes": ("C4", "D4", "rest", "H4")}, "notes.3"),
    ],
)
def test_what_it_cannot_sing_is_refused(model: VISinger, changes: dict[str, object], param: str) -> None:
    (refused,) = model.run_batch([song(**changes)], RecordedContext())
    assert isinstance(refused, InvalidInput)
    assert refused.param == param
