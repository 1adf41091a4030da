"""Where sound files of each format begin, and where they say they end.

Formats without a header of their own (MPEG audio, ADTS, AC-3, MPEG streams) are known only where another file has just
ended; readers go through several of them in a row without a seam.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from model_wrappers.contract import flac_frames, matroska
from model_wrappers.contract.ogg_pages import pages

_FIRST_BLOCK = b"".join(re.escape(bytes((flags,))) for flags in range(256) if flags & 0x08)
_HEADS: Final = {
    "flac": rb"fLaC[\x00\x80]\x00\x00\x22",
    "ogg": rb"OggS\x00\x02",
    "riff": rb"RIFF.{4}(?:WAVE|AVI LIST)",
    "rf64": rb"RF64.{4}WAVEds64",
    "iff": rb"FORM.{4}AIF[FC]",
    "au": rb"\.snd\x00.{7}\x00{3}[\x01-\x1b]\x00",
    "caf": rb"caff\x00\x01\x00\x00desc",
    "w64": rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00",
    "tta": rb"TTA1[\x01-\x03]\x00[\x01-\x08]\x00",
    "wavpack": rb"wvpk.{4}[\x02-\x10]\x04\x00.{5}\x00{4}.{5}[%s]" % _FIRST_BLOCK,
    "ape": rb"MAC .\x0f..\x34\x00\x00\x00",
    "amr": rb"#!AMR(?:-WB)?\n",
    "voc": rb"Creative Voice File\x1a",
    "flv": rb"FLV\x01[\x00-\x05]\x00\x00\x00\x09",
    "asf": rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c",
    "matroska": rb"\x1a\x45\xdf\xa3(?=.{1,60}\x42\x82.{1,8}?(?:webm|matroska))",
    "mp4": rb"(?<=\x00\x00..)ftyp[ -~]{4}",
}
_HEAD = re.compile(b"|".join(b"(?P<%s>%s)" % (name.encode(), head) for name, head in _HEADS.items()), re.DOTALL)
# What the reader of regular expressions passes over 100 times faster than whole heads.
_LETTERS = re.compile(
    rb"fLaC|OggS\x00\x02|RIFF|RF64|FORM|\.snd\x00|caff\x00|riff\x2e|TTA1|wvpk|MAC |#!AMR|Creative V|FLV\x01|"
    rb"\x30\x26\xb2\x75|\x1a\x45\xdf\xa3|ftyp"
)
_BOX_SIZE = 4  # bytes of a size before an MP4 file's first letters
_SEAMLESS = re.compile(  # MPEG audio, ADTS, AC-3: what begins each packet
    rb"(?:\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][\x10-\xef]|\xff[\xf0\xf1\xf8\xf9].|\x0b\x77)", re.DOTALL
)
_STREAM = re.compile(rb"\x00\x00\x01\xba|\x7f\xfe\x80\x01|G.{187}G.{187}G", re.DOTALL)
_SEAMLESS_WITHIN, _SEAMLESS_PACKETS = 2**14, 3  # so many packets begin alike within so many bytes
_TAGS = re.compile(rb"TAG.{125}|LYRICSBEGIN.{0,5100}?LYRICS200", re.DOTALL)
_ZEROS = re.compile(rb"\x00*")
CARRIERS = ("ogg", "matroska", "flac")  # the last one in its metadata
LEAST_BYTES = 16  # of a file
MAX_FIRST_ZEROS = 4  # that a file begins with
MAX_TTA_FRAMES = 2**17  # of 1.04 s each
VOC_BLOCKS = 9  # kinds of them
TRANSPORT_PACKET, ADTS_HEAD = 188, 7  # bytes
START_CODE, PACK, PROGRAMME_END = b"\0\0\1", 0xBA, 0xB9  # of MPEG programme streams
FLV_TAGS = (8, 9, 18)


def begins(data: bytes, place: int) -> bool:
    """Tell whether a file of sound begins at a place, perhaps with a tag in front."""
    place = _behind_id3(data, place)
    return _head(data, place) is not None or _is_seamless(data, place)


def beginnings(data: bytes) -> Iterator[int]:
    """Yield every place where the letters stand that a file of sound begins with."""
    for letters in _LETTERS.finditer(data):
        if (match := _HEAD.match(data, letters.start())) is not None:
            yield match.start() - (_BOX_SIZE if match.lastgroup == "mp4" else 0)


def behind(data: bytes, start: int) -> tuple[int | None, int, int]:
    """Return where the file behind the one that begins at a place begins, if this one's length tells.

    Also from where on letters of a beginning are one, if it does not: lengths may lie, but what carries other formats
    in packets of its own is searched from its end on. And how many bytes were gone through for it.
    """
    place = _behind_id3(data, start)
    match = _head(data, place)
    name = match.lastgroup if match else None
    if match is None or name is None:
        end, searched = _stream_end(data, place), place + 1
    else:
        end, searched = _ENDS[name](data, place) if name in _ENDS else 0, match.end()
    gone = max(0, min(end, len(data)) - place)
    if not place < end <= len(data):
        return None, searched, gone
    if name in CARRIERS or len(data) - end < LEAST_BYTES:
        searched = end
    if name == "flac":
        for frames_end in flac_frames.ends(data, place, end):
            if (following := _next_beginning(data, frames_end)) is not None:
                return following, frames_end, frames_end - place
        return None, searched, len(data) - place
    return _next_beginning(data, end), searched, gone


def _next_beginning(data: bytes, place: int) -> int | None:
    """Return where, behind a file's end, tags and zeros, another file begins; None if something else follows."""
    while True:
        if data.startswith(b"APETAGEX", place):
            place += 32 + _number(data, place + 12, 4)
        elif tag := _TAGS.match(data, place):
            place = tag.end()
        else:
            break
    filled = _ZEROS.match(data, place)
    end = filled.end() if filled else place
    places = range(max(place, end - MAX_FIRST_ZEROS), end + 2)  # any byte may fill an odd length up
    return next((place for place in places if begins(data, place)), None)


