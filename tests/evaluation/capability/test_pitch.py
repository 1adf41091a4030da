import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.capability.pitch import HOP_S, SAMPLE_RATE, contrasts, steady_pitch

TIMES = np.arange(SAMPLE_RATE) / SAMPLE_RATE  # one second


def sung(hertz: float, overtones: int = 7) -> NDArray[np.float32]:
    """Sing a note with overtones that fall by 6 dB an octave."""
    return np.sum(
        [np.sin(2 * np.pi * k * hertz * TIMES) / k for k in range(1, overtones + 1)], axis=0, dtype=np.float32
    )


def noise(level: float) -> NDArray[np.float32]:
    return (level * np.random.default_rng(0).standard_normal(SAMPLE_RATE)).astype(np.float32)


def cents(waveform: NDArray[np.float32], hertz: float) -> float:
    found = steady_pitch(contrasts(waveform))
    assert found is not None
    return 1_200 * float(np.log2(found / hertz))


@pytest.mark.parametrize("hertz", [110.0, 261.63, 440.0, 587.33, 880.0])
@pytest.mark.parametrize("overtones", [1, 3, 7])
def test_a_note_is_measured_within_10_cents(hertz: float, overtones: int) -> None:
    assert abs(cents(sung(hertz, overtones), hertz)) < 10


@pytest.mark.parametrize("hertz", [220.0, 440.0, 880.0])
def test_a_note_sung_an_octave_off_is_an_octave_off(hertz: float) -> None:
    assert cents(sung(hertz / 2), hertz) == pytest.approx(-1_200, abs=10)


@pytest.mark.parametrize("hertz", [293.66, 587.33])
@pytest.mark.parametrize("level", [0.25, 0.4])
def test_noise_at_half_the_pitch_is_not_taken_for_an_octave_error(hertz: float, level: float) -> None:
    spectrum = np.fft.rfft(noise(1.0))
    away = np.abs(np.fft.rfftfreq(SAMPLE_RATE, 1 / SAMPLE_RATE) - hertz / 2)
    breath = np.fft.irfft(spectrum * (away < 40)).astype(np.float32)
    assert abs(cents(sung(hertz) + level * breath / breath.std(), hertz)) < 20


def test_vibrato_leaves_the_pitch_in_its_middle() -> None:
    phase = 2 * np.pi * 440 * np.cumsum(2 ** (0.3 / 12 * np.sin(2 * np.pi * 5.5 * TIMES))) / SAMPLE_RATE
    assert abs(cents(np.sum([np.sin(k * phase) / k for k in range(1, 8)], axis=0, dtype=np.float32), 440)) < 25


@pytest.mark.parametrize("waveform", [noise(0.1), np.zeros(SAMPLE_RATE, np.float32)], ids=["noise", "silence"])
def test_what_is_not_sung_has_no_pitch(waveform: NDArray[np.float32]) -> None:
    assert steady_pitch(contrasts(waveform)) is None


def test_an_empty_stretch_has_no_pitch() -> None:
    contrast = contrasts(sung(440.0))
    assert len(contrast) == pytest.approx(1 / HOP_S, abs=2)
    assert steady_pitch(contrast[:0]) is None
