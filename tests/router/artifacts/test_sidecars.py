import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model_wrappers.contract.artifacts import ArtifactRef
from router.artifacts.sidecars import SUFFIX, Sidecar, Sidecars
from router.artifacts.storage import Folder
from tests.router.dispatching import LONG_S

DIGEST = "a" * 64
KEY = f"default/{DIGEST}"


def record(expires: float) -> Sidecar:
    ref = ArtifactRef(tenant="default", id=DIGEST, kind="text", media_type="text/plain", size_bytes=1)
    return Sidecar(ref=ref, created=0.0, expires=expires)


class HeldFolder(Folder):
    """A folder whose reads, once they have the bytes, wait to be let go."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.has_read, self.go_on = threading.Event(), threading.Event()

    def read(self, key: str) -> bytes:
        data = super().read(key)
        self.has_read.set()
        assert self.go_on.wait(LONG_S)
        return data


@pytest.fixture
def folder(tmp_path: Path) -> HeldFolder:
    folder = HeldFolder(tmp_path)
    folder.write(KEY + SUFFIX, record(expires=1.0).model_dump_json().encode())
    return folder


def test_record_written_while_another_thread_reads_the_old_one_is_the_one_kept(folder: HeldFolder) -> None:
    sidecars = Sidecars(folder)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(sidecars.load, KEY)
        assert folder.has_read.wait(LONG_S)
        sidecars.save(KEY, record(expires=2.0))
        folder.go_on.set()
        assert reading.result(LONG_S) == record(expires=1.0)
    assert sidecars.recent(KEY) == record(expires=2.0)


def test_record_deleted_while_another_thread_reads_it_stays_deleted(folder: HeldFolder) -> None:
    sidecars = Sidecars(folder)
    folder.go_on.set()
    sidecars.load(KEY)
    folder.has_read.clear()
    folder.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(sidecars.load, KEY)
        assert folder.has_read.wait(LONG_S)
        sidecars.delete(KEY)
        folder.go_on.set()
        reading.result(LONG_S)
    assert sidecars.recent(KEY) is None
