import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from model_wrappers.contract.errors import LimitExceeded, StorageFull, StorageUnavailable
from router.artifacts.store import ArtifactStore
from router.records.database import Database
from router.records.storage_claims import CLAIM_S, StorageClaims
from tests.deployments.sounds import wav
from tests.router.clock import Clock

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


def claiming(tmp_path: Path, database: Database) -> ArtifactStore:
    """A store that, like S3, has no locks."""
    (tmp_path / "objects" / "ann").mkdir(parents=True)
    return ArtifactStore(f"local://{tmp_path}/objects", 1_000.0, claims=lambda: StorageClaims(database))


def test_without_locks_what_others_are_about_to_store_counts(tmp_path: Path, database: Database) -> None:
    store, others = claiming(tmp_path, database), StorageClaims(database)
    with others.claimed("ann", "ann/other", 60_000):
        with pytest.raises(LimitExceeded, match="may store 100,000 bytes and has stored 60,000"):
            put(store, b"1" * 60_000)
        with others.claimed("bob", "bob/other", 90_000):
            put(store, b"1" * 30_000)
    put(store, b"2" * 60_000)


def test_a_claim_of_a_process_that_died_ends(tmp_path: Path, database: Database, clock: Clock) -> None:
    store = claiming(tmp_path, database)
    dead = StorageClaims(database).claimed("ann", "ann/other", 60_000)
    dead.__enter__()
    with pytest.raises(LimitExceeded):
        put(store, b"1" * 60_000)
    clock.now += CLAIM_S
    put(store, b"1" * 60_000)


def test_what_is_claimed_and_partly_stored_counts_once(tmp_path: Path, database: Database) -> None:
    store = claiming(tmp_path, database)
    stored = put(store, b"1" * 60_000)
    with StorageClaims(database).claimed("ann", f"ann/{stored}", 60_000):
        put(store, b"2" * 30_000)


def test_of_many_at_once_as_many_are_stored_as_fit(tmp_path: Path, database: Database) -> None:
    store = claiming(tmp_path, database)
    with ThreadPoolExecutor(8) as pool:
        tried = [pool.submit(put, store, bytes([number]) * 30_000) for number in range(8)]
    failed = [one.exception() for one in tried if one.exception() is not None]
    assert len(failed) == 5
    assert all(isinstance(error, LimitExceeded) for error in failed)


def test_a_write_that_fails_claims_nothing(tmp_path: Path, database: Database) -> None:
    store = claiming(tmp_path, database)
    (tmp_path / "objects" / "ann").rmdir()
    with pytest.raises(StorageUnavailable):
        put(store, b"1" * 60_000)
    (tmp_path / "objects" / "ann").mkdir()
    put(store, b"2" * 60_000)
