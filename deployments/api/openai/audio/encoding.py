"""Sound as it is made, encoded piece by piece into the formats OpenAI's clients ask for."""

import asyncio
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol, cast

import numpy as np
import soxr
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio, to_pcm

SAMPLE_RATE = 24_000  # Hz, of every answer, as OpenAI's
SpeechFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
MEDIA_TYPES: dict[SpeechFormat, str] = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg; codecs=opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
HEADER_BYTES = 44  # of WAV
PLAIN = ("wav", "pcm")  # nothing to compress


@dataclass(frozen=True)
class Codec:
    """What FFmpeg calls a format, and its options."""

    container: str
    name: str
    bit_rate: int | None = None
    codec_options: tuple[tuple[str, str], ...] = ()
    container_options: tuple[tuple[str, str], ...] = ()


CODECS: dict[str, Codec] = {
    # No header that counts the frames: it would be written at the end, over the beginning. No bit reservoir: every
    # frame can be decoded by itself, wherever a listener joins.
    "mp3": Codec("mp3", "libmp3lame", 64_000, (("compression_level", "7"), ("reservoir", "0")), (("write_xing", "0"),)),
    # Half the work of libopus' default; pages of 100 ms instead of a second, so that sound is sent as it is made.
    "opus": Codec(
        "ogg",
        "libopus",
        32_000,
        (("application", "voip"), ("compression_level", "3")),
        (("page_duration", "100000"),),
    ),
    "aac": Codec("adts", "aac", 64_000),
    "flac": Codec("flac", "flac"),
}


class SpeechEncoder(Protocol):
    """Turns mono PCM into the bytes of one file."""

    def encode(self, pcm: NDArray[np.int16]) -> bytes:
        """Take samples of shape `(samples,)` and return what bytes they complete."""
        ...

    def finish(self) -> bytes:
        """Return the last bytes."""
        ...


class PCMEncoder:
    """16-bit samples, little-endian, in a WAV file whose length is left open, or bare."""

    def __init__(self, *, header: bool) -> None:
        """Choose whether to begin with a WAV header."""
        self._head = _wav_header(None) if header else b""

    def encode(self, pcm: NDArray[np.int16]) -> bytes:
        """Return the samples' bytes."""
        head, self._head = self._head, b""
        return head + pcm.astype("<i2", copy=False).tobytes()

    def finish(self) -> bytes:
        """Return nothing: the samples are all."""
        return b""


class CodecEncoder:
    """A compressed file, written by FFmpeg as it grows."""

    def __init__(self, codec: Codec) -> None:
        """Open the codec."""
        import av

        self._written = bytearray()
        sink: Any = _Sink(self._written)
        self._file: Any = av.open(sink, "w", format=codec.container, options=dict(codec.container_options))
        options = dict(codec.codec_options)
        self._stream = cast(Any, self._file.add_stream(codec.name, rate=SAMPLE_RATE, layout="mono", options=options))
        if codec.bit_rate:
            self._stream.bit_rate = codec.bit_rate
        self._samples = 0

    def encode(self, pcm: NDArray[np.int16]) -> bytes:
        """Return the bytes of the packets the samples complete."""
        import av

        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, self._samples
        frame.time_base = Fraction(1, SAMPLE_RATE)
        self._samples += len(pcm)
        self._file.mux(self._stream.encode(frame))
        return self._taken()

    def finish(self) -> bytes:
        """Return the rest of the file."""
        self._file.mux(self._stream.encode(None))
        self._file.close()
        return self._taken()

    def _taken(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


class _Sink:
    """The only thing FFmpeg needs of a file that cannot go back."""

    def __init__(self, written: bytearray) -> None:
        self._written = written

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)


class SpeechWriter:
    """Encodes audio of any rate and channels that comes in pieces."""

    def __init__(self, speech_format: SpeechFormat) -> None:
        """Begin a file."""
        self._encoder: SpeechEncoder = (
            PCMEncoder(header=speech_format == "wav") if speech_format in PLAIN else CodecEncoder(CODECS[speech_format])
        )
        self._resampler: soxr.ResampleStream | None = None

    def write(self, audio: Audio) -> bytes:
        """Return the bytes a piece of sound completes; all pieces have one sample rate."""
        waveform = audio.mono()
        if audio.sample_rate != SAMPLE_RATE:
            if self._resampler is None:
                self._resampler = soxr.ResampleStream(audio.sample_rate, SAMPLE_RATE, 1, dtype="float32")
            waveform = self._resampler.resample_chunk(waveform)
        return self._encoder.encode(to_pcm(waveform)) if len(waveform) else b""

    async def written(self, audio: Audio) -> bytes:
        """Return what `write` does, out of the event loop's way where that takes long."""
        if isinstance(self._encoder, PCMEncoder):
            return self.write(audio)
        return await asyncio.to_thread(self.write, audio)

    async def finished(self) -> bytes:
        """Return what `finish` does, out of the event loop's way where that takes long."""
        if isinstance(self._encoder, PCMEncoder):
            return self.finish()
        return await asyncio.to_thread(self.finish)

    def finish(self) -> bytes:
        """Return the rest of the file."""
        rest = b""
        if self._resampler is not None:
            tail = self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)
            rest = self._encoder.encode(to_pcm(tail)) if len(tail) else b""
        return rest + self._encoder.finish()


def encode_all(pieces: Iterator[Audio], speech_format: SpeechFormat) -> bytes:
    """Return a complete file."""
    writer = SpeechWriter("pcm" if speech_format == "wav" else speech_format)
    data = b"".join([*map(writer.write, pieces), writer.finish()])
    return _wav_header(len(data)) + data if speech_format == "wav" else data


async def encoded(pieces: Sequence[Audio], speech_format: SpeechFormat) -> bytes:
    """Return what `encode_all` does, out of the event loop's way where that takes long."""
    if speech_format in PLAIN:
        return encode_all(iter(pieces), speech_format)
    return await asyncio.to_thread(encode_all, iter(pieces), speech_format)


def _wav_header(size_bytes: int | None) -> bytes:
    """Return the header of a WAV file.

    Args:
        size_bytes: Of the samples; the largest number stands for a length not known yet, as in OpenAI's answers.
    """
    rest = HEADER_BYTES - 8
    whole, samples = (0xFFFF_FFFF, 0xFFFF_FFFF) if size_bytes is None else (size_bytes + rest, size_bytes)
    pcm, channels, width = 1, 1, 2
    layout = struct.pack("<IHHIIHH", 16, pcm, channels, SAMPLE_RATE, SAMPLE_RATE * width, width, 8 * width)
    return b"".join([b"RIFF", struct.pack("<I", whole), b"WAVEfmt ", layout, b"data", struct.pack("<I", samples)])
