import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest, Waypoint
from model_wrappers.embedded.kemar import KEMAR, PACKAGE
from model_wrappers.signal.hrtf import Hrtf
from model_wrappers.weights.package_files import package_file
from tests.model_wrappers.measures import RecordedContext

OVERSAMPLING = 8


@pytest.fixture(scope="module")
def kemar() -> KEMAR:
    model = KEMAR(ModelConfig())
    model.load("cpu")
    return model


@pytest.fixture(scope="module")
def measured() -> Hrtf:
    return Hrtf.read_slab(package_file("slab", "data/mit_kemar_normal_pinna.bz2", package=PACKAGE))


def noise(sample_rate: int = 44_100, duration_s: float = 0.5) -> Audio:
    samples = np.random.default_rng(0).standard_normal((1, int(sample_rate * duration_s)))
    return Audio((0.05 * samples).astype(np.float32), sample_rate)


def place(kemar: KEMAR, audio: Audio, **where) -> NDArray[np.float32]:
    [answer] = kemar.run_batch([MonoToBinauralRequest(audio=audio, **where)], RecordedContext())
    assert not isinstance(answer, Exception), answer
    assert answer.audio.sample_rate == audio.sample_rate
    assert answer.audio.waveform.shape == (2, audio.waveform.shape[1])
    return answer.audio.waveform


