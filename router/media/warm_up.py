"""Everything a decoder may ever import, imported: once confined it can open no file."""

import codecs
import importlib
import io
import os
import pkgutil
import zipfile

import numpy as np

from model_wrappers.contract.audio import Audio, Encoding
from router.media.decoding import Job, do

# What MIDI and MusicXML files are written in.
CODECS = (
    "ascii cp1250 cp1251 cp1252 cp932 euc_jp gbk iso8859_2 iso8859_15 latin1 shift_jis utf_16 utf_16_be utf_16_le "
    "utf_8_sig"
)
ENCODINGS: tuple[Encoding, ...] = ("wav", "flac", "mp3", "ogg")
MIDI = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk\x00\x00\x00\x04\x00\xff\x2f\x00"
MUSIC_XML = b'<?xml version="1.0"?><score-partwise><part><measure><note/></measure></part></score-partwise>'


def warm_up() -> None:
    """Decode a small file of every kind, good and bad."""
    import av
    from PIL import Image as PillowImage

    for codec in CODECS.split():
        codecs.lookup(codec)
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    PillowImage.init()
    sounds = [_silence().encode(encoding)[0] for encoding in ENCODINGS]
    for data in [*sounds, *_pictures(), MIDI, MUSIC_XML, _packed(MUSIC_XML), b"text", bytes(64)]:
        _decode(data)


def rehearse() -> None:
    """Decode a second of silence in a process just forked, so that the memory a job touches is its own by then."""
    _decode(_silence().encode("flac")[0])


def _silence() -> Audio:
    return Audio(np.zeros((1, 16_000), np.float32), 16_000)


def _packed(score: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", '<container><rootfile full-path="score.xml"/></container>')
        archive.writestr("score.xml", score)
    return buffer.getvalue()


def _pictures() -> list[bytes]:
    from PIL import Image as PillowImage

    drawn = []
    for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        buffer = io.BytesIO()
        PillowImage.new("RGB", (16, 16)).save(buffer, format=form)
        drawn.append(buffer.getvalue())
    return drawn


def _decode(data: bytes) -> None:
    output = os.memfd_create("warm-up")
    try:
        do(Job(file_name="file.wav"), data, output)
        do(Job(stills=True), data, output)
    finally:
        os.close(output)
