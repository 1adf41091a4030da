"""Audio files as blocks of samples, whatever their format."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.channels import BLOCK_FRAMES
from model_wrappers.contract.containers import NO_INDEX, lacks_index, open_container
from model_wrappers.contract.errors import InvalidInput, UnsupportedMedia
from model_wrappers.contract.joined import links
from model_wrappers.contract.sound_files import open_sound_file
from model_wrappers.contract.source import Depth, Losses, Source
from model_wrappers.contract.uniform import Piece, Uniform

__all__ = ["BLOCK_FRAMES", "FORMATS", "MAX_CHANNELS", "MAX_SAMPLE_RATE", "MIN_SAMPLE_RATE", "AudioStream"]

MIN_SAMPLE_RATE = 1_000  # Hz
MAX_SAMPLE_RATE = 384_000  # Hz
MAX_CHANNELS = 64
FORMATS = "WAV, FLAC, MP3, Ogg Vorbis or Opus, M4A, WebM, AIFF, CAF, AMR, AC-3, WMA or the sound of a video"


@dataclass
class AudioStream:
    """An open audio file, read to its end: files joined to it, behind damaged packets and up to where it was cut."""

    sample_rate: int
    channels: int
    depth: Depth
    _blocks: Iterator[NDArray[np.float32]]
    _losses: Losses
    _frames: int = field(default=0, init=False)

    @classmethod
    def open(cls, data: bytes) -> Self:
        """Read the header of a complete file.

        Raises:
            UnsupportedMedia: If the bytes are no readable audio, or have a rate or channels beyond the limits.
        """
        if not data:
            raise UnsupportedMedia(f"The audio file is empty (0 bytes); send {FORMATS}.")
        parts = iter(links(data))
        first, unreadable = None, 0
        for part in parts:
            if (first := _open(part)) is not None:
                break
            unreadable += 1
        if first is None:
            raise _unreadable(data)
        first.losses.unreadable_files = unreadable
        _check_measures(first)
        blocks = Uniform(first.sample_rate, first.channels).blocks(_pieces(first, parts))
        return cls(first.sample_rate, first.channels, first.depth, blocks, first.losses)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Decode the file, once, in blocks of shape `(channels, frames)`.

        Raises:
            UnsupportedMedia: If too much of the file is damaged.
            InvalidInput: If there is no sample at all, or one is not a finite number.
        """
        for block in self._blocks:
            if not block.shape[1]:
                continue
            if not np.isfinite(block).all():
                raise InvalidInput(
                    f"The audio holds NaN or infinite samples after {self._frames / self.sample_rate:.3f} s; "
                    "export it again as integer PCM or clean the samples."
                )
            self._frames += block.shape[1]
            yield block
        if self._frames == 0:
            raise InvalidInput("The audio has no samples; send a recording with a duration above 0 s.")
        self._losses.check(self.duration_s)

    @property
    def duration_s(self) -> float:
        """Seconds decoded so far."""
        return self._frames / self.sample_rate

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of what was decoded so far."""
        return self._losses.warnings(self.duration_s)


def _open(data: bytes) -> Source | None:
    return open_sound_file(data) or open_container(data)


def _open_joined(data: bytes) -> Source | None:
    try:
        return _open(data)
    except UnsupportedMedia:  # a video without sound
        return None


def _pieces(first: Source, parts: Iterator[bytes]) -> Iterator[Piece]:
    """Yield the blocks of a file and of those joined to it; the first one's losses become those of all."""
    yield from ((first.sample_rate, block) for block in first.blocks)
    for part in parts:
        if (source := _open_joined(part)) is None:
            first.losses.unreadable_files += 1
            continue
        yield from ((source.sample_rate, block) for block in source.blocks)
        first.losses.add(source.losses.lost_s, source.losses.places)
        first.losses.cut |= source.losses.cut


def _check_measures(source: Source) -> None:
    if MIN_SAMPLE_RATE <= source.sample_rate <= MAX_SAMPLE_RATE and 1 <= source.channels <= MAX_CHANNELS:
        return
    raise UnsupportedMedia(
        f"The audio has {source.channels} channels at {source.sample_rate} Hz; allowed are 1 to {MAX_CHANNELS} "
        f"channels at {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz."
    )


def _unreadable(data: bytes) -> UnsupportedMedia:
    if lacks_index(data):
        return UnsupportedMedia(NO_INDEX)
    return UnsupportedMedia(f"The {len(data):,} bytes are not a readable audio file, or it is damaged; send {FORMATS}.")
