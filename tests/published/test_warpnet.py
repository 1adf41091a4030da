from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest, Waypoint
from model_wrappers.published.warpnet.warpnet import WarpNet, WarpNetConfig
from tests.model_wrappers.measures import RecordedContext

EAR_DISTANCE_M = 0.16


def loaded(folder: Path, weights: str) -> WarpNet:
    model = WarpNet(WarpNetConfig(model=str(folder), weights=weights))
    model.load("cpu")
    return model


@pytest.fixture(scope="module")
def model(checkpoint: Callable[[str], Path]) -> WarpNet:
    """A model whose learned part is silent."""
    return loaded(checkpoint("warpnet"), "geometry.net")


@pytest.fixture(scope="module")
def learned(checkpoint: Callable[[str], Path]) -> WarpNet:
    """A model with random parameters."""
    return loaded(checkpoint("warpnet"), "binaural_network.net")


def noise(seconds: float, sample_rate: int = 48_000, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).uniform(-0.1, 0.1, (1, round(seconds * sample_rate)))
    return Audio(samples.astype(np.float32), sample_rate)


def tone(frequency: float) -> Audio:
    """A second of a sine, low enough that a delay between two samples does not change its level."""
    samples = 0.3 * np.sin(2 * np.pi * frequency * np.arange(48_000) / 48_000)
    return Audio(samples[np.newaxis].astype(np.float32), 48_000)


def place(model: WarpNet, audio: Audio, **arguments: object) -> Audio:
    (response,) = model.run_batch([MonoToBinauralRequest(audio=audio, **arguments)], RecordedContext())
    return response.audio


def delay_samples(later: np.ndarray, earlier: np.ndarray) -> int:
    """Return by how many samples `later` follows `earlier`."""
    correlation = np.fft.irfft(np.fft.rfft(later) * np.conj(np.fft.rfft(earlier)))
    shift = int(np.argmax(correlation))
    return shift if shift < len(later) // 2 else shift - len(later)


def test_network_has_as_many_parameters_as_the_published_one() -> None:
    from model_wrappers.published.warpnet.network import WarpNet as Network

    assert sum(parameter.numel() for parameter in Network().parameters()) == 25_858


@pytest.mark.parametrize(("azimuth", "side"), [(90, 1), (-90, -1)])
def test_sound_reaches_the_nearer_ear_first_by_the_way_between_the_ears(
    model: WarpNet, azimuth: float, side: int
) -> None:
    left, right = place(model, noise(1.0), azimuth=azimuth).waveform
    expected = side * EAR_DISTANCE_M / 343 * 48_000
    assert delay_samples(right, left) == pytest.approx(expected, abs=1)


def test_sound_from_ahead_reaches_both_ears_at_once_after_its_way(model: WarpNet) -> None:
    audio = noise(1.0)
    left, right = place(model, audio, azimuth=0, distance=1.0).waveform
    np.testing.assert_array_equal(left, right)
    assert delay_samples(left, audio.waveform[0]) == pytest.approx(np.hypot(1, 0.08) / 343 * 48_000, abs=1)


def test_level_falls_with_distance(model: WarpNet) -> None:
    near, far = (place(model, tone(200.0), distance=distance).waveform.std() for distance in (1.0, 2.0))
    assert near / far == pytest.approx(2.0, rel=0.02)


def test_moving_source_changes_sides(model: WarpNet) -> None:
    path = (Waypoint(time=0, azimuth=90), Waypoint(time=1.9, azimuth=-90))
    left, right = place(model, noise(2.0), path=path).waveform
    assert delay_samples(right[:12_000], left[:12_000]) > 10
    assert delay_samples(right[-12_000:], left[-12_000:]) < -10


@pytest.mark.parametrize("sample_rate", [16_000, 44_100, 48_000])
def test_output_is_as_long_as_the_input_at_its_rate(model: WarpNet, sample_rate: int) -> None:
    placed = place(model, noise(1.234, sample_rate))
    assert placed.sample_rate == sample_rate
    assert placed.waveform.shape == (2, round(1.234 * sample_rate))


def test_batch_equals_one_by_one(learned: WarpNet) -> None:
    requests = [
        MonoToBinauralRequest(audio=noise(seconds, seed=seed), azimuth=azimuth)
        for seed, (seconds, azimuth) in enumerate([(0.7, 30), (1.4, -60), (0.9, 170)])
    ]
    together = learned.run_batch(requests, RecordedContext())
    for request, answer in zip(requests, together, strict=True):
        (alone,) = learned.run_batch([request], RecordedContext())
        np.testing.assert_allclose(answer.audio.waveform, alone.audio.waveform, atol=1e-5)


def test_long_audio_is_warped_in_windows_without_a_seam(learned: WarpNet) -> None:
    audio = noise(12.0)
    placed = place(learned, audio, azimuth=40).waveform
    late = Audio(audio.waveform[:, 9 * 48_000 :], 48_000)
    np.testing.assert_allclose(
        placed[:, 9 * 48_000 + 4_800 :], place(learned, late, azimuth=40).waveform[:, 4_800:], atol=1e-4
    )


def test_request_without_order_in_its_path_fails_alone(model: WarpNet) -> None:
    path = (Waypoint(time=1, azimuth=90), Waypoint(time=0, azimuth=-90))
    requests = [MonoToBinauralRequest(audio=noise(0.2), path=path), MonoToBinauralRequest(audio=noise(0.2))]
    wrong, right = model.run_batch(requests, RecordedContext())
    assert isinstance(wrong, InvalidInput)
    assert right.audio.channels == 2


def test_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    import torch

    torch.save({"warper.layers.0.weight": torch.zeros(1)}, tmp_path / "binaural_network.net")
    with pytest.raises(ModelUnavailable, match="does not load as WarpNet"):
        WarpNet(WarpNetConfig(model=str(tmp_path))).load("cpu")
