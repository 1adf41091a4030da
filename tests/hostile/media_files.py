"""One small good file of every format the server says it takes."""

import io
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import mido
import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image as PillowImage

Make = Callable[[NDArray[np.float32], int], bytes]

# Hz, of codecs that do not take every rate
RATES = {"libopus": 48_000, "ac3": 48_000, "eac3": 48_000}
FLV_RATE = 22_050


def written(form: str, subtype: str) -> Make:
    """Files as libsndfile writes them; samples have shape `(channels, frames)`."""

    def make(waveform: NDArray[np.float32], rate: int) -> bytes:
        buffer = io.BytesIO()
        soundfile.write(buffer, waveform.T, rate, subtype, format=form)
        return buffer.getvalue()

    return make


def muxed(container: str, codec: str, *, video: str | None = None, layout: str | None = None) -> Make:
    """Files as FFmpeg writes them, with a grey film if `video` names its codec."""

    def make(waveform: NDArray[np.float32], rate: int) -> bytes:
        buffer = io.BytesIO()
        target_rate = FLV_RATE if (container, codec) == ("flv", "libmp3lame") else RATES.get(codec, rate)
        kind = layout or {1: "mono", 2: "stereo", 6: "5.1"}[len(waveform)]
        with av.open(buffer, "w", format=container) as file:
            film = _film(file, video) if video else None
            stream: Any = file.add_stream(codec, rate=target_rate, layout=kind)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(waveform), format="fltp", layout=kind)
            frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
            size = stream.codec_context.frame_size or 1_024
            resampler = av.AudioResampler(stream.format, kind, target_rate, size)
            parts = [*resampler.resample(frame), *resampler.resample(None)]
            for number, part in enumerate(parts):
                if film is not None and number % 20 == 0:
                    _add_picture(file, film, number // 20)
                file.mux(stream.encode(part))
            file.mux(stream.encode(None))
            if film is not None:
                file.mux(film.encode(None))
        return buffer.getvalue()

    return make


def _film(file: Any, codec: str) -> Any:
    film = file.add_stream(codec, rate=25)
    film.width = film.height = 64
    film.pix_fmt = "yuv420p"
    return film


def _add_picture(file: Any, film: Any, number: int) -> None:
    pixels = np.full((64, 64, 3), 20 + number % 200, np.uint8)
    file.mux(film.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))


SOUNDS: dict[str, Make] = {
    "wav": written("WAV", "PCM_16"),
    "wav-24": written("WAV", "PCM_24"),
    "wav-float": written("WAV", "FLOAT"),
    "wav-mu-law": written("WAV", "ULAW"),
    "wav-adpcm": written("WAV", "IMA_ADPCM"),
    "wav-extensible": written("WAVEX", "PCM_16"),
    "rf64": written("RF64", "PCM_16"),
    "w64": written("W64", "PCM_16"),
    "aiff": written("AIFF", "PCM_16"),
    "au": written("AU", "PCM_16"),
    "caf-pcm": written("CAF", "PCM_16"),
    "caf-alac": written("CAF", "ALAC_16"),
    "voc": written("VOC", "PCM_16"),
    "flac": written("FLAC", "PCM_16"),
    "mp3": written("MP3", "MPEG_LAYER_III"),
    "vorbis": written("OGG", "VORBIS"),
    "opus": muxed("ogg", "libopus"),
    "m4a": muxed("ipod", "aac"),
    "m4a-alac": muxed("ipod", "alac"),
    "mov": muxed("mov", "pcm_s16le"),
    "3gp": muxed("3gp", "aac"),
    "aac": muxed("adts", "aac"),
    "webm": muxed("webm", "libopus"),
    "mka-ac3": muxed("matroska", "ac3"),
    "mka-flac": muxed("matroska", "flac"),
    "flv": muxed("flv", "libmp3lame"),
    "flv-aac": muxed("flv", "aac"),
    "mpeg-ps": muxed("mpeg", "mp2"),
    "mpeg-ts": muxed("mpegts", "aac"),
    "avi": muxed("avi", "libmp3lame"),
    "asf": muxed("asf", "libmp3lame"),
    "ac3": muxed("ac3", "ac3"),
    "eac3": muxed("eac3", "eac3"),
    "wavpack": muxed("wv", "wavpack"),
    "tta": muxed("tta", "tta"),
    "mp4-video": muxed("mp4", "aac", video="libx264"),
    "webm-video": muxed("webm", "libopus", video="libvpx"),
    "mpeg-ps-video": muxed("mpeg", "mp2", video="mpeg1video"),
    "avi-video": muxed("avi", "libmp3lame", video="mpeg4"),
    "flv-video": muxed("flv", "aac", video="flv1"),
}


