"""Audio files as blocks of samples, whatever their format."""

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from model_wrappers.contract.errors import InvalidInput, UnsupportedMedia

BLOCK_FRAMES = 65_536
MIN_SAMPLE_RATE = 1_000  # Hz
MAX_SAMPLE_RATE = 384_000  # Hz
MAX_CHANNELS = 64
FORMATS = "WAV, FLAC, MP3, Ogg Vorbis or Opus, M4A, WebM, AIFF"

UNKNOWN_LENGTH = 2**62  # frames libsndfile reports for streamed FLAC, which it then cannot read

# No playlists: they would have FFmpeg read the files and addresses they name.
CONTAINER_OPTIONS = {"format_whitelist": "mov,mp4,m4a,3gp,matroska,webm,ogg,aac,mp3,flac,wav,aiff,asf,avi,mpegts,amr"}


@dataclass
class AudioStream:
    """An open audio file.

    A file cut short is read up to the cut where its format allows (WAV, AIFF, MP3, Ogg, WebM: recorders that stream
    leave wrong lengths in their headers) and rejected where it does not (FLAC, M4A).
    """

    sample_rate: int
    channels: int
    _blocks: Iterator[NDArray[np.float32]]

    @classmethod
    def open(cls, data: bytes) -> Self:
        """Read the header of a complete file.

        Raises:
            UnsupportedMedia: If the bytes are no readable audio, or have a rate or channels beyond the limits.
        """
        if not data:
            raise UnsupportedMedia(f"The audio file is empty (0 bytes); send {FORMATS}.")
        stream = cls(*(_open_soundfile(data) or _open_container(data)))
        if not MIN_SAMPLE_RATE <= stream.sample_rate <= MAX_SAMPLE_RATE or not 1 <= stream.channels <= MAX_CHANNELS:
            raise UnsupportedMedia(
                f"The audio has {stream.channels} channels at {stream.sample_rate} Hz; allowed are 1 to {MAX_CHANNELS} "
                f"channels at {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz."
            )
        return stream

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Decode the file, once, in blocks of shape `(channels, frames)`.

        Raises:
            UnsupportedMedia: If the file is damaged further on.
            InvalidInput: If there is no sample at all, or one is not a finite number.
        """
        frames = 0
        for block in self._blocks:
            if not np.isfinite(block).all():
                raise InvalidInput(
                    f"The audio holds NaN or infinite samples after {frames / self.sample_rate:.3f} s; "
                    "export it again as integer PCM or clean the samples."
                )
            frames += block.shape[1]
            yield block
        if frames == 0:
            raise InvalidInput("The audio has no samples; send a recording with a duration above 0 s.")


_Opened = tuple[int, int, Iterator[NDArray[np.float32]]]


def _open_soundfile(data: bytes) -> _Opened | None:
    try:
        file = soundfile.SoundFile(io.BytesIO(data))
    except soundfile.SoundFileError:
        return None
    if file.frames >= UNKNOWN_LENGTH:
        return None

    def blocks() -> Iterator[NDArray[np.float32]]:
        # Not `SoundFile.blocks`: where an MP3 is shorter than its header says, it repeats old samples.
        try:
            while len(block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
                yield block.T
        except soundfile.SoundFileError as exc:
            raise _unreadable(data) from exc

    return file.samplerate, file.channels, blocks()


def _open_container(data: bytes) -> _Opened:
    import av

    try:
        container = av.open(io.BytesIO(data), "r", options=CONTAINER_OPTIONS, io_open=refuse_linked_file)
        frames = container.decode(audio=0)
        first = next(frames)
    except (av.FFmpegError, ValueError, IndexError, StopIteration) as exc:
        raise _unreadable(data) from exc
    resampler = av.AudioResampler(format="fltp", layout=first.layout, rate=first.sample_rate)

    def blocks() -> Iterator[NDArray[np.float32]]:
        try:
            with container:
                for frame in itertools.chain([first], frames, [None]):
                    for part in resampler.resample(frame):
                        yield np.asarray(part.to_ndarray(), dtype=np.float32)
        except (av.FFmpegError, ValueError) as exc:
            raise _unreadable(data) from exc

    return first.sample_rate, first.layout.nb_channels, blocks()


def refuse_linked_file(url: str, flags: int, options: object) -> NoReturn:
    """Refuse to open what an uploaded container refers to; for PyAV's `io_open`."""
    raise PermissionError(f"Linked media are not followed: {url}")


def _unreadable(data: bytes) -> UnsupportedMedia:
    return UnsupportedMedia(f"The {len(data):,} bytes are not a readable audio file, or it is damaged; send {FORMATS}.")
