"""Sampled sound: reading every common format, rates and channels, and writing files."""

import io
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.audio_stream import BLOCK_FRAMES, FORMATS, MAX_CHANNELS, MAX_SAMPLE_RATE, AudioStream
from model_wrappers.contract.channels import Downmix, check_convertible, convert_channels
from model_wrappers.contract.errors import InvalidInput, TooLarge

__all__ = ["FORMATS", "MEDIA_TYPES", "Audio", "Encoding", "convert_channels", "to_pcm"]

MAX_VALUES = 2**28  # samples times channels after conversion: 1 GiB of float32

Encoding = Literal["wav", "flac", "mp3", "ogg"]
MEDIA_TYPES: dict[Encoding, str] = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "ogg": "audio/ogg"}
SUBTYPES: dict[Encoding, str] = {"wav": "PCM_16", "flac": "PCM_16", "mp3": "MPEG_LAYER_III", "ogg": "VORBIS"}
ENCODED_CHANNELS: dict[Encoding, int] = {"wav": MAX_CHANNELS, "flac": 8, "mp3": 2, "ogg": 8}
# Hz; libvorbis crashes the process above its limit instead of refusing.
ENCODED_RATES: dict[Encoding, Container[int]] = {
    "wav": range(1, MAX_SAMPLE_RATE + 1),
    "flac": range(1, MAX_SAMPLE_RATE + 1),
    "mp3": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    "ogg": range(1_000, 192_001),
}


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound; `waveform` is float32 in [-1, 1], shape `(channels, samples)`.

    `licence` is an SPDX expression where a model made the sound of recordings that have one.
    """

    waveform: NDArray[np.float32]
    sample_rate: int
    licence: str | None = None
    kind: ClassVar[Kind] = "audio"

    @cached_property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.waveform.shape[0])

    @cached_property
    def duration_s(self) -> float:
        """Length in seconds."""
        return float(self.waveform.shape[1] / self.sample_rate)

    @classmethod
    def decode(cls, data: bytes, *, sample_rate: int | None = None, channels: int | None = None) -> Self:
        """Read a file, converting block by block so that memory follows the result and not the source.

        Args:
            data: A complete file in any of `FORMATS`.
            sample_rate: Hz to resample to; the file's own rate if None.
            channels: Channels to convert to; the file's own if None.

        Raises:
            UnsupportedMedia: If the bytes are no readable audio.
            InvalidInput: If the audio is empty, holds NaN or infinite samples, or cannot have that many channels.
            TooLarge: If the result would exceed `MAX_VALUES` values.
        """
        stream = AudioStream.open(data)
        blocks = _bounded(_converted(stream, sample_rate, channels))
        waveform = np.ascontiguousarray(np.concatenate(list(blocks), axis=1))
        if not waveform.shape[1]:
            raise InvalidInput(f"The audio is too short: nothing is left of it at {sample_rate} Hz; send a longer one.")
        return cls(waveform, sample_rate or stream.sample_rate)

    @classmethod
    def blocks(cls, data: bytes, *, channels: int | None = None) -> Iterator[NDArray[np.float32]]:
        """Decode a file in blocks of shape `(channels, frames)` at its own rate, for what must not hold all of it.

        Raises:
            UnsupportedMedia: If the bytes are no readable audio.
            InvalidInput: If the audio is empty or holds NaN or infinite samples.
        """
        return _converted(AudioStream.open(data), None, channels)

    @classmethod
    def inspect(cls, data: bytes, *, max_duration_s: float = float("inf")) -> dict[str, Any]:
        """Decode a file to its end without keeping it, and return its properties.

        Raises:
            UnsupportedMedia: If the bytes are no readable audio.
            InvalidInput: If the audio is empty or holds NaN or infinite samples.
            TooLarge: If it is longer than `max_duration_s`; the rest is then not decoded.
        """
        stream = AudioStream.open(data)
        frames = 0
        for block in stream.blocks():
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

        Raises:
            InvalidInput: If the encoding cannot hold the sample rate or the channels, or there is no sample.
        """
        self._check_encodable(encoding)
        buffer = io.BytesIO()
        # In blocks: libvorbis overruns the stack on one long write.
        with soundfile.SoundFile(
            buffer, "w", self.sample_rate, self.channels, SUBTYPES[encoding], format=encoding.upper()
        ) as file:
            for start in range(0, self.waveform.shape[1], BLOCK_FRAMES):
                block = self.waveform[:, start : start + BLOCK_FRAMES].T
                file.write(to_pcm(block) if SUBTYPES[encoding] == "PCM_16" else np.clip(block, -1.0, 1.0))
        return buffer.getvalue(), MEDIA_TYPES[encoding]

    def _check_encodable(self, encoding: Encoding) -> None:
        if not self.waveform.shape[1]:
            raise InvalidInput("The audio has no samples, so there is nothing to encode.")
        if self.sample_rate not in ENCODED_RATES[encoding] or not 1 <= self.channels <= ENCODED_CHANNELS[encoding]:
            raise InvalidInput(
                f"{encoding.upper()} cannot hold {self.channels} channels at {self.sample_rate} Hz; "
                f"use WAV, or at most {ENCODED_CHANNELS[encoding]} channels at a usual rate such as 16000 or 48000 Hz."
            )

    def properties(self) -> dict[str, Any]:
        """Return sample rate, channels and duration."""
        return {"sample_rate": self.sample_rate, "channels": self.channels, "duration_s": self.duration_s}

    def resample(self, sample_rate: int) -> Self:
        """Return the sound at another sample rate; itself if it already has it."""
        if sample_rate == self.sample_rate:
            return self
        resampled = soxr.resample(self.waveform.T, self.sample_rate, sample_rate)
        return type(self)(np.ascontiguousarray(resampled.T, dtype=np.float32), sample_rate)

    def matching(self, original: "Audio") -> Self:
        """Return the sound at the sample rate and length of the one it was made from.

        Resampling there and back misses the length by a few samples; they are cut off, or added as silence.
        """
        samples = original.waveform.shape[1]
        waveform = self.resample(original.sample_rate).waveform[:, :samples]
        missing = samples - waveform.shape[1]
        return type(self)(np.pad(waveform, ((0, 0), (0, missing))), original.sample_rate)

    def mono(self) -> NDArray[np.float32]:
        """Return all channels mixed into one, shape `(samples,)`; see `Downmix`."""
        samples: NDArray[np.float32] = convert_channels(self.waveform, 1)[0]
        return samples


