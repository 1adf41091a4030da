"""What a tenant has stored, in pages, the newest first."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from router.artifacts.sidecars import Sidecar, Sidecars
from router.artifacts.storage import Storage
from router.artifacts.sweep import ARTIFACT_KEY
from router.pages import Cursor, Page, page_of

READERS = 16  # an object store answers each in some 50 ms
TIMES = 2  # of a cursor: the second in which the bytes were written, and when the record says they were

_Placed = tuple[Cursor, Sidecar]


def newest(
    storage: Storage, sidecars: Sidecars, tenant: str, now: float, cursor: str | None, limit: int
) -> Page[Sidecar]:
    """Return a page of the records of a tenant's artifacts.

    Artifacts are ordered by when their bytes were written, of which some stores keep whole seconds only; records are
    read of those seconds alone that the page shows.

    Raises:
        InvalidInput: If the cursor is none.
    """
    after = None if cursor is None else Cursor.read(cursor, TIMES)
    found = list(islice(_after(storage, sidecars, tenant, now, after), limit + 1))
    page = page_of(found, limit, lambda placed: placed[0])
    return Page(data=tuple(sidecar for _, sidecar in page.data), next=page.next)


def _after(storage: Storage, sidecars: Sidecars, tenant: str, now: float, after: Cursor | None) -> Iterator[_Placed]:
    seconds = _by_second(storage, tenant)
    with ThreadPoolExecutor(READERS) as pool:
        for second in sorted(seconds, reverse=True):
            if after is not None and second > after.times[0]:
                continue
            records = pool.map(sidecars.recent, seconds[second])
            kept = [record for record in records if record is not None and record.expires > now]
            placed = [(Cursor((float(second), record.created), record.ref.id), record) for record in kept]
            for cursor, record in sorted(placed, key=lambda one: one[0], reverse=True):
                if after is None or cursor < after:
                    yield cursor, record


def _by_second(storage: Storage, tenant: str) -> dict[int, Sequence[str]]:
    seconds: defaultdict[int, list[str]] = defaultdict(list)
    for entry in storage.list(f"{tenant}/"):
        match = ARTIFACT_KEY.fullmatch(entry.key)
        if match and match[2] is None:
            seconds[math.floor(entry.modified)].append(entry.key)
    return dict(seconds)
