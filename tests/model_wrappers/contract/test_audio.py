import numpy as np
import pytest

from model_wrappers.contract.audio import Audio, convert_channels
from model_wrappers.contract.errors import InvalidInput
from tests.model_wrappers.tones import TONE_HZ, main_frequency_hz, tone


@pytest.mark.parametrize("encoding", ["wav", "flac", "mp3", "ogg"])
def test_encoding_and_decoding_keep_the_sound(encoding: str) -> None:
    original = Audio(tone(48_000, 2.0, 2), 48_000)
    data, media_type = original.encode(encoding)  # type: ignore[arg-type]
    decoded = Audio.decode(data)
    assert media_type.startswith("audio/")
    assert decoded.waveform.shape == original.waveform.shape
    assert main_frequency_hz(decoded) == pytest.approx(TONE_HZ, abs=1)


def test_long_audio_can_be_encoded_as_vorbis() -> None:
    ten_minutes = Audio(np.zeros((1, 8_000 * 600), np.float32), 8_000)
    assert Audio.inspect(ten_minutes.encode("ogg")[0])["duration_s"] == 600.0


@pytest.mark.parametrize("encoding", ["wav", "flac"])
def test_lossless_files_hold_every_sample_to_half_a_step(encoding: str) -> None:
    waveform = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 10_000)).astype(np.float32)
    decoded = Audio.decode(Audio(waveform, 16_000).encode(encoding)[0])  # type: ignore[arg-type]
    assert np.abs(decoded.waveform - waveform).max() <= 0.5 / 2**15 + 1e-7


def test_encoding_clips_beyond_full_scale() -> None:
    decoded = Audio.decode(Audio(np.array([[2.0, -2.0]], np.float32), 16_000).encode("wav")[0])
    np.testing.assert_allclose(decoded.waveform, [[1.0, -1.0]], atol=1e-4)


@pytest.mark.parametrize(
    ("encoding", "sample_rate", "channels"),
    [("mp3", 96_000, 1), ("mp3", 44_100, 3), ("ogg", 384_000, 1), ("flac", 44_100, 9)],
)
def test_encodings_refuse_what_they_cannot_hold(encoding: str, sample_rate: int, channels: int) -> None:
    audio = Audio(np.zeros((channels, 100), np.float32), sample_rate)
    with pytest.raises(InvalidInput, match=f"{encoding.upper()} cannot hold {channels} channels at {sample_rate} Hz"):
        audio.encode(encoding)  # type: ignore[arg-type]


def test_audio_without_samples_cannot_be_encoded() -> None:
    with pytest.raises(InvalidInput, match="nothing to encode"):
        Audio(np.zeros((1, 0), np.float32), 16_000).encode()


@pytest.mark.parametrize(
    ("source", "target", "expected"), [(2, 1, [0.5]), (1, 2, [1, 1]), (3, 2, [0.586, 0]), (2, 2, [1, 0])]
)
def test_channels_are_mixed_repeated_or_dropped(source: int, target: int, expected: list[float]) -> None:
    waveform = np.zeros((source, 4), np.float32)
    waveform[0] = 1.0
    np.testing.assert_allclose(convert_channels(waveform, target)[:, 0], expected, atol=1e-3)


def test_stereo_cannot_become_three_channels() -> None:
    with pytest.raises(InvalidInput, match="2 channels; this task needs 1 or at least 3"):
        convert_channels(np.zeros((2, 4), np.float32), 3)


@pytest.mark.parametrize("sample_rate", [8_000, 22_050, 44_100])
@pytest.mark.parametrize("samples", [-7, 0, 7])
def test_matching_sound_has_rate_length_and_pitch_of_its_original(sample_rate: int, samples: int) -> None:
    original = Audio(tone(sample_rate, channels=2), sample_rate)
    made = Audio(tone(16_000, 2.0)[:, : 16_000 + samples], 16_000).matching(original)
    assert (made.sample_rate, made.waveform.shape) == (sample_rate, (1, original.waveform.shape[1]))
    assert main_frequency_hz(made) == pytest.approx(TONE_HZ, abs=2)
