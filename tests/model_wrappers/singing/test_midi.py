"""MIDI files as programs, recorders and broken disks leave them."""

import struct

import pytest

from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.singing.midi import MAX_NOTES, read_midi
from router.media.canonical import MAX_SCORE_BYTES
from tests.hostile.media_files import midi


def file(*tracks: bytes, sizes: tuple[int, ...] = ()) -> bytes:
    chunks = (
        b"MTrk" + struct.pack(">I", size) + track for track, size in zip(tracks, sizes or map(len, tracks), strict=True)
    )
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), 480) + b"".join(chunks)


def sung(data: bytes) -> list[tuple[int | None, str | None]]:
    return [(note.pitch, note.syllable) for note in read_midi(data)]


LINE = b"\x00\xff\x05\x02la\x00\x90\x3c\x40\x83\x60\x3c\x00\x00\x90\x3e\x40\x83\x60\x3e\x00"  # running status
DRUMS = b"\x00\x99\x24\x40\x83\x60\x99\x24\x00"
END = b"\x00\xff\x2f\x00"
WORDS = [(60, "la"), (62, None)]


@pytest.mark.parametrize(
    "data",
    [
        file(LINE + END),
        file(LINE),  # no end
        file(DRUMS + END, LINE + END),
        file(LINE + END, sizes=(0,)),  # a recorder that crashed
        file(LINE + END, DRUMS + END, sizes=(0, 0)),
        file(LINE + END, sizes=(2**31,)),
        file(LINE + END) + b"XFIH\x00\x00\x00\x02ab",
        file(b"\x00\xf0\x03\x01\x02\xf7" + LINE + END),
        file(LINE + b"\x00\x90\x40"),  # cut off within a note
    ],
)
def test_line_is_read_as_far_as_the_bytes_go(data: bytes) -> None:
    assert sung(data) == WORDS


def test_half_of_a_file_is_half_of_the_line() -> None:
    whole = midi(("one", "two", "three", "four"))
    assert [word for _, word in sung(whole[: 2 * len(whole) // 3])] == ["one", "two"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"MThd\x00\x00", "within its header"),
        (b"MThd" + bytes(10) + b"MTrk\x00\x00\x00\x00" * 300, "more than 256 tracks"),
        (file(b"\x00\x90" + b"\x01\x3c\x40\x01\x3c\x00" * (MAX_NOTES + 1)), "20,001 notes; at most 20,000"),
    ],
)
def test_file_beyond_what_is_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(UnsupportedMedia, match=reason):
        read_midi(data)


def test_largest_file_is_read_in_passing() -> None:
    notes = b"\x00\x90" + b"\x00\x3c\x40\x00\x3d\x40" * ((MAX_SCORE_BYTES - 64) // 6)
    signs: list[None] = []
    assert sung(file(LINE + END, notes))[: len(WORDS)] == WORDS
    read_midi(file(LINE + END, notes), alive=lambda: signs.append(None))
    assert len(signs) > 10
