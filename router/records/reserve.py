"""Room kept beside SQLite's file for deletions on a full disk: they are written before they free anything."""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

RESERVE_BYTES = 2 * 2**20  # the log of what deletes a long session

logger = logging.getLogger(__name__)


class Reserve:
    """A file that is nothing but room; processes of one machine share it."""

    def __init__(self, database: Path, free_bytes: Callable[[Path], int] | None = None) -> None:
        """Take the room if there is any.

        Args:
            database: The file that it is for.
            free_bytes: Tells how much is left on the disk of a folder; the system if None.
        """
        self._left = free_bytes or _left_on_disk
        self._path = database.with_name(f"{database.name}.reserve")
        self._take()

    @contextmanager
    def spent(self, tidy: Callable[[], None]) -> Iterator[None]:
        """Let a block have the room where the disk has no other, and take it back once `tidy` has freed it."""
        if self._free_bytes() >= RESERVE_BYTES:
            yield
            return
        self._path.unlink(missing_ok=True)
        try:
            yield
        finally:
            tidy()
            self._take()

    def _free_bytes(self) -> int:
        return self._left(self._path.parent)

    def _take(self) -> None:
        with suppress(FileNotFoundError):
            if self._path.stat().st_size >= RESERVE_BYTES:
                return
        if self._free_bytes() < RESERVE_BYTES:
            return
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError as exc:
            if exc.errno not in (errno.ENOSPC, errno.EDQUOT):
                logger.warning("No room can be kept for deletions on a full disk: %s", exc.strerror)
            self._path.unlink(missing_ok=True)


def _left_on_disk(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize
