from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest
from model_wrappers.published.lassnet.lassnet import LassNet, LassNetConfig
from tests.model_wrappers.measures import RecordedContext


@pytest.fixture(scope="module")
def model(checkpoint: Callable[[str], Path]) -> LassNet:
    folder = str(checkpoint("lassnet"))
    model = LassNet(LassNetConfig(model=folder, text_model=folder))
    model.load("cpu")
    return model


def noise(seconds: float, channels: int = 1, sample_rate: int = 32_000, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, round(seconds * sample_rate)))
    return Audio(samples.astype(np.float32), sample_rate)


def extract(model: LassNet, audio: Audio, target: str) -> Audio:
    (response,) = model.run_batch([SoundExtractionRequest(audio=audio, target=target)], RecordedContext())
    return response.audio


def test_full_network_has_as_many_parameters_as_the_published_one() -> None:
    import torch

    from model_wrappers.published.lassnet.network import FilmUNet

    with torch.device("meta"):
        network = FilmUNet((32, 64, 128, 256, 384, 384), 256)
    assert sum(parameter.numel() for parameter in network.parameters()) == pytest.approx(52.2e6, rel=0.002)


@pytest.mark.parametrize(("channels", "sample_rate"), [(1, 32_000), (2, 44_100)])
def test_output_keeps_length_rate_and_channels(model: LassNet, channels: int, sample_rate: int) -> None:
    audio = noise(1.5, channels, sample_rate)
    kept = extract(model, audio, "a dog")
    assert kept.sample_rate == sample_rate
    assert kept.waveform.shape == audio.waveform.shape


def test_output_is_a_part_of_the_mixture(model: LassNet) -> None:
    audio = noise(1.0)
    kept = extract(model, audio, "a dog")
    assert 0 < kept.waveform.std() < audio.waveform.std()
    assert np.corrcoef(kept.waveform[0], audio.waveform[0])[0, 1] > 0.5


def test_words_decide_what_is_kept(model: LassNet) -> None:
    audio = noise(1.0)
    dog, rain = (extract(model, audio, target).waveform for target in ("dog barking", "rain on the roof"))
    assert np.abs(dog - rain).max() > 1e-4


def test_batch_of_other_words_and_lengths_equals_one_by_one(model: LassNet) -> None:
    requests = [
        SoundExtractionRequest(audio=noise(1.0, seed=1), target="a dog barking on the roof"),
        SoundExtractionRequest(audio=noise(11.0, seed=2), target="rain"),
        SoundExtractionRequest(audio=noise(0.5, 2, seed=3), target="the dog"),
    ]
    together = model.run_batch(requests, RecordedContext())
    for request, answer in zip(requests, together, strict=True):
        (alone,) = model.run_batch([request], RecordedContext())
        np.testing.assert_allclose(answer.audio.waveform, alone.audio.waveform, atol=1e-4)


def test_folder_without_the_parameters_is_refused(checkpoint: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"has no 'LASSNet\.pt'"):
        LassNet(LassNetConfig(model=str(tmp_path), text_model=str(checkpoint("lassnet")))).load("cpu")
