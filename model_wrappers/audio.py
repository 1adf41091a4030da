"""Sampled sound: reading every common format, rates and channels, and writing files."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from model_wrappers.artifacts import Kind
from model_wrappers.errors import InvalidInput, TooLarge, UnsupportedMedia

BLOCK_FRAMES = 65_536
MAX_VALUES = 2**28  # samples times channels after conversion: 1 GiB of float32
MIN_SAMPLE_RATE = 1_000  # Hz
MAX_SAMPLE_RATE = 384_000  # Hz
MAX_CHANNELS = 64
FORMATS = "WAV, FLAC, MP3, Ogg Vorbis or Opus, M4A, WebM, AIFF"

Encoding = Literal["wav", "flac", "mp3", "ogg"]
MEDIA_TYPES: dict[Encoding, str] = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "ogg": "audio/ogg"}


@dataclass(frozen=True)
class Audio:
    """Sound; `waveform` is float32 in [-1, 1], shape `(channels, samples)`."""

    waveform: NDArray[np.float32]
    sample_rate: int
    kind: ClassVar[Kind] = "audio"

    @cached_property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.waveform.shape[0])

    @cached_property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.waveform.shape[1] / self.sample_rate

    @classmethod
    def decode(cls, data: bytes, *, sample_rate: int | None = None, channels: int | None = None) -> Self:
        """Read a file, converting block by block so that memory follows the result and not the source.

        Args:
            data: A complete file in any of `FORMATS`.
            sample_rate: Hz to resample to; the file's own rate if None.
            channels: Channels to convert to; the file's own if None.

        Raises:
            UnsupportedMedia: If the bytes are no readable audio.
            InvalidInput: If the audio is empty or holds NaN or infinite samples.
            TooLarge: If the result would exceed `MAX_VALUES` values.
        """
        stream = _Stream.open(data)
        blocks = _bounded(_converted(stream, sample_rate, channels))
        waveform = np.concatenate(list(blocks), axis=1)
        return cls(np.ascontiguousarray(waveform), sample_rate or stream.sample_rate)

    @classmethod
    def blocks(cls, data: bytes, *, channels: int | None = None) -> Iterator[NDArray[np.float32]]:
        """Decode a file in blocks of shape `(channels, frames)` at its own rate, for what must not hold all of it.

        Raises:
            UnsupportedMedia: If the bytes are no readable audio.
            InvalidInput: If the audio is empty or holds NaN or infinite samples.
        """
        return _converted(_Stream.open(data), None, channels)

    @classmethod
    def inspect(cls, data: bytes, *, max_duration_s: float = float("inf")) -> dict[str, Any]:
        """Decode a file to its end without keeping it, and return its properties.

        Raises:
            UnsupportedMedia: If the bytes are no readable audio.
            InvalidInput: If the audio is empty or holds NaN or infinite samples.
            TooLarge: If it is longer than `max_duration_s`; the rest is then not decoded.
        """
        stream = _Stream.open(data)
        frames = 0
        for block in stream.checked():
            frames += block.shape[1]
            if frames > max_duration_s * stream.sample_rate:
                raise TooLarge(f"The audio is longer than the {max_duration_s:g} s allowed; send it in shorter parts.")
        return {
            "sample_rate": stream.sample_rate,
            "channels": stream.channels,
            "duration_s": frames / stream.sample_rate,
        }

    def encode(self, encoding: Encoding = "wav") -> tuple[bytes, str]:
        """Return a complete file and its MIME type; samples beyond full scale are clipped.

        Args:
            encoding: `wav` and `flac` hold 16-bit samples, `mp3` and `ogg` (Vorbis) are lossy.
        """
        buffer = io.BytesIO()
        subtype = {"wav": "PCM_16", "flac": "PCM_16", "mp3": "MPEG_LAYER_III", "ogg": "VORBIS"}[encoding]
        samples = np.clip(self.waveform, -1.0, 1.0).T
        soundfile.write(buffer, samples, self.sample_rate, format=encoding.upper(), subtype=subtype)
        return buffer.getvalue(), MEDIA_TYPES[encoding]

    def properties(self) -> dict[str, Any]:
        """Return sample rate, channels and duration."""
        return {"sample_rate": self.sample_rate, "channels": self.channels, "duration_s": self.duration_s}

    def resample(self, sample_rate: int) -> Self:
        """Return the sound at another sample rate; itself if it already has it."""
        if sample_rate == self.sample_rate:
            return self
        resampled = soxr.resample(self.waveform.T, self.sample_rate, sample_rate)
        return type(self)(np.ascontiguousarray(resampled.T, dtype=np.float32), sample_rate)

    def mono(self) -> NDArray[np.float32]:
        """Return the mean of the channels, shape `(samples,)`."""
        return convert_channels(self.waveform, 1)[0]


def convert_channels(waveform: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Convert a waveform to the given number of channels.

    Args:
        waveform: Samples in [-1, 1], shape `(source_channels, samples)`.
        channels: Number of output channels; one takes the mean, more repeat a mono source or drop the last ones.

    Returns:
        Samples, shape `(channels, samples)`; the input itself if it already matches.

    Raises:
        InvalidInput: If the source is neither mono nor has at least `channels` channels.
    """
    source_channels = waveform.shape[0]
    if source_channels == channels:
        return waveform
    if channels == 1:
        return waveform.mean(axis=0, keepdims=True, dtype=np.float32)
    if source_channels == 1:
        return np.repeat(waveform, channels, axis=0)
    if source_channels > channels:
        return waveform[:channels]
    raise InvalidInput(f"The audio has {source_channels} channels; this task needs 1 or at least {channels}.")


