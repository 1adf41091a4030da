"""Where the frames of a FLAC file end, which its headers do not say.

Source: RFC 9639.
"""

import re
from collections.abc import Iterator
from itertools import islice

STREAM_INFO = 8  # bytes before it
CHECKSUM_BYTES = 2  # behind a frame
MAX_FRAME_BYTES = 2**18
MAX_CANDIDATES = 8  # places that look like the last frame's head
SIZE_BYTES = {6: 1, 7: 2}  # that follow the number, by the code of the block's size
RATE_BYTES = {12: 1, 13: 2, 14: 2}


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    """Return the remainders of all bytes, as checksums of so many bits are reckoned by."""
    remainders = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value >> (bits - 1) & 1 else 0)) & ((1 << bits) - 1)
        remainders.append(value)
    return tuple(remainders)


_CRC_8, _CRC_16 = _table(0x07, 8), _table(0x8005, 16)


def ends(data: bytes, start: int, frames: int) -> Iterator[int]:
    """Yield where the last frame of a FLAC file may end: where its checksum is right, which it may be by chance before.

    Nothing is yielded if the file does not tell which of its frames is the last.

    Args:
        data: What the file is in.
        start: Where it begins.
        frames: Where its first frame begins.
    """
    head = data[start + STREAM_INFO : start + STREAM_INFO + 18]
    block, longest = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:4], "big")
    samples = int.from_bytes(head[13:18], "big") & (1 << 36) - 1
    if not samples or block != longest or not block:
        return
    number = _coded((samples - 1) // block)
    last = re.compile(rb"\xff\xf8[\x10-\xfe]." + re.escape(number), re.DOTALL)
    for match in islice(last.finditer(data, frames), MAX_CANDIDATES):
        yield from _frame_ends(data, match.start(), match.end())


def _coded(number: int) -> bytes:
    """Return a number as UTF-8 would write it, up to 36 bits."""
    if number < 0x80:
        return bytes((number,))
    tail: list[int] = []
    while number >= 1 << (6 - len(tail)):
        tail.insert(0, 0x80 | number & 0x3F)
        number >>= 6
    return bytes((0xFF << (7 - len(tail)) & 0xFF | number, *tail))


def _frame_ends(data: bytes, start: int, place: int) -> Iterator[int]:
    """Yield where a frame may end by its checksum, nothing if its head is none."""
    place += SIZE_BYTES.get(data[start + 2] >> 4, 0) + RATE_BYTES.get(data[start + 2] & 0xF, 0)
    check = 0
    for byte in data[start : place + 1]:
        check = _CRC_8[check ^ byte]
    if check:
        return
    check = 0
    for position, byte in enumerate(data[start : start + MAX_FRAME_BYTES], start + 1):
        check = (check << 8 & 0xFF00) ^ _CRC_16[check >> 8 ^ byte]
        if not check and position > place + CHECKSUM_BYTES:
            yield position
