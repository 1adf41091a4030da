"""Pages of Ogg files, and how many of them are whole.

Source: RFC 3533.
"""

import zlib
from collections.abc import Iterator

CAPTURE = b"OggS"
BEGINS = 0x02  # flag of the first page of a stream
HEAD_BYTES = 27
CHECKSUM = slice(22, 26)
CHECKED = 4  # times a file's bytes, beyond which the rest of it counts as broken: pages may lie about their lengths
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def pages(data: bytes, position: int = 0) -> Iterator[tuple[int, int, bool]]:
    """Yield begin, end and whether it begins a stream of each page from a place on, as they say of themselves."""
    while (position := data.find(CAPTURE, position)) >= 0 and position + HEAD_BYTES <= len(data):
        segments = data[position + 26]
        end = position + HEAD_BYTES + segments
        end += sum(data[position + HEAD_BYTES : end])
        yield position, end, bool(data[position + 5] & BEGINS)
        position = end


def broken_share(data: bytes) -> float:
    """Return the share of a file's bytes that lie in no whole page, which readers pass over."""
    whole = checked = position = 0
    while (position := data.find(CAPTURE, position)) >= 0 and checked <= CHECKED * len(data):
        _, end, _ = next(pages(data, position), (0, 0, False))
        page = data[position:end]
        checked += len(page)
        if position < end <= len(data) and _checksum(page) == int.from_bytes(page[CHECKSUM], "little"):
            whole += len(page)
            position = end
        else:
            position += len(CAPTURE)
    return 1 - whole / len(data)


def _checksum(page: bytes) -> int:
    """Return the checksum of a page: zlib's, but for the order of bits, where it begins and how it ends."""
    plain = page[: CHECKSUM.start] + bytes(4) + page[CHECKSUM.stop :]
    reversed_bits = zlib.crc32(plain.translate(_REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{reversed_bits:032b}"[::-1], 2)
