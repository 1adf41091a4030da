import numpy as np
import pytest

from model_wrappers.torch.windows import Windowing

WINDOWING = Windowing(length=100, overlap=20, grain=10)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("samples", [1, 10, 99, 100, 101, 180, 181, 1_000])
def test_windows_joined_again_are_the_waveform(samples: int) -> None:
    waveform = noise(samples)
    windows = WINDOWING.cut(waveform)
    assert len({window.shape for window in windows}) == 1
    np.testing.assert_allclose(WINDOWING.join(windows, samples), waveform, atol=1e-6)


def test_channels_are_cut_and_joined_one_by_one() -> None:
    waveform = noise(3, 250)
    np.testing.assert_allclose(WINDOWING.join_channels(WINDOWING.cut_channels(waveform), 3, 250), waveform, atol=1e-6)
