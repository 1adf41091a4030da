from pathlib import Path

from router.records.reserve import RESERVE_BYTES, Reserve


class Disk:
    """A disk of so many bytes with one file on it."""

    def __init__(self, size: int, file: Path) -> None:
        self.size, self.file = size, file

    def left(self, _: Path) -> int:
        return self.size - (self.file.stat().st_size if self.file.exists() else 0)


def test_room_is_given_on_a_full_disk_only_and_taken_back(tmp_path: Path) -> None:
    kept = tmp_path / "records.db.reserve"
    disk = Disk(4 * RESERVE_BYTES, kept)
    reserve = Reserve(tmp_path / "records.db", disk.left)
    assert kept.stat().st_size == RESERVE_BYTES
    with reserve.spent(lambda: None):
        assert kept.exists()
    disk.size = RESERVE_BYTES
    tidied: list[bool] = []
    with reserve.spent(lambda: tidied.append(kept.exists())):
        assert disk.left(tmp_path) == RESERVE_BYTES
    assert tidied == [False]
    assert kept.stat().st_size == RESERVE_BYTES


def test_no_room_is_taken_where_there_is_none(tmp_path: Path) -> None:
    kept = tmp_path / "records.db.reserve"
    reserve = Reserve(tmp_path / "records.db", Disk(RESERVE_BYTES - 1, kept).left)
    assert not kept.exists()
    with reserve.spent(lambda: None):
        pass
    assert not kept.exists()
