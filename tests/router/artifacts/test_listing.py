"""Lists of stored files, page by page, in a folder and in a store that is none."""

import time
import uuid
from pathlib import Path

import pytest

from router.artifacts.store import ArtifactStore
from tests.router.clock import Clock

TTL_S = 1000.0


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time())


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> ArtifactStore:
    url = str(tmp_path) if request.param == "folder" else f"memory://{uuid.uuid4().hex}"
    return ArtifactStore(url, TTL_S, clock=clock)


def put(store: ArtifactStore, clock: Clock, text: str, tenant: str = "ann") -> str:
    clock.now += 1
    return store.put(text.encode(), kind="text", media_type="text/plain", tenant=tenant, most_bytes=None).id


def test_pages_hold_everything_of_a_tenant_once_and_the_newest_first(store: ArtifactStore, clock: Clock) -> None:
    made = [put(store, clock, str(number)) for number in range(5)]  # within a second or two of the file system's
    for number in range(5):
        put(store, clock, str(number), "bob")
    first = store.page("ann", None, 2)
    second = store.page("ann", first.next, 2)
    last = store.page("ann", second.next, 2)
    assert [[one.id for one in page.data] for page in (first, second, last)] == [
        made[:2:-1],
        made[2:0:-1],
        made[:1],
    ]
    assert last.next is None
    assert {one.tenant for one in store.page("bob").data} == {"bob"}
    assert store.page("eve").data == ()


def test_what_is_gone_or_over_is_not_listed(store: ArtifactStore, clock: Clock) -> None:
    old = put(store, clock, "old")
    clock.now += TTL_S
    new, deleted = put(store, clock, "new"), put(store, clock, "deleted")
    store.put_derived(store.resolve(new, "ann"), "waveform.png", b"picture")
    store.delete(store.resolve(deleted, "ann"))
    (kept,) = store.page("ann").data
    assert kept.id == new
    assert kept.id != old
    assert kept.expires - kept.created == pytest.approx(TTL_S)
