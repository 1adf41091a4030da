import numpy as np
import pytest
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest, AudioInpaintingResponse
from model_wrappers.embedded.gap_filling import AUTOREGRESSIVE, ROOM_TONE, SEGMENTS, GapFilling, GapFillingConfig
from tests.model_wrappers.measures import RecordedContext, snr_db

SAMPLE_RATE = 16_000


@pytest.fixture(scope="module")
def model() -> GapFilling:
    wrapper = GapFilling(GapFillingConfig())
    wrapper.load("cpu")
    return wrapper


@pytest.fixture(scope="module")
def music() -> Audio:
    """Plucked strings: decaying chords of ten harmonics with a little noise, 10 s."""
    random = np.random.default_rng(0)
    times = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE
    waveform = 1e-3 * random.standard_normal(len(times))
    for onset in np.arange(0, 10, 0.5):
        since = np.maximum(times - onset, 0)
        for pitch in random.choice([110.0, 146.8, 164.8, 220.0, 261.6], 3, replace=False):
            for harmonic in range(1, 11):
                decay = np.exp(-2 * harmonic**0.5 * since) * (times >= onset)
                waveform += 0.03 / harmonic * decay * np.sin(2 * np.pi * harmonic * pitch * since)
    return Audio(waveform[None].astype(np.float32), SAMPLE_RATE)


@pytest.fixture(params=["speech", "music"])
def recording(request: pytest.FixtureRequest) -> Audio:
    return request.getfixturevalue(request.param)


def fill(model: GapFilling, audio: Audio, start: float, end: float) -> AudioInpaintingResponse:
    [answer] = model.run_batch([AudioInpaintingRequest(audio=audio, start=start, end=end)], RecordedContext())
    assert isinstance(answer, AudioInpaintingResponse), answer
    return answer


def filled_gaps(
    model: GapFilling, audio: Audio, duration_s: float, method: str, count: int
) -> list[tuple[NDArray, NDArray, NDArray]]:
    """Fill gaps in the loud parts of a recording; return original, filled and linearly interpolated samples of each."""
    random, samples = np.random.default_rng(1), audio.waveform[0]
    length, found = int(duration_s * SAMPLE_RATE), []
    while len(found) < count:
        begin = int(random.integers(SAMPLE_RATE, len(samples) - SAMPLE_RATE - length))
        original = samples[begin : begin + length]
        if original.std() < 0.3 * samples.std():
            continue
        damaged = samples.copy()
        damaged[begin : begin + length] = 0
        answer = fill(model, Audio(damaged[None], SAMPLE_RATE), begin / SAMPLE_RATE, (begin + length) / SAMPLE_RATE)
        assert answer.method == method
        line = np.linspace(samples[begin - 1], samples[begin + length], length + 2)[1:-1]
        found.append((original, answer.audio.waveform[0, begin : begin + length], line))
    return found


def log_spectral_distance_db(estimate: NDArray, reference: NDArray) -> float:
    frames = [np.lib.stride_tricks.sliding_window_view(x, 320)[::160] * np.hanning(320) for x in (estimate, reference)]
    levels = [10 * np.log10(np.abs(np.fft.rfft(frame)) ** 2 + 1e-6) for frame in frames]
    return float(np.sqrt(((levels[0] - levels[1]) ** 2).mean(axis=1)).mean())


@pytest.mark.parametrize("duration_s", [0.005, 0.02, 0.05])
def test_short_gaps_are_nearer_to_the_original_than_a_straight_line(
    model: GapFilling, recording: Audio, duration_s: float
):
    gaps = filled_gaps(model, recording, duration_s, AUTOREGRESSIVE, count=40)
    gains_db = [snr_db(filled, original) - snr_db(line, original) for original, filled, line in gaps]
    assert np.median(gains_db) > 1
    assert np.mean(gains_db) > 1


