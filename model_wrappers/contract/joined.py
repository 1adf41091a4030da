"""Files that were put one behind the other, taken apart."""

from model_wrappers.contract import boundaries
from model_wrappers.contract.errors import UnsupportedMedia

MAX_LINKS = 1_000
GONE_THROUGH = 8  # times a file's bytes; one in which every part claims the rest is taken apart no further


def links(data: bytes) -> list[bytes]:
    """Return the parts of a file each of which is a file by itself; the file alone where it is one.

    Formats without a header of their own (MP3, ADTS, AC-3, MPEG streams) are joined without a seam and stay whole.

    Raises:
        UnsupportedMedia: If there are more than `MAX_LINKS`.
    """
    seams, starts = _Seams(data), [0]
    while (start := seams.after(starts[-1])) is not None:
        starts.append(start)
        if len(starts) > MAX_LINKS:
            raise UnsupportedMedia(
                f"More than {MAX_LINKS:,} sound files are joined in this one; join them into one recording first, or "
                "send them in several files."
            )
    if len(starts) < 2:
        return [data]
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


class _Seams:
    """Where one file ends and another begins, asked from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._beginnings = boundaries.beginnings(data)
        self._beginning: int | None = 0
        self._gone_through = 0

    def after(self, start: int) -> int | None:
        """Return where the file behind the one that begins at a place begins, None if there is none."""
        if self._gone_through > GONE_THROUGH * len(self._data):
            return None
        place, searched, gone = boundaries.behind(self._data, start)
        self._gone_through += gone
        if place is not None or len(self._data) - searched < boundaries.LEAST_BYTES:
            return place
        while self._beginning is not None and self._beginning < searched:
            self._beginning = next(self._beginnings, None)
        return self._beginning
