"""Files that were put one behind the other, taken apart."""

import itertools
import re
from collections.abc import Iterator

from model_wrappers.contract.ogg_pages import CAPTURE, pages

MAX_LINKS = 1_000
_FLAC = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
_AMR = re.compile(rb"#!AMR(-WB)?\n")
_EBML = re.compile(rb"\x1a\x45\xdf\xa3")
_DOCTYPE = re.compile(rb"\x42\x82.{1,8}?(webm|matroska)", re.DOTALL)


def links(data: bytes) -> list[bytes]:
    """Return the parts of a file each of which is a file by itself; the file alone where it is one.

    Formats without a header of their own (MP3, ADTS, AC-3, MPEG streams) are joined without a seam and stay whole.
    """
    starts = list(itertools.islice(_starts(data), MAX_LINKS))
    if len(starts) < 2:
        return [data]
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


def _starts(data: bytes) -> Iterator[int]:
    """Yield where the links begin, the first at 0."""
    if data.startswith(CAPTURE):
        return _ogg_starts(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _chunk_starts(data, "little")
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return _chunk_starts(data, "big")
    if data[4:8] == b"ftyp":
        return _mp4_starts(data)
    if data.startswith(b"fLaC"):
        return (match.start() for match in _FLAC.finditer(data))
    if data.startswith(b"#!AMR"):
        return (match.start() for match in _AMR.finditer(data))
    if _EBML.match(data):
        return _ebml_starts(data)
    return iter(())


def _ogg_starts(data: bytes) -> Iterator[int]:
    """A link begins with the first of several pages that begin streams."""
    beginning = False
    for position, _, begins in pages(data):
        if begins and not beginning:
            yield position
        beginning = begins


def _chunk_starts(data: bytes, order: str) -> Iterator[int]:
    """RIFF and IFF say how long they are."""
    position = 0
    while data[position : position + 4] == data[:4] and data[position + 8 : position + 12] == data[8:12]:
        yield position
        size = int.from_bytes(data[position + 4 : position + 8], "little" if order == "little" else "big")
        position += 8 + size + size % 2


def _mp4_starts(data: bytes) -> Iterator[int]:
    """A second `ftyp` box begins a second file."""
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        if data[position + 4 : position + 8] == b"ftyp":
            yield position
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size < 8:
            return
        position += size


def _ebml_starts(data: bytes) -> Iterator[int]:
    for match in _EBML.finditer(data):
        if match.start() == 0 or _DOCTYPE.search(data, match.end(), match.end() + 64):
            yield match.start()