def to_pcm(waveform: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return samples as 16-bit integers: rounded where libsndfile truncates, clipped, and five times sooner."""
    scaled = waveform * np.float32(2**15)
    np.clip(scaled, -(2**15), 2**15 - 1, out=scaled)
    pcm: NDArray[np.int16] = np.rint(scaled, out=scaled).astype(np.int16)
    return pcm


def _converted(stream: AudioStream, sample_rate: int | None, channels: int | None) -> Iterator[NDArray[np.float32]]:
    resampler = None
    if sample_rate is not None and sample_rate != stream.sample_rate:
        resampler = soxr.ResampleStream(stream.sample_rate, sample_rate, channels or stream.channels, dtype="float32")
    convert = _channel_converter(stream.channels, channels)
    for block in stream.blocks():
        converted = convert(block)
        yield converted if resampler is None else resampler.resample_chunk(converted.T).T
    if resampler is not None:
        tail = np.zeros((0, channels or stream.channels), dtype=np.float32)
        yield resampler.resample_chunk(tail, last=True).T


def _channel_converter(source: int, channels: int | None) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return what brings blocks to a number of channels; one that mixes remembers what it decided before."""
    if channels is None or channels == source:
        return lambda block: block
    check_convertible(source, channels)
    if source > channels and channels <= 2:
        return Downmix(source, channels)
    return lambda block: convert_channels(block, channels)


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
