import io
import os
import struct
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image as PillowImage

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, TooLarge, UnsupportedMedia
from router.media.identification import identify

RATE = 16_000  # Hz
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)


def sound(form: str, subtype: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, TONE, RATE, format=form, subtype=subtype)
    return buffer.getvalue()


def container(form: str, audio_codec: str, *, video_codec: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form) as file:
        audio = file.add_stream(audio_codec, rate=48_000, layout="mono")
        if video_codec:
            video = file.add_stream(video_codec, rate=10)
            video.width = video.height = 64
            video.pix_fmt = "yuv420p"
            for shade in range(10):
                picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 20 * shade, np.uint8), format="rgb24")
                file.mux(video.encode(picture))
            file.mux(video.encode())
        samples = np.repeat(TONE, 3)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 48_000
        file.mux(audio.encode(frame))
        file.mux(audio.encode())
    return buffer.getvalue()


def picture(form: str) -> bytes:
    buffer = io.BytesIO()
    PillowImage.new("RGB", (30, 20), "teal").save(buffer, format=form)
    return buffer.getvalue()


MIDI = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", 4) + b"\x00\xff\x2f\x00"
MUSIC_XML = b'<?xml version="1.0"?><score-partwise version="4.0"><part-list/></score-partwise>'


def packed(score: bytes, name: str = "song.xml", listed: str = "song.xml") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        container = f'<container><rootfiles><rootfile full-path="{listed}"/></rootfiles></container>'
        archive.writestr("META-INF/container.xml", container)
        archive.writestr(name, score)
    return buffer.getvalue()


FILES = {
    "wav": (lambda: sound("WAV", "PCM_16"), "audio", "audio/wav"),
    "8-bit wav": (lambda: sound("WAV", "PCM_U8"), "audio", "audio/wav"),
    "flac": (lambda: sound("FLAC", "PCM_16"), "audio", "audio/flac"),
    "mp3": (lambda: sound("MP3", "MPEG_LAYER_III"), "audio", "audio/mpeg"),
    "vorbis": (lambda: sound("OGG", "VORBIS"), "audio", "audio/ogg"),
    "opus": (lambda: sound("OGG", "OPUS"), "audio", "audio/ogg"),
    "aiff": (lambda: sound("AIFF", "PCM_16"), "audio", "audio/aiff"),
    "m4a": (lambda: container("mp4", "aac"), "audio", "audio/mp4"),
    "webm": (lambda: container("webm", "libopus"), "audio", "audio/webm"),
    "mp4": (lambda: container("mp4", "aac", video_codec="libx264"), "video", "video/mp4"),
    "webm video": (lambda: container("webm", "libopus", video_codec="libvpx"), "video", "video/webm"),
    "png": (lambda: picture("PNG"), "image", "image/png"),
    "jpeg": (lambda: picture("JPEG"), "image", "image/jpeg"),
    "webp": (lambda: picture("WEBP"), "image", "image/webp"),
    "gif": (lambda: picture("GIF"), "image", "image/gif"),
    "bmp": (lambda: picture("BMP"), "image", "image/bmp"),
    "tiff": (lambda: picture("TIFF"), "image", "image/tiff"),
    "midi": (lambda: MIDI, "score", "audio/midi"),
    "musicxml": (lambda: MUSIC_XML, "score", "application/vnd.recordare.musicxml+xml"),
    "mxl": (lambda: packed(MUSIC_XML), "score", "application/vnd.recordare.musicxml"),
    "text": (lambda: "Grüße, 世界\n".encode(), "text", "text/plain; charset=utf-8"),
    "markdown": (lambda: b"<p align=center>A & B</p>\n\n# C", "text", "text/plain; charset=utf-8"),
    "json": (lambda: b'{"a": "<svg/>"}', "text", "text/plain; charset=utf-8"),
}


def test_a_packed_score_is_written_as_its_sung_line(tmp_path: Path) -> None:
    written = tmp_path / "canonical"
    with written.open("wb") as file:
        identify(packed(MUSIC_XML), max_audio_s=10, output=os.dup(file.fileno()))
    plain = tmp_path / "plain"
    with plain.open("wb") as file:
        identify(MUSIC_XML, max_audio_s=10, output=os.dup(file.fileno()))
    assert written.read_bytes() == plain.read_bytes() != b""


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (packed(b"<score-partwise>" + b" " * 50_000_000), TooLarge),
        (packed(MUSIC_XML, listed="absent.xml"), UnsupportedMedia),
        (packed(packed(MUSIC_XML)), UnsupportedMedia),
        (packed(MUSIC_XML)[:-40], UnsupportedMedia),
        (packed(b"<!DOCTYPE a [<!ENTITY b 'bb'>]><score-partwise>&b;</score-partwise>"), UnsupportedMedia),
    ],
    ids=["bomb", "absent", "nested", "cut", "entities"],
)
def test_a_hostile_packed_score_is_refused(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        identify(data, max_audio_s=10)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_told_by_its_content(name: str) -> None:
    make, kind, media_type = FILES[name]
    found = identify(make(), file_name="misleading.bin", max_audio_s=10)
    assert (found.kind, found.media_type) == (kind, media_type)
    if kind == "audio":
        assert found.properties["channels"] == 1
        assert found.properties["duration_s"] == pytest.approx(1.0, abs=0.08)
    if kind == "image":
        assert found.properties == {"width": 30, "height": 20}
    if kind == "video":
        assert (found.properties["width"], found.properties["height"]) == (64, 64)


@pytest.mark.parametrize(("rate", "channels"), [(192_000, 1), (8_000, 8), (44_100, 2)])
def test_unusual_rates_and_channels_are_told(rate: int, channels: int) -> None:
    data, _ = Audio(np.full((channels, rate // 10), 0.1, np.float32), rate).encode()
    found = identify(data, max_audio_s=10)
    assert found.properties == {"sample_rate": rate, "channels": channels, "duration_s": 0.1}


def wav_of(samples: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


BAD = {
    "empty": (lambda: b"", "a.wav", InvalidInput, "'a.wav' is empty"),
    "text named wav": (lambda: b"not a sound", "a.wav", UnsupportedMedia, "'a.wav' holds plain text, not audio"),
    "text named png": (lambda: b"not a picture", "a.png", UnsupportedMedia, "plain text, not image"),
    "no samples": (lambda: wav_of(np.zeros(0, np.float32)), "a.wav", InvalidInput, "no samples"),
    "NaN": (lambda: wav_of(np.array([0, np.nan, 0], np.float32)), "a.wav", InvalidInput, "NaN"),
    "header only": (lambda: sound("WAV", "PCM_16")[:20], "a.wav", UnsupportedMedia, "not a readable audio"),
    "cut picture": (lambda: picture("PNG")[:40], "a.png", UnsupportedMedia, "not a readable image"),
    "cut video": (
        lambda: container("mp4", "aac", video_codec="libx264")[:60],
        "a.mp4",
        UnsupportedMedia,
        "cut off before",
    ),
    "unknown": (lambda: bytes(range(256)) * 4, "a.bin", UnsupportedMedia, "'a.bin' .* is of no known kind"),
    "text with NUL": (lambda: b"half\x00binary", None, UnsupportedMedia, "The file .* is of no known kind"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_reason(name: str) -> None:
    make, file_name, error, message = BAD[name]
    with pytest.raises(AudioGPTError, match=message) as caught:
        identify(make(), file_name=file_name, max_audio_s=10)
    assert type(caught.value) is error
