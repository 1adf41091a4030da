import hashlib
import os
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput, NotFound, StorageUnavailable, TooLarge
from router.artifacts.store import ArtifactStore
from tests.router.clock import Clock
from tests.router.dispatching import TENANT

DAY_S = 86_400.0


TTL_S = 7 * DAY_S


S3_URL = os.environ.get("AUDIOGPT_TEST_S3_URL")  # s3://bucket of a server named by AWS_ENDPOINT_URL_S3


@pytest.fixture
def clock() -> Clock:
    """The machine's own time to begin with: a sweep compares it with the times of files."""
    return Clock(time.time())


@pytest.fixture(params=["folder", "memory", *(["s3"] if S3_URL else [])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    name = uuid.uuid4().hex
    return {"folder": str(tmp_path), "memory": f"memory://{name}", "s3": f"{S3_URL}/{name}"}[request.param]


@pytest.fixture
def store(url: str, clock: Clock) -> ArtifactStore:
    return ArtifactStore(url, TTL_S, clock=clock)


@pytest.fixture
def folder_store(tmp_path: Path, clock: Clock) -> ArtifactStore:
    return ArtifactStore(str(tmp_path), TTL_S, clock=clock)


def put(store: ArtifactStore, data: bytes, tenant: str = TENANT, licence: str | None = None):
    return store.put(data, kind="text", media_type="text/plain", tenant=tenant, licence=licence, most_bytes=None)


def test_an_artifact_is_named_by_its_content_and_read_back(store: ArtifactStore) -> None:
    ref = put(store, b"small rain")
    assert ref.id == hashlib.sha256(b"small rain").hexdigest()
    assert ref.size_bytes == 10
    assert store.read(ref) == b"small rain"
    assert store.resolve(ref.id, TENANT) == ref


def test_another_process_finds_what_this_one_stored(store: ArtifactStore, url: str, clock: Clock) -> None:
    ref = put(store, b"shared")
    elsewhere = ArtifactStore(url, TTL_S, clock=clock)
    assert elsewhere.resolve(ref.id, TENANT) == ref
    assert elsewhere.read(ref) == b"shared"


def test_sound_keeps_its_measures(store: ArtifactStore) -> None:
    ref = store.store(Audio(np.zeros((2, 8_000), np.float32), 16_000), TENANT, licence="CC0-1.0", most_bytes=None)
    assert (ref.kind, ref.media_type, ref.licence) == ("audio", "audio/wav", "CC0-1.0")
    assert (ref.sample_rate, ref.channels, ref.duration_s) == (16_000, 2, 0.5)


def test_tenants_do_not_see_each_other(store: ArtifactStore) -> None:
    mine, yours = put(store, b"same", "ann"), put(store, b"same", "bob")
    assert mine.id == yours.id
    store.delete(mine)
    with pytest.raises(NotFound):
        store.resolve(mine.id, "ann")
    assert store.read(store.resolve(yours.id, "bob")) == b"same"
    with pytest.raises(NotFound):
        store.resolve(yours.id, "carol")


@pytest.mark.parametrize("tenant", ["", "..", "a/b", "../default", "A", "x" * 65, "a.b", "a\x00", "\n"])
def test_a_tenant_that_is_no_plain_name_is_rejected(folder_store: ArtifactStore, tenant: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="Tenant"):
        put(folder_store, b"x", tenant)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("artifact_id", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "a" * 500])
def test_an_id_that_is_no_hash_names_nothing(store: ArtifactStore, artifact_id: str) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        store.resolve(artifact_id, TENANT)


@pytest.mark.parametrize(("start", "end"), [(0, 1), (3, 7), (9, 10), (0, 10)])
def test_a_range_is_the_bytes_from_start_to_before_end(store: ArtifactStore, start: int, end: int) -> None:
    ref = put(store, b"0123456789")
    assert store.read_range(ref, start, end) == b"0123456789"[start:end]


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 3), (5, 4), (0, 11)])
def test_a_range_outside_the_artifact_is_rejected(store: ArtifactStore, start: int, end: int) -> None:
    with pytest.raises(InvalidInput, match="range"):
        store.read_range(put(store, b"0123456789"), start, end)


def test_an_artifact_expires_and_storing_it_again_renews_it(store: ArtifactStore, clock: Clock) -> None:
    ref = put(store, b"news")
    clock.now += TTL_S - 1
    put(store, b"news")
    clock.now += TTL_S - 1
    assert store.resolve(ref.id, TENANT) == ref
    clock.now += 1
    with pytest.raises(NotFound, match="expired"):
        store.resolve(ref.id, TENANT)


def test_storing_again_keeps_a_known_licence(store: ArtifactStore) -> None:
    put(store, b"bird song", licence="CC-BY-4.0")
    assert put(store, b"bird song").licence == "CC-BY-4.0"


def test_a_sweep_removes_what_expired_and_what_was_made_of_it(store: ArtifactStore, clock: Clock) -> None:
    old = put(store, b"old")
    store.put_derived(old, "waveform.png", b"picture")
    clock.now += 8 * DAY_S
    new = put(store, b"new")
    store.put_derived(new, "waveform.png", b"picture")
    assert store.sweep() == 1
    assert store.sweep() == 0
    assert store.read_derived(old, "waveform.png") is None
    assert store.read_derived(new, "waveform.png") == b"picture"
    assert store.read(new) == b"new"
    with pytest.raises(NotFound):
        store.read(old)


