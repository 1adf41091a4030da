"""Sound that a file should hold and its reader never saw: places that were skipped on the way from packet to packet."""

from typing import Any, Final

from model_wrappers.contract.source import Losses

COUNTED: Final = ("aac", "mp3", "ac3", "eac3", "dts")  # formats without times: FFmpeg counts packets instead
TAGS: Final = (b"ID3", b"TAG", b"APETAGEX", b"LYRICS")  # what may lie between packets, above all of joined files
TAG_BYTES = 128  # of ID3v1, behind a file
LEAST_GAP_S = 0.1
LEAST_DAMAGE_S = 0.01  # of a gap in a damaged file: half a packet of speech
MAX_GAP_S = 30.0  # a longer one is a clock that was set anew
MAX_PACKET_S = 1.0
READ_SHARE = 0.9  # of the file, beyond which what is left may be an index


class Gaps:
    """Follows the packets of a stream and tells what is missing before each that could be decoded."""

    def __init__(self, container: Any, stream: Any, data: bytes, broken: float) -> None:
        """Begin before the first packet of `stream`.

        Args:
            container: The open file.
            stream: Its sound.
            data: The complete file.
            broken: Share of it that is known to be broken; any gap is damage then.
        """
        self._broken = broken
        self._least_gap_s = LEAST_DAMAGE_S if broken else LEAST_GAP_S
        self._data = data
        self._counted = container.format.name in COUNTED
        self._measured = "matroska" in container.format.name  # its writer, not FFmpeg, says how long it is
        self._largest = _largest_packet(stream)
        self._last_bytes = 0
        self._alone = len(container.streams) == 1  # else other streams lie between the packets
        self._announced_s = _seconds(stream.duration, stream.time_base) or _seconds(container.duration, 1e-6)
        self._end_s: float | None = None  # of the last packet that was decoded
        self._end: int | None = None  # of the last packet, in bytes
        self._bytes, self._read_s = 0, 0.0
        self._failed_s, self._skipped_s, self._skipped = 0.0, 0.0, False

    def passed(self, packet: Any) -> None:
        """Take a packet on, whether it can be decoded or not."""
        if packet.pos is not None and packet.pos >= 0:
            between = packet.pos - self._end if self._end is not None else 0
            if between > 0 and not self._data[self._end : self._end + 8].startswith(TAGS):  # type: ignore[operator]
                self._skipped |= between > packet.size
                if self._counted and self._bytes:
                    self._skipped_s += between / self._bytes * self._read_s
            self._end = packet.pos + packet.size
        self._bytes += packet.size
        self._last_bytes = packet.size or self._last_bytes
        self._read_s += _seconds(packet.duration, packet.time_base)

    def failed(self, packet: Any, *, damaged: bool) -> None:
        """Note a packet that could not be decoded; one that is not damaged holds nothing but silence."""
        self._failed_s += min(_seconds(packet.duration, packet.time_base), MAX_PACKET_S)
        self._skipped |= damaged

    def before(self, packet: Any, decoded_s: float) -> tuple[float, float]:
        """Return the seconds missing before a packet that gave some of sound, and how many of them are damage."""
        start_s = None if packet.pts is None else _seconds(packet.pts, packet.time_base)
        missing_s = self._failed_s
        if start_s is not None and self._end_s is not None:
            gap_s = start_s - self._end_s
            if self._failed_s or gap_s > self._least_gap_s:
                missing_s = gap_s if 0 < gap_s <= MAX_GAP_S else self._failed_s
        if start_s is None:
            start_s = self._end_s
        if start_s is not None:  # a damaged packet may hold several frames and know no duration
            self._end_s = start_s + max(decoded_s, _seconds(packet.duration, packet.time_base))
        missing_s += min(self._skipped_s, MAX_GAP_S)
        damaged = self._broken > 0 or (self._skipped and (self._alone or self._failed_s > 0))
        self._failed_s, self._skipped_s, self._skipped = 0.0, 0.0, False
        return missing_s, missing_s if damaged else 0.0

    @property
    def pending_s(self) -> float:
        """Seconds that could not be decoded behind the last packet that could."""
        return self._failed_s if self._skipped else 0.0

    def at_end(self, losses: Losses, decoded_s: float) -> None:
        """Note what of the file was left unread."""
        if self._broken:
            read_s = decoded_s - losses.lost_s
            self._left(losses, read_s / max(1 - self._broken, 1e-3) - decoded_s, decoded_s)
            return
        losses.cut |= bool(self._largest) and self._last_bytes > self._largest + TAG_BYTES
        if self._end is None or not self._alone or not self._bytes:
            return
        if self._end < READ_SHARE * len(self._data):
            self._left(losses, self._announced_s - decoded_s, decoded_s)
        elif self._measured and _is_much(self._announced_s - decoded_s, decoded_s):
            losses.cut = True

    def _left(self, losses: Losses, missing_s: float, decoded_s: float) -> None:
        if _is_much(missing_s, decoded_s):
            losses.add(missing_s)
            losses.cut = True


def _largest_packet(stream: Any) -> int:
    """Return the bytes of the largest packet where the format says so, 0 where it does not.

    FLAC's reader takes whatever follows the last packet for a part of it.
    """
    context = stream.codec_context
    head = context.extradata or b"" if context.name == "flac" else b""
    return int.from_bytes(head[7:10], "big")


def _is_much(missing_s: float, decoded_s: float) -> bool:
    return missing_s > max(LEAST_GAP_S, decoded_s * (1 - READ_SHARE))


def _seconds(value: Any, time_base: Any) -> float:
    return float(value * time_base) if value and time_base else 0.0
