"""What of a MIDI file a sung line is made of, event by event: notes, words and tempo.

Source: Standard MIDI Files 1.0, RP-001; lyric events, RP-017.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from model_wrappers.contract.symbolic import MIDI_MAGIC

MAX_TRACKS = 256
HEADER_BYTES = 14
DRUMS = 9  # channel
TRACK = b"MTrk"
NOTE_OFF, NOTE_ON, PROGRAM, PRESSURE, SYSTEM = 0x80, 0x90, 0xC0, 0xD0, 0xF0
META, EXCLUSIVE = 0xFF, (0xF0, 0xF7)
TEXT, LYRIC, END_OF_TRACK, TEMPO = 0x01, 0x05, 0x2F, 0x51
ALIVE_EVERY = 2**16  # events


@dataclass
class Track:
    """Events by their tick: pitches with whether they begin, texts in Latin-1, microseconds a beat."""

    notes: list[tuple[int, int, bool]] = field(default_factory=list)
    lyrics: list[tuple[int, str]] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)


def read_tracks(data: bytes, alive: Callable[[], None]) -> tuple[int, list[Track]]:
    """Return the division of a file's header, and its tracks as far as their bytes go.

    Args:
        data: The complete file.
        alive: Called as the work goes on.

    Raises:
        ValueError: If it has no header, or too many tracks.
    """
    if not data.startswith(MIDI_MAGIC) or len(data) < HEADER_BYTES:
        raise ValueError("it ends within its header")
    division = int.from_bytes(data[12:14], "big")
    parts = list(islice(_chunks(data), MAX_TRACKS + 1))
    if len(parts) > MAX_TRACKS:
        raise ValueError(f"it has more than {MAX_TRACKS} tracks")
    return division, [_track(part, alive) for part in parts]


def _chunks(data: bytes) -> Iterator[bytes]:
    """Yield the bytes of the tracks; one whose size lies ends where the next begins."""
    place = data.find(TRACK, 8)
    while place >= 0:
        begin = place + 8
        end = begin + int.from_bytes(data[place + 4 : begin], "big")
        following = data.find(TRACK, min(end, len(data)))
        if end < len(data) and following != end:
            following = data.find(TRACK, begin)
            end = following if following >= 0 else len(data)
        yield data[begin:end]
        place = following


def _track(data: bytes, alive: Callable[[], None]) -> Track:
    found = Track()
    place = tick = running = count = 0
    try:
        while place < len(data):
            count += 1
            if not count % ALIVE_EVERY:
                alive()
            delta = data[place]
            place += 1
            if delta & 0x80:
                delta, place = _number(data, place - 1)
            tick += delta
            status = data[place]
            if status & 0x80:
                place += 1
            else:
                status = running  # an event like the one before
            if status < NOTE_OFF:
                place += 1  # no event at all
            elif status < SYSTEM:
                running = status
                if status < NOTE_ON + 16 and status & 0x0F != DRUMS:
                    begins = status >= NOTE_ON and data[place + 1] > 0
                    found.notes.append((tick, data[place] & 0x7F, begins))
                place += 1 if PROGRAM <= status < PRESSURE + 16 else 2
            elif status == META:
                size, begin = _number(data, place + 1)
                if data[place] == END_OF_TRACK:
                    break
                _keep(found, tick, data[place], data[begin : begin + size])
                place = begin + size
            elif status in EXCLUSIVE:
                size, place = _number(data, place)
                place += size
    except IndexError:
        pass  # cut off: what came before is there
    return found


def _keep(found: Track, tick: int, kind: int, value: bytes) -> None:
    if kind == LYRIC:
        found.lyrics.append((tick, value.decode("latin1")))
    elif kind == TEXT:
        found.texts.append((tick, value.decode("latin1")))
    elif kind == TEMPO and len(value) == 3:
        found.tempos.append((tick, int.from_bytes(value, "big")))


def _number(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of up to four bytes, seven bits in each, and the place behind it."""
    number = 0
    for _ in range(4):
        byte = data[place]
        place += 1
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return number, place
