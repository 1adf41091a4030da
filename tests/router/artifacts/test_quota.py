import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from model_wrappers.contract.errors import LimitExceeded, StorageFull
from router.artifacts.store import ArtifactStore
from tests.deployments.sounds import wav

MOST = 100_000


class Disk(NamedTuple):
    total: int
    used: int
    free: int


def put(store: ArtifactStore, data: bytes, tenant: str = "ann", most_bytes: int | None = MOST) -> str:
    return store.put(data, kind="text", media_type="text/plain", tenant=tenant, most_bytes=most_bytes).id


@pytest.mark.parametrize("scheme", ["folder", "memory"])
def test_a_tenant_stores_what_it_may_and_others_as_before(tmp_path: Path, scheme: str) -> None:
    store = ArtifactStore(str(tmp_path) if scheme == "folder" else f"memory://{tmp_path.name}", 1_000.0)
    first = put(store, b"1" * 60_000)
    with pytest.raises(LimitExceeded, match="may store 100,000 bytes and has stored 60,") as caught:
        put(store, b"2" * 60_000)
    assert caught.value.param == "storage_bytes"
    assert put(store, b"1" * 60_000) == first  # is there already
    put(store, b"2" * 60_000, tenant="bob")
    put(store, b"3" * 60_000, most_bytes=None)


def test_what_is_deleted_makes_room(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path), 1_000.0)
    first = store.put(b"1" * 60_000, kind="text", media_type="text/plain", tenant="ann", most_bytes=MOST)
    store.delete(first)
    put(store, b"2" * 60_000)


def test_what_models_read_of_a_file_counts_too(tmp_path: Path) -> None:
    store, data = ArtifactStore(str(tmp_path), 1_000.0), wav(seconds=2.0)
    with pytest.raises(LimitExceeded):
        store.upload(data, tenant="ann", most_bytes=len(data) + 1_000)


def test_a_part_of_the_disk_stays_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ArtifactStore(str(tmp_path / "new"), 1_000.0, min_free_bytes=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(10_000, 8_900, 1_100))
    put(store, b"x" * 100)
    with pytest.raises(StorageFull, match="no room left"):
        put(store, b"y" * 200)