def picture(form: str, mode: str = "RGB", **options: Any) -> bytes:
    """A picture of some colours."""
    pixels = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).convert(mode).save(buffer, format=form, **options)
    return buffer.getvalue()


def exif_picture() -> bytes:
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    return picture("JPEG", exif=exif)


PICTURES: dict[str, Callable[[], bytes]] = {
    "png": lambda: picture("PNG"),
    "png-palette": lambda: picture("PNG", "P"),
    "png-grey": lambda: picture("PNG", "LA"),
    "jpeg": exif_picture,
    "jpeg-progressive": lambda: picture("JPEG", progressive=True),
    "webp": lambda: picture("WEBP"),
    "webp-lossless": lambda: picture("WEBP", lossless=True),
    "gif": lambda: picture("GIF"),
    "bmp": lambda: picture("BMP"),
    "tiff": lambda: picture("TIFF"),
    "tiff-lzw": lambda: picture("TIFF", compression="tiff_lzw"),
    "tiff-jpeg": lambda: picture("TIFF", compression="jpeg"),
}


def midi(words: tuple[str, ...] = ("Twin-", "kle", "star"), kind: str = "lyrics") -> bytes:
    """A MIDI file of one sung line."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000), mido.MetaMessage("track_name", name="voice")])
    for number, word in enumerate(words):
        track.append(mido.MetaMessage(kind, text=word))
        track.append(mido.Message("note_on", note=60 + number, velocity=80))
        track.append(mido.Message("note_off", note=60 + number, time=480))
    buffer = io.BytesIO()
    mido.MidiFile(tracks=[track], ticks_per_beat=480).save(file=buffer)
    return buffer.getvalue()


MUSIC_XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">
<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>2</divisions></attributes>
<direction><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>120</per-minute></metronome></direction-type></direction>
<note><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration><lyric><syllabic>begin</syllabic><text>lit</text></lyric></note>
<note><pitch><step>F</step><alter>1</alter><octave>4</octave></pitch><duration>2</duration><lyric><syllabic>end</syllabic><text>tle</text></lyric></note>
<note><rest/><duration>2</duration></note>
<note><pitch><step>G</step><octave>4</octave></pitch><duration>4</duration><lyric><text>star</text></lyric></note>
</measure></part></score-partwise>
"""

SCORES: dict[str, Callable[[], bytes]] = {
    "midi": midi,
    "karaoke": lambda: midi(("\\Twin", "kle", " star"), "text"),
    "musicxml": lambda: MUSIC_XML,
}


def amr(frames: int = 50, *, silent_every: int = 0) -> bytes:
    """AMR of one tone-less voice: 12.2 kbit/s frames, some of them comfort noise."""
    data = bytearray(b"#!AMR\n")
    bits = np.random.default_rng(0)
    for number in range(frames):
        silent = silent_every and number % silent_every
        data += bytes([8 << 3 | 4]) + bits.bytes(5) if silent else bytes([7 << 3 | 4]) + bits.bytes(31)
    return bytes(data)


def tone(rate: int = 16_000, duration_s: float = 0.4, channels: int = 1) -> NDArray[np.float32]:
    """A tone, shape `(channels, frames)`."""
    time_s = np.arange(round(rate * duration_s)) / rate
    return np.tile((0.4 * np.sin(2 * np.pi * 440 * time_s)).astype(np.float32), (channels, 1))


def with_sizes(data: bytes, riff: int, samples: int) -> bytes:
    """A WAV file of 44 bytes of header with other sizes in it."""
    return data[:4] + struct.pack("<I", riff) + data[8:40] + struct.pack("<I", samples) + data[44:]