def test_deleting_removes_pictures_too(store: ArtifactStore) -> None:
    ref = put(store, b"gone")
    store.put_derived(ref, "mel.png", b"picture")
    store.delete(ref)
    assert store.read_derived(ref, "mel.png") is None
    store.delete(ref)


def test_a_sweep_clears_broken_writes_and_leaves_foreign_files(
    folder_store: ArtifactStore, tmp_path: Path, clock: Clock
) -> None:
    live = put(folder_store, b"live")
    folder = tmp_path / "default"
    (folder / ("a" * 64)).write_bytes(b"bytes whose record was never written")
    (folder / f"{live.id}.0123.part").write_bytes(b"half")
    (folder / "notes.txt").write_text("not an artifact")
    clock.now += 2 * 3600
    folder_store.sweep()
    assert {file.name for file in folder.iterdir()} == {live.id, f"{live.id}.json", "notes.txt"}


def test_bytes_lost_behind_the_record_are_stored_again(folder_store: ArtifactStore, tmp_path: Path) -> None:
    ref = put(folder_store, b"content")
    (tmp_path / "default" / ref.id).unlink()
    with pytest.raises(NotFound):
        folder_store.read(ref)
    put(folder_store, b"content")
    assert folder_store.read(ref) == b"content"


def test_puts_beside_a_sweep_are_never_lost(folder_store: ArtifactStore, clock: Clock) -> None:
    contents = [b"artifact %d" % index for index in range(60)]
    for content in contents:
        put(folder_store, content)
    clock.now += 2 * TTL_S
    start = threading.Barrier(4)

    def store_again() -> None:
        start.wait()
        for content in contents:
            put(folder_store, content)

    def sweep() -> None:
        start.wait()
        for _ in range(3):
            folder_store.sweep()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(work) for work in (sweep, store_again, sweep, store_again)]:
            future.result()
    for content in contents:
        assert folder_store.read(folder_store.resolve(hashlib.sha256(content).hexdigest(), TENANT)) == content


def test_threads_storing_the_same_leave_one_artifact(folder_store: ArtifactStore, tmp_path: Path) -> None:
    data = os.urandom(200_000)
    with ThreadPoolExecutor(8) as pool:
        refs = set(pool.map(lambda _: put(folder_store, data).id, range(32)))
    assert len(refs) == 1
    assert {file.suffix for file in (tmp_path / "default").iterdir()} == {"", ".json"}
    assert folder_store.read(folder_store.resolve(refs.pop(), TENANT)) == data


def test_a_local_store_gives_the_path_of_the_bytes(folder_store: ArtifactStore) -> None:
    ref = put(folder_store, b"on disk")
    path = folder_store.local_path(ref)
    assert path is not None
    assert Path(path).read_bytes() == b"on disk"
    folder_store.delete(ref)
    with pytest.raises(NotFound):
        folder_store.local_path(ref)


def test_a_remote_store_gives_no_path() -> None:
    store = ArtifactStore(f"memory://{uuid.uuid4().hex}", TTL_S)
    assert store.local_path(put(store, b"elsewhere")) is None


def test_a_folder_that_cannot_be_written_is_the_operators_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable, match="could not"):
        put(ArtifactStore(str(tmp_path / "file"), TTL_S), b"x")


def test_an_unknown_file_system_is_named() -> None:
    with pytest.raises(InvalidInput, match="nosuch://"):
        ArtifactStore("nosuch://bucket", TTL_S)


def test_an_upload_over_the_limit_is_too_large(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path), TTL_S, max_bytes=10)
    assert store.upload(b"0123456789", TENANT, most_bytes=None).kind == "text"
    with pytest.raises(TooLarge, match="11 bytes; at most 10"):
        store.upload(b"0123456789a", TENANT, most_bytes=None)


def test_audio_over_the_limit_is_too_large(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path), TTL_S, max_audio_s=2)
    data, _ = Audio(np.zeros((1, 16_000), np.float32), 8_000).encode()
    assert store.upload(data, TENANT, most_bytes=None).duration_s == 2
    data, _ = Audio(np.zeros((1, 16_001), np.float32), 8_000).encode()
    with pytest.raises(TooLarge, match="longer than the 2 s"):
        store.upload(data, TENANT, most_bytes=None)


def test_artifact_in_use_is_kept_for_its_whole_time_to_live_again(store: ArtifactStore, clock: Clock) -> None:
    ref = put(store, b"in use", licence="CC0-1.0")
    for _ in range(4):
        clock.now += 0.75 * TTL_S
        store.touch([ref])
    clock.now += 0.99 * TTL_S
    store.sweep()
    assert store.resolve(ref.id, TENANT) == ref
    assert store.read(ref) == b"in use"
    clock.now += 0.1 * TTL_S
    with pytest.raises(NotFound):
        store.resolve(ref.id, TENANT)


def test_artifact_in_constant_use_is_seldom_written(folder_store: ArtifactStore, clock: Clock, tmp_path: Path) -> None:
    ref = put(folder_store, b"in use")
    clock.now += 60.0
    folder_store.touch([ref])
    record = tmp_path / "default" / f"{ref.id}.json"
    written = record.stat().st_mtime_ns
    for _ in range(5):
        clock.now += 60.0
        folder_store.touch([ref])
    assert record.stat().st_mtime_ns == written


def test_touching_brings_back_nothing_that_is_gone(store: ArtifactStore) -> None:
    kept, deleted = put(store, b"kept"), put(store, b"deleted")
    store.delete(deleted)
    store.touch([kept, deleted])
    assert store.resolve(kept.id, TENANT) == kept
    with pytest.raises(NotFound):
        store.resolve(deleted.id, TENANT)
