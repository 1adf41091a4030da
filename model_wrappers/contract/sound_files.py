"""Uncompressed sound files: headers that lie put right, then read by libsndfile."""

import io
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import soundfile
from numpy.typing import NDArray

from model_wrappers.contract.channels import BLOCK_FRAMES
from model_wrappers.contract.source import Depth, Source

DEEP: dict[str, Depth] = {"PCM_24": "PCM_24", "PCM_32": "PCM_24", "FLOAT": "FLOAT", "DOUBLE": "FLOAT"}
FORM_SIZE, CHUNK_HEAD, SAMPLES_HEAD = 12, 8, 8  # bytes before the chunks, of a chunk's head, in AIFF before samples
UNKNOWN_LENGTH = 2**62  # frames libsndfile reports where it cannot tell
_EXTENSIBLE = 0xFFFE
# Speakers that WAVE's default for a number of channels has; other masks are read by FFmpeg, which knows them.
_DEFAULT_MASKS = {0: {0}, 1: {4, 1}, 2: {3}, 3: {7}, 4: {0x33, 0x603}, 5: {0x37}, 6: {0x3F}, 7: {0x70F}, 8: {0x63F}}


def open_sound_file(data: bytes) -> Source | None:
    """Open WAV, AIFF, AU and their like; None if it is another format, or one that FFmpeg reads better."""
    riff = data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE"
    iff = data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC")
    if not (riff or iff or data.startswith((b".snd", b"caff", b"riff\x2e\x91\xcf\x11"))):
        return None
    if (riff and _has_other_speakers(data)) or (data.startswith(b"caff") and not _reaches_its_samples(data)):
        return None
    try:
        file = soundfile.SoundFile(io.BytesIO(_with_true_sizes(data) if riff or iff else data))
    except (soundfile.SoundFileError, ValueError):
        return None
    if file.frames >= UNKNOWN_LENGTH:
        return None
    return Source(file.samplerate, file.channels, DEEP.get(file.subtype, "PCM_16"), _blocks(file))


def _blocks(file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    # Not `SoundFile.blocks`: where a file is shorter than its header says, it repeats old samples.
    with file, suppress(soundfile.SoundFileError):  # what cannot be read on ends there
        while len(block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
            yield block.T


def _chunks(data: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, place of the content and announced size of each chunk that begins within the file."""
    position = FORM_SIZE
    while position + CHUNK_HEAD <= len(data):
        size = int.from_bytes(data[position + 4 : position + 8], "little" if order == "little" else "big")
        yield data[position : position + 4], position + CHUNK_HEAD, size
        position += CHUNK_HEAD + size + size % 2


def _with_true_sizes(data: bytes) -> bytes:
    """Return the file with the size of its samples set to what is there.

    A recorder that was cut off, or wrote into a pipe, leaves 0, the largest number, or the size of long ago.
    """
    order, name = ("big", b"SSND") if data[:4] == b"FORM" else ("little", b"data")
    for chunk, start, size in _chunks(data, order):
        rest = len(data) - start
        if chunk == name:
            if size <= rest and (size == rest or _goes_on(data, start + size + size % 2)) and size > 0:
                return data
            return _resized(data, start, rest, order)
    return data


def _goes_on(data: bytes, position: int) -> bool:
    """Tell whether a chunk, another file or nothing begins here, rather than more samples."""
    if position >= len(data) - CHUNK_HEAD:
        return True
    name = data[position : position + 4]
    size = min(
        int.from_bytes(data[position + 4 : position + 8], "little"),
        int.from_bytes(data[position + 4 : position + 8], "big"),
    )
    return all(0x20 <= letter < 0x7F for letter in name) and size <= len(data) - position


def _resized(data: bytes, start: int, size: int, order: str) -> bytes:
    mended = bytearray(data)
    if order == "little":
        if data[:4] == b"RF64":
            mended[:4] = b"RIFF"
        mended[start - 4 : start] = min(size, 0xFFFF_FFFF).to_bytes(4, "little")
        mended[4:8] = min(len(data) - 8, 0xFFFF_FFFF).to_bytes(4, "little")
        return bytes(mended)
    mended[start - 4 : start] = size.to_bytes(4, "big")
    mended[4:8] = (len(data) - 8).to_bytes(4, "big")
    for chunk, place, _ in _chunks(data, "big"):
        if chunk == b"COMM" and place + 8 <= len(data):
            channels, width = (int.from_bytes(data[place + at : place + at + 2], "big") for at in (0, 6))
            frame = max(1, channels * -(-width // 8))
            mended[place + 2 : place + 6] = ((size - SAMPLES_HEAD) // frame).to_bytes(4, "big", signed=False)
            break
    return bytes(mended)


def _reaches_its_samples(data: bytes) -> bool:
    """Tell whether the chunks of a CAF file lead to its samples; where they do not, libsndfile leaves the file."""
    position = 8
    while position + 12 <= len(data) and not data.startswith(b"data", position):
        size = int.from_bytes(data[position + 4 : position + 12], "big", signed=True)
        if size < 0:
            return False
        position += 12 + size
    return data.startswith(b"data", position)


def _has_other_speakers(data: bytes) -> bool:
    for chunk, start, size in _chunks(data, "little"):
        if chunk == b"fmt ":
            layout = data[start : start + min(size, 40)]
            if len(layout) < 24 or int.from_bytes(layout[:2], "little") != _EXTENSIBLE:
                return False
            channels, mask = int.from_bytes(layout[2:4], "little"), int.from_bytes(layout[20:24], "little")
            return mask not in (0, *_DEFAULT_MASKS.get(channels, {mask}))
    return False