def _head(data: bytes, place: int) -> re.Match[bytes] | None:
    return _HEAD.match(data, place) or _HEAD.match(data, place + _BOX_SIZE)


def _is_seamless(data: bytes, place: int) -> bool:
    if _STREAM.match(data, place):
        return True
    packet = _SEAMLESS.match(data, place)
    return packet is not None and data.count(packet[0][:2], place, place + _SEAMLESS_WITHIN) >= _SEAMLESS_PACKETS


def _behind_id3(data: bytes, place: int) -> int:
    if data[place : place + 3] != b"ID3":
        return place
    size = 0
    for byte in data[place + 6 : place + 10]:
        size = size << 7 | byte & 0x7F
    return place + 10 + size


def _stream_end(data: bytes, start: int) -> int:
    """Return where the packets of an MPEG stream or of ADTS end; the start if it is neither."""
    place = start
    while data.startswith(START_CODE, place) and place + 6 <= len(data):
        code = data[place + 3]
        if code == PACK and data[place + 4] >> 4 == 2:  # MPEG-1
            place += 12
        elif code == PACK:
            place += 14 + (data[place + 13] & 7 if place + 13 < len(data) else 0)
        else:
            place += 4 if code == PROGRAMME_END else 6 + _big(data, place + 4, 2)
    while data.startswith(b"G", place) and place + TRANSPORT_PACKET <= len(data):
        place += TRANSPORT_PACKET
    while data[place : place + 1] == b"\xff" and len(data) > place + 6 and data[place + 1] & 0xF6 == 0xF0:
        place += max(ADTS_HEAD, (_big(data, place + 3, 3) >> 5) & 0x1FFF)
    return place


def _number(data: bytes, place: int, width: int) -> int:
    return int.from_bytes(data[place : place + width], "little")


def _big(data: bytes, place: int, width: int) -> int:
    return int.from_bytes(data[place : place + width], "big")


