"""Files that nobody's recorder writes, made by hand: each is read or refused in words, and none stalls its decoder.

Each stands for a kind: headers of no sense, rare sample formats, what unpacks without end, what begins again and again.
"""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from PIL import Image as PillowImage

from model_wrappers.contract.errors import AudioGPTError
from router.media.decoding import Job
from router.media.pool import DecoderPool
from tests.hostile.media_files import MUSIC_XML, PICTURES, SOUNDS, tone

RATE = 16_000  # Hz
TONE = tone(RATE, 0.5)
MIDI_HEAD = b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk"
WAV, MP3, WEBM, FLAC = (SOUNDS[name](TONE, RATE) for name in ("wav", "mp3", "webm", "flac"))


def wav(*, rate: int = RATE, channels: int = 1, bits: int = 16, tag: int = 1, data: bytes = bytes(3_200)) -> bytes:
    frame = max(1, channels * bits // 8)
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * frame & 0xFFFF_FFFF, frame, bits)
    return WAV[:4] + struct.pack("<I", 36 + len(data)) + b"WAVEfmt \x10\0\0\0" + form + with_size(b"data", data)


def with_size(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data


def png(width: int, height: int, *between: tuple[bytes, bytes], pixels: bytes = b"") -> bytes:
    head = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    chunks = (head, *between, (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def id3(size: int) -> bytes:
    """A tag that fills so many bytes."""
    return b"ID3\4\0\0" + bytes(size >> shift & 127 for shift in (21, 14, 7, 0)) + bytes(size)


def film_of_pictures() -> bytes:
    frames = [PillowImage.new("P", (600, 600), shade) for shade in range(200)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def endless_tiff() -> bytes:
    """A directory that names itself as the next one."""
    data = bytearray(PICTURES["tiff"]())
    place = int.from_bytes(data[4:8], "little")
    end = place + 2 + 12 * int.from_bytes(data[place : place + 2], "little")
    data[end : end + 4] = struct.pack("<I", place)
    return bytes(data)


def boxes(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = struct.pack(">I", 8 + len(data)) + b"moov" + data
    return b"\0\0\0\x10ftypisom\0\0\0\0" + data


SOUND, PICTURE, SCORE = "audio", "image", "score"
NOT_READABLE = "not a readable"
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    # headers of no sense
    "a header alone": (lambda: wav(data=b""), "has no samples"),
    "no channel": (lambda: wav(channels=0), NOT_READABLE),
    "a rate of 2**31": (lambda: wav(rate=2**31), NOT_READABLE),
    "a rate of 0": (lambda: wav(rate=0), NOT_READABLE),
    "not a number": (
        lambda: wav(bits=32, tag=3, data=struct.pack("<f", float("nan")) * 800),
        "NaN or infinite samples",
    ),
    "a picture of 60,000 pixels a side": (lambda: png(60_000, 60_000), NOT_READABLE),
    # what unpacks without end
    "a text in a picture": (lambda: png(9, 9, (b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))), NOT_READABLE),
    "a profile in a picture": (lambda: png(9, 9, (b"iCCP", b"a\0\0" + zlib.compress(bytes(10**8)))), NOT_READABLE),
    "a document": (lambda: zipped("word/document.xml", bytes(10**8)), "is a Word document"),
    "a table of contents": (lambda: zipped("META-INF/container.xml", b"<x>" * 10**7), "more than 65,536 bytes"),
    "entities": (lambda: MUSIC_XML.replace(b'.dtd">', b".dtd\" [<!ENTITY a 'bb'>]>", 1), "EntitiesForbidden"),
    # what begins, or nests, again and again
    "tags": (lambda: id3(0) * 20_000 + MP3, SOUND),
    "a tag of 20 MB": (lambda: id3(20_000_000) + MP3, SOUND),
    "chunks": (lambda: WAV[:36] + with_size(b"JUNK", b"") * 50_000 + WAV[36:], SOUND),
    "elements of WebM": (
        lambda: WEBM.replace(b"\x1f\x43\xb6\x75", b"\xec\x80" * 50_000 + b"\x1f\x43\xb6\x75", 1),
        SOUND,
    ),
    "boxes in boxes": (lambda: boxes(5_000), NOT_READABLE),
    "elements in elements": (lambda: MUSIC_XML[:700] + b"<a>" * 100_000, "cannot be read"),
    "frames of a GIF": (film_of_pictures, PICTURE),
    "directories of a TIFF": (endless_tiff, PICTURE),
    "texts of a MIDI": (lambda: MIDI_HEAD + struct.pack(">I", 800_000) + b"\0\xff\1\0" * 200_000, SCORE),
    "letters of Ogg": (lambda: b"OggS\0\2" * 100_000, NOT_READABLE),
    "heads of FLAC": (lambda: b"fLaC\0\0\0\x22" * 100_000, NOT_READABLE),
    "last frames of FLAC": (lambda: (FLAC[:42] + b"\xff\xf8\xc9\x18\x01" * 200) * 1_000, "has no samples"),
    "heads of WAV": (lambda: b"RIFF\xff\xff\xff\0WAVE" * 100_000, NOT_READABLE),
    "heads of CAF": (lambda: SOUNDS["caf-pcm"](TONE, RATE)[:44] * 10_000, NOT_READABLE),
    "heads of WebM": (lambda: b"\x1a\x45\xdf\xa3" * 100_000, NOT_READABLE),
    "words of MP3": (lambda: b"\xff\xfb\x90\0" * 100_000, NOT_READABLE),
    "words of ADTS": (lambda: b"\xff\xf1\x50\x80\0\x1f\xfc" * 100_000, NOT_READABLE),
    "packets of a stream": (lambda: (b"G" + bytes(187)) * 5_000, NOT_READABLE),
    # two kinds at once
    "a picture with an archive": (lambda: PICTURES["gif"]() + zipped("a", b"b"), PICTURE),
    "MP3 with a tag of APE": (lambda: MP3 + b"APETAGEX" + struct.pack("<III", 2_000, 32, 0) + bytes(12), SOUND),
}


@pytest.mark.parametrize("name", FILES)
def test_an_odd_file_is_read_or_refused_in_words_and_soon(name: str, pool: DecoderPool) -> None:
    make, expected = FILES[name]
    data = make()
    output = os.memfd_create("output")
    try:
        identity = pool.run(Job(), data, output).identity
        told = identity.kind if identity else ""
    except AudioGPTError as exc:
        told = exc.message  # that of a decoder that was stopped is another one
    finally:
        os.close(output)
    assert expected in told


@pytest.mark.parametrize(
    ("subtype", "lost"),
    [("PCM_24", 2**-22), ("PCM_32", 2**-22), ("FLOAT", 2**-22), ("DOUBLE", 2**-22), ("ALAW", 0.02), ("PCM_U8", 0.01)],
)
def test_rare_formats_of_samples_keep_the_sound(subtype: str, lost: float, pool: DecoderPool) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, TONE.T, RATE, subtype, format="WAV")
    output = os.memfd_create("output")
    try:
        pool.run(Job(), buffer.getvalue(), output)
        samples, rate = soundfile.read(io.BytesIO(os.pread(output, 2**20, 0)), dtype="float32")
    finally:
        os.close(output)
    assert rate == RATE
    np.testing.assert_allclose(samples, TONE[0], atol=lost)