def itd_us(ears: NDArray, sample_rate: float) -> float:
    """Time by which the sound reaches the left ear before the right one."""
    n_fft = 2 * ears.shape[1]
    left, right = np.fft.rfft(ears, n_fft)
    correlation = np.fft.fftshift(np.fft.irfft(right * left.conj(), n_fft * OVERSAMPLING))
    return (correlation.argmax() - len(correlation) // 2) / (sample_rate * OVERSAMPLING) * 1e6


def ild_db(ears: NDArray) -> float:
    """Level of the left ear above the right one."""
    left, right = (ears**2).sum(axis=1)
    return 10 * np.log10(left / right)


@pytest.mark.parametrize("sample_rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("azimuth", [30, 60, 90, 135, -75])
def test_time_and_level_differences_are_those_measured(kemar: KEMAR, measured: Hrtf, azimuth: int, sample_rate: int):
    [direction] = np.flatnonzero((measured.azimuths == azimuth % 360) & (measured.elevations == 0))
    source = noise(sample_rate)
    at_measured_rate = source.resample(44_100).waveform[0]
    expected = np.stack([fftconvolve(at_measured_rate, ear) for ear in measured.responses[direction]])
    rendered = place(kemar, source, azimuth=azimuth)
    assert itd_us(rendered, sample_rate) == pytest.approx(itd_us(expected, 44_100), rel=0.1)
    assert ild_db(rendered) == pytest.approx(ild_db(expected), rel=0.1)


def test_a_direction_between_measured_ones_lies_between_them(kemar: KEMAR):
    itd = [itd_us(place(kemar, noise(), azimuth=azimuth), 44_100) for azimuth in (40, 42.5, 45)]
    assert itd[0] + 10 < itd[1] < itd[2] - 10


def test_left_and_right_mirror_each_other(kemar: KEMAR):
    left, right = place(kemar, noise(), azimuth=70), place(kemar, noise(), azimuth=-70)
    np.testing.assert_allclose(left, right[::-1], atol=1e-3 * np.abs(left).max())


def test_elevation_changes_the_sound(kemar: KEMAR):
    level, above = place(kemar, noise(), azimuth=0), place(kemar, noise(), azimuth=0, elevation=60)
    ratio_db = 10 * np.log10(np.abs(np.fft.rfft(above[0])) ** 2 / np.abs(np.fft.rfft(level[0])) ** 2)
    assert ratio_db[2_000:8_000].std() > 3


@pytest.mark.parametrize("elevation", [-90, -41, 90])
def test_poles_and_unmeasured_directions_are_answered(kemar: KEMAR, elevation: int):
    ears = place(kemar, noise(), azimuth=0, elevation=elevation)
    assert 0.01 < ears.std() < 0.2


@pytest.mark.parametrize(("distance", "level_db"), [(2, -6.02), (0.5, 6.02), (100, -40)])
def test_level_falls_with_distance(kemar: KEMAR, distance: float, level_db: float):
    near, far = place(kemar, noise(), azimuth=30), place(kemar, noise(), azimuth=30, distance=distance)
    np.testing.assert_allclose(20 * np.log10(far.std() / near.std()), level_db, atol=0.05)


def test_a_near_loud_source_is_scaled_to_full_scale_and_not_clipped(kemar: KEMAR):
    loud = Audio(noise().waveform * 4, 44_100)
    quiet = place(kemar, noise(), azimuth=90, distance=1)
    ears = place(kemar, loud, azimuth=90, distance=0.1)
    assert np.abs(ears).max() == pytest.approx(1)
    np.testing.assert_allclose(ears / ears.std(), quiet / quiet.std(), atol=1e-3)


def test_the_speech_stays_in_time(kemar: KEMAR, librivox: tuple[Audio, ...]):
    ears = place(kemar, librivox[0], azimuth=0)
    correlation = fftconvolve(ears[0], librivox[0].waveform[0, ::-1])
    delay_s = (correlation.argmax() - librivox[0].waveform.shape[1] + 1) / librivox[0].sample_rate
    assert 0 <= delay_s < 0.002


def test_a_source_moving_from_left_to_right_does(kemar: KEMAR):
    path = (Waypoint(time=0, azimuth=90), Waypoint(time=2, azimuth=-90))
    ears = place(kemar, noise(duration_s=2.0), path=path)
    levels = [ild_db(part) for part in np.array_split(ears, 8, axis=1)]
    assert levels[0] > 8
    assert levels[-1] < -8
    assert abs(ild_db(ears[:, 40_000:48_000])) < 2


@pytest.mark.parametrize("azimuths", [(170, -170), (-170, 170)])
def test_a_path_takes_the_shorter_way_round(kemar: KEMAR, azimuths: tuple[int, int]):
    path = tuple(Waypoint(time=float(i), azimuth=azimuth) for i, azimuth in enumerate(azimuths))
    ears = place(kemar, noise(duration_s=1.0), path=path)
    assert max(abs(ild_db(part)) for part in np.array_split(ears, 10, axis=1)) < 5


def test_a_fast_circle_makes_no_clicks(kemar: KEMAR):
    sample_rate = 44_100
    tone = Audio(
        (0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * sample_rate) / sample_rate))[None].astype(np.float32), sample_rate
    )
    path = tuple(Waypoint(time=i / 4, azimuth=(90 * i + 180) % 360 - 180) for i in range(9))
    ears = place(kemar, tone, path=path)[:, 2_000:-2_000]
    spectrum = np.abs(np.fft.rfft(ears * np.hanning(ears.shape[1]))) ** 2
    cut = int(2_000 * ears.shape[1] / sample_rate)
    assert 10 * np.log10(spectrum[:, cut:].sum() / spectrum[:, :cut].sum()) < -60
    steepest = 0.3 * 2 * np.pi * 440 / sample_rate
    assert np.abs(np.diff(ears)).max() < 2.5 * steepest


def test_items_of_a_batch_do_not_touch_each_other(kemar: KEMAR):
    alone = place(kemar, noise(), azimuth=20)
    requests = [
        MonoToBinauralRequest(audio=noise(48_000, 0.2), azimuth=-120),
        MonoToBinauralRequest(audio=noise(), azimuth=20),
    ]
    answers = kemar.run_batch(requests, RecordedContext())
    np.testing.assert_array_equal(answers[1].audio.waveform, alone)


def test_waypoints_out_of_order_are_refused_by_name(kemar: KEMAR):
    path = (Waypoint(time=1, azimuth=0), Waypoint(time=1, azimuth=9))
    [answer] = kemar.run_batch([MonoToBinauralRequest(audio=noise(), path=path)], RecordedContext())
    assert isinstance(answer, InvalidInput)
    assert answer.param == "path.1.time"


def test_work_nobody_waits_for_stops(kemar: KEMAR):
    [answer] = kemar.run_batch([MonoToBinauralRequest(audio=noise())], RecordedContext(cancelled=(0,)))
    assert isinstance(answer, Cancelled)


def test_one_sample_is_enough(kemar: KEMAR):
    assert place(kemar, Audio(np.ones((1, 1), np.float32), 44_100)).shape == (2, 1)