@pytest.mark.parametrize("duration_s", [0.12, 0.4, 1.0])
def test_a_long_gap_in_speech_is_filled_with_the_sound_of_the_room_and_no_word(
    model: GapFilling, speech: Audio, duration_s: float
):
    loud = speech.waveform.std()
    for original, filled, line in filled_gaps(model, speech, duration_s, ROOM_TONE, count=8):
        assert 0 < filled[SAMPLE_RATE // 25 : -SAMPLE_RATE // 25].std() < 0.1 * loud
        assert snr_db(filled, original) > snr_db(line, original) - 0.5
        assert log_spectral_distance_db(filled, original) < log_spectral_distance_db(line, original)


@pytest.mark.parametrize("duration_s", [0.12, 0.4, 1.0])
def test_long_gaps_in_music_sound_nearer_to_the_original_than_silence_or_a_straight_line(
    model: GapFilling, music: Audio, duration_s: float
):
    for original, filled, line in filled_gaps(model, music, duration_s, SEGMENTS, count=8):
        distance = log_spectral_distance_db(filled, original)
        assert distance < log_spectral_distance_db(line, original)
        assert distance < log_spectral_distance_db(np.zeros_like(original), original)


@pytest.mark.parametrize("duration_s", [0.12, 0.4, 1.0])
@pytest.mark.parametrize("kind", ["music", "noise"])
def test_a_copied_segment_is_on_average_no_farther_from_the_original_than_a_straight_line(
    model: GapFilling, music: Audio, kind: str, duration_s: float
):
    noise = 0.1 * np.random.default_rng(5).standard_normal((1, 10 * SAMPLE_RATE))
    sound = music if kind == "music" else Audio(noise.astype(np.float32), SAMPLE_RATE)
    gaps = filled_gaps(model, sound, duration_s, SEGMENTS, count=8)
    assert np.mean([snr_db(filled, original) - snr_db(line, original) for original, filled, line in gaps]) > 0


@pytest.mark.parametrize(("start", "end"), [(1.9, 1.93), (1.9, 3.8), (0.0, 0.5), (6.0, 8.0)])
def test_samples_outside_the_gap_stay_bit_exact(model: GapFilling, speech: Audio, start: float, end: float):
    audio = Audio(speech.waveform[:, : 8 * SAMPLE_RATE], SAMPLE_RATE)
    answer = fill(model, audio, start, end)
    begin, stop = int(start * SAMPLE_RATE), int(end * SAMPLE_RATE)
    np.testing.assert_array_equal(answer.audio.waveform[:, :begin], audio.waveform[:, :begin])
    np.testing.assert_array_equal(answer.audio.waveform[:, stop:], audio.waveform[:, stop:])
    assert (answer.start, answer.end) == (start, end)
    assert answer.audio.waveform[0, begin:stop].std() > 0


@pytest.mark.parametrize("duration_s", [0.03, 0.3, 2.5])
def test_the_joins_do_not_click(model: GapFilling, recording: Audio, duration_s: float):
    samples = recording.waveform[0]
    steepest = np.abs(np.diff(samples, n=2)).max()
    for begin in range(2 * SAMPLE_RATE, 7 * SAMPLE_RATE, SAMPLE_RATE):
        length = int(duration_s * SAMPLE_RATE)
        answer = fill(model, recording, begin / SAMPLE_RATE, (begin + length) / SAMPLE_RATE)
        bends = np.abs(np.diff(answer.audio.waveform[0, begin - 4 : begin + length + 4], n=2))
        assert bends.max() <= steepest


def test_what_stands_in_the_gap_is_not_used(model: GapFilling, speech: Audio):
    damaged = speech.waveform.copy()
    damaged[:, 32_000:40_000] = 1.0
    expected = fill(model, speech, 2.0, 2.5).audio.waveform
    np.testing.assert_array_equal(fill(model, Audio(damaged, SAMPLE_RATE), 2.0, 2.5).audio.waveform, expected)


def test_channels_are_filled_from_the_same_places(model: GapFilling, speech: Audio):
    stereo = Audio(np.concatenate([speech.waveform, -0.5 * speech.waveform]), SAMPLE_RATE)
    left, right = fill(model, stereo, 3.0, 3.6).audio.waveform
    np.testing.assert_allclose(right, -0.5 * left, atol=1e-6)


@pytest.mark.parametrize("sample_rate", [8_000, 44_100])
def test_other_sample_rates_are_kept(model: GapFilling, speech: Audio, sample_rate: int):
    audio = Audio(speech.waveform[:, : 4 * SAMPLE_RATE], SAMPLE_RATE).resample(sample_rate)
    answer = fill(model, audio, 1.5, 1.9)
    assert (answer.audio.sample_rate, answer.audio.waveform.shape) == (sample_rate, audio.waveform.shape)


@pytest.mark.parametrize("gap", [(0.2, 0.9), (0.0, 0.95), (0.01, 1.0), (0.5, 0.5001)])
def test_little_sound_around_the_gap_is_enough(model: GapFilling, speech: Audio, gap: tuple[float, float]):
    audio = Audio(speech.waveform[:, SAMPLE_RATE : 2 * SAMPLE_RATE], SAMPLE_RATE)
    assert np.isfinite(fill(model, audio, *gap).audio.waveform).all()


def test_silence_is_filled_with_silence(model: GapFilling):
    for end in (0.55, 0.9):
        assert not fill(
            model, Audio(np.zeros((1, SAMPLE_RATE), np.float32), SAMPLE_RATE), 0.5, end
        ).audio.waveform.any()


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (3.0, 12.0, "beyond the end.*lasts 10.090 s"),
        (11.0, 12.0, "beyond the end.*lasts 10.090 s"),
        (0.0, 10.09, "the whole audio"),
    ],
)
def test_impossible_gaps_are_refused_with_what_is_possible(
    model: GapFilling, speech: Audio, start: float, end: float, words: str
):
    request = AudioInpaintingRequest(audio=speech, start=start, end=end)
    [answer] = GapFilling(GapFillingConfig(max_gap_s=60)).run_batch([request], RecordedContext())
    with pytest.raises(InvalidInput, match=words):
        raise answer
    [answer] = model.run_batch([AudioInpaintingRequest(audio=speech, start=0.0, end=10.05)], RecordedContext())
    with pytest.raises(InvalidInput, match=r"lasts 10\.05 s.*at most 10 s"):
        raise answer


def test_an_end_rounded_up_is_the_end(model: GapFilling, speech: Audio):
    assert fill(model, speech, 9.9, 10.095).end == speech.duration_s


def test_items_of_a_batch_do_not_touch_each_other(model: GapFilling, speech: Audio, music: Audio):
    requests = [
        AudioInpaintingRequest(audio=music, start=1.0, end=2.0),
        AudioInpaintingRequest(audio=speech, start=3.0, end=3.4),
    ]
    answers = model.run_batch(requests, RecordedContext())
    np.testing.assert_array_equal(answers[1].audio.waveform, fill(model, speech, 3.0, 3.4).audio.waveform)


def test_work_nobody_waits_for_stops_between_pieces(model: GapFilling, music: Audio):
    class Leaving(RecordedContext):
        def cancelled(self, item: int) -> bool:
            return len(self.fractions.get(item, [])) == 2

    request = AudioInpaintingRequest(audio=music, start=3.0, end=8.0)
    [answer] = model.run_batch([request], Leaving())
    assert isinstance(answer, Cancelled)
