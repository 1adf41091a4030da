import contextlib
import io
import struct

import av
import numpy as np
import pytest
import soundfile

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput, RequestError, TooLarge, UnsupportedMedia
from tests.model_wrappers.tones import TONE_HZ, main_frequency_hz, tone


def written(
    file_format: str, subtype: str, sample_rate: int, channels: int, duration_s: float = 1.0, endian: str = "FILE"
) -> bytes:
    buffer = io.BytesIO()
    waveform = tone(sample_rate, duration_s, channels)
    soundfile.write(buffer, waveform.T, sample_rate, subtype, endian, file_format)
    return buffer.getvalue()


def muxed(container_format: str, codec: str, sample_rate: int, duration_s: float = 1.0) -> bytes:
    """A stereo file of a format that libsndfile does not know."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=sample_rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(tone(sample_rate, duration_s, 2), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = sample_rate, 0
        resampler = av.AudioResampler(stream.format, "stereo", sample_rate, stream.codec_context.frame_size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return buffer.getvalue()


WRITTEN = [
    pytest.param("WAV", "PCM_U8", 8_000, 1, id="wav-8-bit"),
    pytest.param("WAV", "PCM_16", 192_000, 8, id="wav-192-kHz-8-channels"),
    pytest.param("WAV", "PCM_24", 44_100, 2, id="wav-24-bit"),
    pytest.param("WAV", "PCM_32", 48_000, 2, id="wav-32-bit"),
    pytest.param("WAV", "FLOAT", 22_050, 1, id="wav-float"),
    pytest.param("WAV", "DOUBLE", 96_000, 2, id="wav-double"),
    pytest.param("WAV", "ULAW", 8_000, 1, id="wav-mu-law"),
    pytest.param("FLAC", "PCM_24", 96_000, 2, id="flac-24-bit"),
    pytest.param("MP3", "MPEG_LAYER_III", 44_100, 2, id="mp3"),
    pytest.param("OGG", "VORBIS", 32_000, 2, id="vorbis"),
    pytest.param("OGG", "OPUS", 48_000, 1, id="opus"),
    pytest.param("AIFF", "PCM_16", 11_025, 1, id="aiff"),
]


MUXED = [
    pytest.param("ipod", "aac", 44_100, id="m4a"),
    pytest.param("mp4", "alac", 48_000, id="m4a-lossless"),
    pytest.param("webm", "libopus", 48_000, id="webm"),
    pytest.param("adts", "aac", 24_000, id="aac"),
]


@pytest.mark.parametrize(("file_format", "subtype", "sample_rate", "channels"), WRITTEN)
def test_file_keeps_rate_channels_length_and_pitch(
    file_format: str, subtype: str, sample_rate: int, channels: int
) -> None:
    data = written(file_format, subtype, sample_rate, channels)
    audio = Audio.decode(data)
    assert Audio.inspect(data) == audio.properties()
    assert (audio.sample_rate, audio.channels, audio.waveform.dtype) == (sample_rate, channels, np.float32)
    assert audio.duration_s == pytest.approx(1.0, abs=0.001)
    assert main_frequency_hz(audio) == pytest.approx(TONE_HZ, abs=2)
    assert np.sqrt(np.mean(audio.waveform**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize(("container_format", "codec", "sample_rate"), MUXED)
def test_container_keeps_rate_channels_length_and_pitch(container_format: str, codec: str, sample_rate: int) -> None:
    audio = Audio.decode(muxed(container_format, codec, sample_rate))
    assert (audio.sample_rate, audio.channels, audio.waveform.dtype) == (sample_rate, 2, np.float32)
    assert audio.duration_s == pytest.approx(1.0, abs=0.1)  # AAC is padded to whole frames
    assert main_frequency_hz(audio) == pytest.approx(TONE_HZ, abs=2)


@pytest.mark.parametrize(("file_format", "subtype", "sample_rate", "channels"), WRITTEN)
def test_decoding_converts_to_what_a_model_takes(
    file_format: str, subtype: str, sample_rate: int, channels: int
) -> None:
    audio = Audio.decode(written(file_format, subtype, sample_rate, channels), sample_rate=16_000, channels=1)
    assert (audio.sample_rate, audio.channels) == (16_000, 1)
    assert audio.waveform.flags.c_contiguous
    assert audio.waveform.shape[1] == pytest.approx(16_000, abs=1)
    assert main_frequency_hz(audio) == pytest.approx(TONE_HZ, abs=2)


@pytest.mark.parametrize("samples", [100, 65_535, 65_536, 65_537, 200_001])
@pytest.mark.parametrize(("source", "target"), [(44_100, 16_000), (16_000, 48_000), (192_000, 8_000), (22_050, 44_100)])
def test_resampling_in_blocks_has_the_exact_length_and_sound(samples: int, source: int, target: int) -> None:
    whole = Audio(tone(source, samples / source), source)
    decoded = Audio.decode(whole.encode("wav")[0], sample_rate=target)
    assert abs(decoded.waveform.shape[1] - round(samples * target / source)) <= 1
    at_once = whole.resample(target).waveform
    shorter = min(at_once.shape[1], decoded.waveform.shape[1])
    np.testing.assert_allclose(decoded.waveform[:, :shorter], at_once[:, :shorter], atol=2e-3)


def test_flac_of_unknown_length_is_read_to_its_end() -> None:
    data = bytearray(written("FLAC", "PCM_16", 16_000, 1))
    total_samples = int.from_bytes(data[21:26], "big")
    data[21:26] = (total_samples & ~((1 << 36) - 1)).to_bytes(5, "big")  # as streaming encoders leave it
    assert Audio.decode(bytes(data)).duration_s == 1.0


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(written("WAV", "PCM_16", 16_000, 1, 4.0), id="wav"),
        pytest.param(written("AIFF", "PCM_16", 16_000, 1, 4.0), id="aiff"),
        pytest.param(muxed("webm", "libopus", 48_000, 4.0), id="webm"),
        pytest.param(written("FLAC", "PCM_16", 16_000, 1, 4.0), id="flac"),
    ],
)
def test_file_cut_in_the_middle_is_read_up_to_the_cut(data: bytes) -> None:
    audio = Audio.decode(data[: len(data) // 2])
    assert audio.duration_s == pytest.approx(2.0, abs=0.3)
    assert main_frequency_hz(audio) == pytest.approx(TONE_HZ, abs=2)


def test_mp3_cut_in_the_middle_is_not_filled_up_with_repetitions() -> None:
    waveform = np.concatenate([tone(44_100, 2.0), np.zeros((1, 88_200), np.float32)], axis=1)
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, waveform.shape).astype(np.float32)
    data, _ = Audio(waveform + noise, 44_100).encode("mp3")
    assert Audio.decode(data[: len(data) // 2]).duration_s == pytest.approx(2.0, abs=0.3)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"RIFF", id="four bytes"),
        pytest.param(b"These are words and not sound.\n" * 100, id="text"),
        pytest.param(b"%PDF-1.7\n" + bytes(1000), id="pdf"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(1000), id="png"),
        pytest.param(np.random.default_rng(0).bytes(10_000), id="noise"),
        pytest.param(written("WAV", "PCM_16", 16_000, 1)[:20], id="half a wav header"),
        pytest.param(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n", id="playlist"),
        pytest.param(b"ffconcat version 1.0\nfile '/etc/hostname'\n", id="concatenation"),
    ],
)
def test_what_is_no_audio_is_refused_with_the_formats_that_are(data: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match="send WAV, FLAC, MP3"):
        Audio.decode(data)
    with pytest.raises(UnsupportedMedia, match="send WAV, FLAC, MP3"):
        Audio.inspect(data)


def test_playlist_that_names_a_real_recording_is_not_followed(tmp_path_factory: pytest.TempPathFactory) -> None:
    recording = tmp_path_factory.mktemp("private") / "secret.wav"
    recording.write_bytes(written("WAV", "PCM_16", 16_000, 1))
    with pytest.raises(UnsupportedMedia):
        Audio.decode(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{recording}\n#EXT-X-ENDLIST\n".encode())


def test_video_without_sound_is_refused() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(UnsupportedMedia):
        Audio.decode(buffer.getvalue())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused_with_their_place(value: float) -> None:
    waveform = tone(16_000, 5.0)[0]
    waveform[70_000] = value
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, 16_000, "FLOAT", format="WAV")
    with pytest.raises(InvalidInput, match=r"NaN or infinite samples after 4\.096 s"):
        Audio.decode(buffer.getvalue())


@pytest.mark.parametrize("file_format", ["WAV", "OGG"])
def test_file_without_samples_is_refused(file_format: str) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(0, np.float32), 16_000, format=file_format)
    with pytest.raises(InvalidInput, match="no samples"):
        Audio.inspect(buffer.getvalue())


@pytest.mark.parametrize("file_format", ["WAV", "FLAC", "MP3", "OGG"])
def test_file_of_one_sample_is_read(file_format: str) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(1, 0.5, np.float32), 16_000, format=file_format)
    assert Audio.decode(buffer.getvalue()).waveform.shape == (1, 1)


def test_audio_of_which_resampling_leaves_nothing_is_refused() -> None:
    data, _ = Audio(np.full((1, 1), 0.5, np.float32), 48_000).encode("wav")
    with pytest.raises(InvalidInput, match="too short"):
        Audio.decode(data, sample_rate=16_000)


@pytest.mark.parametrize(("sample_rate", "channels"), [(500, 1), (500_000, 1), (16_000, 65)])
def test_rates_and_channels_beyond_the_limits_are_refused(sample_rate: int, channels: int) -> None:
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + 2 * channels, b"WAVE", b"fmt ", 16, 1, channels, sample_rate),
        *(2 * channels * sample_rate, 2 * channels, 16, b"data", 2 * channels),
    )
    with pytest.raises(UnsupportedMedia, match=f"{channels} channels at {sample_rate} Hz; allowed are"):
        Audio.decode(header + bytes(2 * channels))


def test_decoding_stops_at_the_size_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_wrappers.contract.audio.MAX_VALUES", 20_000)
    with pytest.raises(TooLarge, match="send a shorter file"):
        Audio.decode(written("WAV", "PCM_16", 16_000, 2, 1.0))


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_give_audio_or_an_error_of_ours(seed: int) -> None:
    generator = np.random.default_rng(seed)
    formats = [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")]
    data = bytearray(written(*formats[seed % len(formats)], 16_000, 1))
    for place in generator.integers(0, len(data), 20):
        data[place] = generator.integers(256)
    with contextlib.suppress(RequestError):
        audio = Audio.decode(bytes(data), sample_rate=16_000, channels=1)
        assert np.isfinite(audio.waveform).all()