def _riff_end(data: bytes, start: int) -> int:
    end = start + 8 + _number(data, start + 4, 4)
    while data[end : end + 4] == b"RIFF" and data[end + 8 : end + 12] == b"AVIX":  # the rest of a long film
        end += 8 + _number(data, end + 4, 4)
    return end if end > start + 12 else 0


def _au_end(data: bytes, start: int) -> int:
    return start + _big(data, start + 4, 4) + (_big(data, start + 8, 4) or len(data))


def _caf_end(data: bytes, start: int) -> int:
    place = start + 8
    while place + 12 <= len(data) and data[place : place + 4].isalnum() and not begins(data, place):
        place += 12 + _big(data, place + 4, 8)
    return place


def _tta_end(data: bytes, start: int) -> int:
    rate, samples = _number(data, start + 10, 4), _number(data, start + 14, 4)
    frames = -(-samples * 245 // (rate * 256)) if rate else MAX_TTA_FRAMES
    if frames > MAX_TTA_FRAMES or start + 26 + 4 * frames > len(data):
        return 0
    sizes = np.frombuffer(data, "<u4", frames, start + 22)
    return start + 26 + 4 * frames + int(sizes.sum(dtype=np.uint64))


def _wavpack_end(data: bytes, start: int) -> int:
    place = start
    while data.startswith(b"wvpk", place):
        match = _HEAD.match(data, place)
        if place > start and match is not None and match.lastgroup == "wavpack":
            break
        place += 8 + _number(data, place + 4, 4)
    return place


def _flv_end(data: bytes, start: int) -> int:
    place = start + 13
    while place + 15 <= len(data) and data[place] & 0x1F in FLV_TAGS:
        place += 15 + _big(data, place + 1, 3)
    return place


def _asf_end(data: bytes, start: int) -> int:
    place = start
    while place + 24 <= len(data) and (place == start or not _HEAD.match(data, place)):
        size = _number(data, place + 16, 8)
        if size < 24 or place + size > len(data):
            break
        place += size
    return place


def _voc_end(data: bytes, start: int) -> int:
    place = start + _number(data, start + 20, 2)
    while place < len(data) and 0 < data[place] <= VOC_BLOCKS:
        place += 4 + _number(data, place + 1, 3)
    return place + (data[place : place + 1] == b"\0")


def _mp4_end(data: bytes, start: int) -> int:
    """A second `ftyp` box begins a second file."""
    place = start
    while place + 8 <= len(data) and (place == start or data[place + 4 : place + 8] != b"ftyp"):
        size = _big(data, place + 8, 8) if _big(data, place, 4) == 1 else _big(data, place, 4)
        if size < 8 or not data[place + 4 : place + 8].isalnum():
            break
        place += size
    return place


def _flac_end(data: bytes, start: int) -> int:
    """Behind the metadata: pictures may hold anything, and frames do not say how many of them there are."""
    place, last = start + 4, False
    while not last and place + 4 <= len(data):
        last = bool(data[place] & 0x80)
        place += 4 + _big(data, place + 1, 3)
    return place


def _ogg_end(data: bytes, start: int) -> int:
    """A file ends where, behind pages that do not, one begins a stream; or where something else begins."""
    beginning, end = True, start
    for position, stop, first in pages(data, start):
        if (first and not beginning) or (position > end and begins(data, end)):
            return position if position == end or first else end
        beginning, end = first, min(stop, len(data))
    return end


_ENDS: Final[dict[str, Callable[[bytes, int], int]]] = {
    "flac": _flac_end,
    "ogg": _ogg_end,
    "riff": _riff_end,
    "rf64": lambda data, start: start + 8 + _number(data, start + 20, 8),
    "iff": lambda data, start: start + 8 + _big(data, start + 4, 4),
    "au": _au_end,
    "caf": _caf_end,
    "w64": lambda data, start: start + _number(data, start + 16, 8),
    "tta": _tta_end,
    "wavpack": _wavpack_end,
    "voc": _voc_end,
    "flv": _flv_end,
    "asf": _asf_end,
    "matroska": matroska.end,
    "mp4": _mp4_end,
}