@dataclass
class _Stream:
    """An open audio file as blocks of shape `(channels, frames)`."""

    sample_rate: int
    channels: int
    blocks: Iterable[NDArray[np.float32]]

    @classmethod
    def open(cls, data: bytes) -> Self:
        if not data:
            raise UnsupportedMedia(f"The audio file is empty (0 bytes); send {FORMATS}.")
        stream = cls._open_soundfile(data) or cls._open_av(data)
        if not MIN_SAMPLE_RATE <= stream.sample_rate <= MAX_SAMPLE_RATE or not 1 <= stream.channels <= MAX_CHANNELS:
            raise UnsupportedMedia(
                f"The audio has {stream.channels} channels at {stream.sample_rate} Hz; allowed are 1 to {MAX_CHANNELS} "
                f"channels at {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz."
            )
        return stream

    @classmethod
    def _open_soundfile(cls, data: bytes) -> Self | None:
        try:
            file = soundfile.SoundFile(io.BytesIO(data))
        except soundfile.LibsndfileError:
            return None

        def blocks() -> Iterator[NDArray[np.float32]]:
            try:
                for block in file.blocks(BLOCK_FRAMES, dtype="float32", always_2d=True):
                    yield block.T
            except soundfile.LibsndfileError as exc:
                raise _unreadable(data) from exc

        return cls(file.samplerate, file.channels, blocks())

    @classmethod
    def _open_av(cls, data: bytes) -> Self:
        import av

        try:
            container = av.open(io.BytesIO(data))
            context = container.streams.audio[0].codec_context
            sample_rate, channels = context.sample_rate, context.channels
        except (av.FFmpegError, IndexError) as exc:
            raise _unreadable(data) from exc
        resampler = av.AudioResampler(format="fltp", rate=sample_rate)

        def blocks() -> Iterator[NDArray[np.float32]]:
            try:
                for frame in container.decode(audio=0):
                    yield from (part.to_ndarray() for part in resampler.resample(frame))
                yield from (part.to_ndarray() for part in resampler.resample(None))
            except av.FFmpegError as exc:
                raise _unreadable(data) from exc

        return cls(sample_rate, channels, blocks())

    def checked(self) -> Iterator[NDArray[np.float32]]:
        """Yield the blocks; raise if there are none or a sample is not a finite number."""
        frames = 0
        for block in self.blocks:
            if not np.isfinite(block).all():
                raise InvalidInput(
                    f"The audio holds NaN or infinite samples after {frames / self.sample_rate:.3f} s; "
                    "export it again as integer PCM or clean the samples."
                )
            frames += block.shape[1]
            yield block
        if frames == 0:
            raise InvalidInput("The audio has no samples; send a recording with a duration above 0 s.")


def _unreadable(data: bytes) -> UnsupportedMedia:
    return UnsupportedMedia(f"The {len(data):,} bytes are not a readable audio file; send {FORMATS}.")


def _converted(stream: _Stream, sample_rate: int | None, channels: int | None) -> Iterator[NDArray[np.float32]]:
    resampler = None
    if sample_rate is not None and sample_rate != stream.sample_rate:
        resampler = soxr.ResampleStream(stream.sample_rate, sample_rate, channels or stream.channels, dtype="float32")
    for block in stream.checked():
        converted = block if channels is None else convert_channels(block, channels)
        yield converted if resampler is None else resampler.resample_chunk(converted.T).T
    if resampler is not None:
        tail = np.zeros((0, channels or stream.channels), dtype=np.float32)
        yield resampler.resample_chunk(tail, last=True).T


def _bounded(blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    values = 0
    for block in blocks:
        values += block.size
        if values > MAX_VALUES:
            raise TooLarge(
                f"The decoded audio exceeds {MAX_VALUES:,} samples over all channels; "
                "send a shorter file, a lower sample rate or fewer channels."
            )
        yield block
