"""Canonical forms: what models, pictures and players read instead of the bytes that came from outside.

Sound keeps its rate, channels and every sample, pictures are PNG, scores the notes and words of their sung line.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import soundfile

from model_wrappers.contract.audio import to_pcm
from model_wrappers.contract.audio_stream import AudioStream
from model_wrappers.contract.errors import StorageFull, TooLarge, UnsupportedMedia
from model_wrappers.contract.source import Depth
from model_wrappers.contract.symbolic import MIDI_MAGIC
from model_wrappers.contract.visual import Image
from model_wrappers.singing.score import read_line

NO_ROOM = "There is no room on the disk for what the file holds; what is stored can be read and deleted."
FLAC_CHANNELS = 8
SHORT_VALUES = 3 * 2**20  # samples times channels, 30 s of stereo at 48 kHz; packing them takes as long as decoding
MAX_VALUES_A_SECOND = 96_000  # samples times channels for each second allowed: two channels at 48 kHz
MAX_SCORE_BYTES = 2 * 2**20
MAX_SCORE_NOTES = 20_000
PNG_EFFORT = 1  # of 9; more costs seconds for few bytes


@dataclass(frozen=True)
class WrittenAudio:
    """What was read of a sound, and the name of its canonical form if it was written."""

    name: str | None
    properties: dict[str, Any]
    warnings: tuple[str, ...]


def write_audio(data: bytes, output: int | None, *, max_audio_s: float, alive: Callable[[], None]) -> WrittenAudio:
    """Decode a file block by block into another, so that memory does not grow with its length.

    Args:
        data: The complete file.
        output: Descriptor of an empty file; nothing is written if None.
        max_audio_s: Longest audio allowed, in seconds.
        alive: Called after each block.

    Raises:
        UnsupportedMedia: If the bytes are no readable audio.
        InvalidInput: If the audio is empty or holds NaN or infinite samples.
        TooLarge: If it is longer than allowed, or has too many samples over all channels.
    """
    stream = AudioStream.open(data)
    writer = None if output is None else _Writer(output, stream)
    try:
        for block in stream.blocks():
            alive()
            _check_size(stream, max_audio_s)
            if writer is not None:
                writer.write(block)
    finally:
        if writer is not None:
            writer.close()
    properties = {
        "sample_rate": stream.sample_rate,
        "channels": stream.channels,
        "duration_s": stream.duration_s,
    }
    return WrittenAudio(writer.name if writer else None, properties, stream.warnings)


class _Writer:
    """A sound file that takes blocks as they come: WAV of a short sound, FLAC of a long one where FLAC can hold it."""

    def __init__(self, output: int, stream: AudioStream) -> None:
        self.name = "canonical.wav"
        self._output, self._stream = output, stream
        self._depth: Depth = stream.depth
        self._held: list[Any] = []
        self._held_values = 0
        self._file: soundfile.SoundFile | None = None

    def write(self, block: Any) -> None:
        if self._file is not None:
            self._append(self._file, block)
            return
        self._held.append(block)
        self._held_values += block.size
        if self._held_values > SHORT_VALUES:
            self._begin("FLAC" if self._fits_flac() else "WAV")

    def close(self) -> None:
        if self._file is None:
            self._begin("WAV")
        assert self._file is not None
        with _full_disk_told():
            self._file.close()

    def _begin(self, form: str) -> None:
        stream = self._stream
        self.name = f"canonical.{form.lower()}"
        with _full_disk_told():
            self._file = soundfile.SoundFile(
                self._output, "w", stream.sample_rate, stream.channels, self._depth, format=form, closefd=False
            )
        for block in self._held:
            self._append(self._file, block)
        self._held.clear()

    def _fits_flac(self) -> bool:
        rate = self._stream.sample_rate
        return self._stream.channels <= FLAC_CHANNELS and self._depth != "FLOAT" and (rate < 2**16 or rate % 10 == 0)

    def _append(self, file: soundfile.SoundFile, block: Any) -> None:
        with _full_disk_told():
            file.write(to_pcm(block.T) if self._depth == "PCM_16" else block.T)


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """What libsndfile cannot write of samples it was given, the disk had no room for."""
    try:
        yield
    except soundfile.SoundFileError as exc:
        raise StorageFull(NO_ROOM) from exc


def _check_size(stream: AudioStream, max_audio_s: float) -> None:
    if stream.duration_s > max_audio_s:
        raise TooLarge(f"The audio is longer than the {max_audio_s:g} s allowed; send it in shorter parts.")
    values = stream.duration_s * stream.sample_rate * stream.channels
    if values > MAX_VALUES_A_SECOND * max_audio_s:
        raise TooLarge(
            f"The audio has more than {MAX_VALUES_A_SECOND * max_audio_s:,.0f} samples over its {stream.channels} "
            f"channels at {stream.sample_rate} Hz; send a shorter file, a lower sample rate or fewer channels."
        )


def write_image(image: Image, output: int) -> str:
    """Write a picture as PNG and return the form's name."""
    from PIL import Image as PillowImage

    with os.fdopen(output, "wb", closefd=False) as file:
        PillowImage.fromarray(image.pixels).save(file, format="PNG", compress_level=PNG_EFFORT)
    return "canonical.png"


def write_score(data: bytes, output: int | None, *, alive: Callable[[], None]) -> tuple[str, str | None]:
    """Write the sung line of a score, and return the score's MIME type and the form's name.

    Raises:
        UnsupportedMedia: If it cannot be read, or has too many notes.
        TooLarge: If it has too many bytes.
    """
    if len(data) > MAX_SCORE_BYTES:
        raise TooLarge(
            f"The score has {len(data):,} bytes; at most {MAX_SCORE_BYTES:,} are allowed. Leave other parts out."
        )
    line = read_line(data, alive)
    if len(line) > MAX_SCORE_NOTES:
        raise UnsupportedMedia(
            f"The score's sung part has {len(line):,} notes; at most {MAX_SCORE_NOTES:,} are allowed."
        )
    media_type = "audio/midi" if data.startswith(MIDI_MAGIC) else "application/vnd.recordare.musicxml+xml"
    if output is None:
        return media_type, None
    with os.fdopen(output, "wb", closefd=False) as file:
        file.write(json.dumps({"notes": [asdict(note) for note in line]}).encode())
    return media_type, "canonical.json"
