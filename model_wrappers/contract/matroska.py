"""Damaged Matroska and WebM: what is no element is made a void one, so that a reader goes on behind it.

FFmpeg passes over the rest of a cluster, seconds of sound, when one of its blocks is broken.

Source: RFC 8794 (EBML), RFC 9559 (Matroska).
"""

import re

EBML = b"\x1a\x45\xdf\xa3"
SEGMENT, CLUSTER = 0x18538067, 0x1F43B675
SIMPLE_BLOCK, BLOCK_GROUP, BLOCK, VOID = 0xA3, 0xA0, 0xA1, 0xEC
IN_SEGMENT = frozenset((0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1254C367, 0x1043A770, 0x1941A469, CLUSTER))
IN_CLUSTER = frozenset((0xE7, 0x5854, 0xA7, 0xAB, SIMPLE_BLOCK, BLOCK_GROUP))
ANYWHERE = frozenset((VOID, 0xBF))
KNOWN = IN_SEGMENT | IN_CLUSTER | ANYWHERE
MAX_BLOCK_BYTES = 2**24
MAX_LOOKS = 2**19  # at what may be an element; a file that needs more stays as it is
_BEGINS = re.compile(rb"[\xa0\xa3]|\x1f\x43\xb6\x75")  # a block, a group of them, a cluster
_TRACK_NUMBER = re.compile(rb"\xd7\x81([\x01-\x7e])")

Damage = tuple[int, int]


def mended(data: bytes) -> tuple[bytes, float]:
    """Return a file in which every place can be passed over, and the share of it that is no element."""
    begin = _first_in_segment(data)
    places = _Elements(data).damages(begin) if begin is not None else []
    if not places:
        return data, 0.0
    whole = bytearray(data)
    for start, end in places:
        whole[start:end] = _void(end - start)
    return bytes(whole), sum(end - start for start, end in places) / len(data)


def end(data: bytes, start: int) -> int:
    """Return where a file ends; of one that does not say so, or was cut off, where its first cluster begins."""
    head = _element(data, start)
    segment = _element(data, head[2]) if head else None
    if head is None or segment is None or segment[0] != SEGMENT:
        return start
    size = data[head[2] + 4 : segment[1]]
    is_unknown = int.from_bytes(size, "big") == 2 ** (7 * len(size) + 1) - 1
    if not is_unknown and segment[2] <= len(data):
        return segment[2]
    return max(start, data.find(CLUSTER.to_bytes(4, "big"), start))


def _first_in_segment(data: bytes) -> int | None:
    head = _element(data, 0)
    segment = _element(data, head[2]) if head else None
    return segment[1] if segment and segment[0] == SEGMENT else None


class _Elements:
    """The elements of a segment and of its clusters, one behind the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        tracks = _TRACK_NUMBER.findall(data, 0, max(0, data.find(CLUSTER.to_bytes(4, "big"))))
        self._tracks = frozenset(bytes((0x80 | number[0],)) for number in tracks)

    def damages(self, place: int) -> list[Damage]:
        """Return begin and end of every place that is no element."""
        found: list[Damage] = []
        looks = 0
        while place < len(self._data):
            looks += 1
            if (following := self._next(place)) is not None and looks < MAX_LOOKS:
                place = following
                continue
            for begins in _BEGINS.finditer(self._data, place + 2):
                looks += 1
                if looks > MAX_LOOKS:
                    return []
                if self._goes_on(begins.start()):
                    found.append((place, begins.start()))
                    place = begins.start()
                    break
            else:
                break
        return found

    def _next(self, place: int) -> int | None:
        """Return where the element behind one begins, of a cluster its first; None if there is none at the place."""
        element = _element(self._data, place)
        if element is None or element[0] not in KNOWN:
            return None
        identity, content, end = element
        if identity == CLUSTER:
            return content
        if end > len(self._data):
            return None
        if identity == BLOCK_GROUP:
            block = _element(self._data, content)
            if block is None or block[0] != BLOCK or block[2] > end:
                return None
            content = block[1]
        elif identity != SIMPLE_BLOCK:
            return end
        known = self._data[content : content + 1] in self._tracks or not self._tracks
        return end if known and 4 <= end - content < MAX_BLOCK_BYTES else None

    def _goes_on(self, place: int) -> bool:
        """Tell whether an element and another one behind it begin here."""
        following = self._next(place)
        return following is not None and (following == len(self._data) or self._next(following) is not None)


def _element(data: bytes, place: int) -> tuple[int, int, int] | None:
    """Return identity, begin and end of the content of an element; what is of unknown length ends with the file."""
    first = data[place] if place < len(data) else 0
    width = 9 - first.bit_length()
    if not first or width > 4 or place + width >= len(data):
        return None
    identity = int.from_bytes(data[place : place + width], "big")
    place += width
    first = data[place]
    width = 9 - first.bit_length()
    if not first or place + width > len(data):
        return None
    size = int.from_bytes(data[place : place + width], "big") & ((1 << 7 * width) - 1)
    content = place + width
    if size == (1 << 7 * width) - 1:
        return (identity, content, len(data)) if identity in (SEGMENT, CLUSTER) else None
    return identity, content, content + size


def _void(length: int) -> bytes:
    """Return a void element of so many bytes, at least two."""
    if length < 9:
        return bytes((VOID, 0x80 | length - 2)) + bytes(length - 2)
    return bytes((VOID, 0x01)) + (length - 9).to_bytes(7, "big") + bytes(length - 9)
