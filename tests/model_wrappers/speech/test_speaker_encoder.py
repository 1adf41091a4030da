import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.speech.speaker_encoder import SpeakerEncoder


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    return SpeakerEncoder()


def test_one_voice_is_nearer_to_itself_than_to_another(encoder: SpeakerEncoder, librivox: tuple[Audio, ...]):
    first, second = (encoder.embed(clip.waveform[0]) for clip in librivox[:2])
    other = encoder.embed(librivox[0].resample(11_000).waveform[0])  # the same words, faster and higher
    assert first @ second > 0.8
    assert first @ other < 0.7


def test_level_does_not_change_a_voice(encoder: SpeakerEncoder, librivox: tuple[Audio, ...]):
    samples = librivox[0].waveform[0]
    assert encoder.embed(samples) @ encoder.embed(0.01 * samples) > 0.9


def test_vectors_have_unit_length(encoder: SpeakerEncoder, librivox: tuple[Audio, ...]):
    vector = encoder.embed(librivox[1].waveform[0, :12_000])
    assert vector.shape == (256,)
    assert np.linalg.norm(vector) == pytest.approx(1)


@pytest.mark.parametrize("samples", [0, 100, 3_000, 50_000])
def test_silence_and_snippets_are_refused(encoder: SpeakerEncoder, samples: int):
    with pytest.raises(InvalidInput, match=r"a voice is known from 0\.4 s on"):
        encoder.embed(np.zeros(samples, np.float32))
