"""Removal of artifacts whose time is over."""

import re
from collections import defaultdict
from collections.abc import Sequence

from router.artifacts.sidecars import SUFFIX, Sidecars
from router.artifacts.storage import TEMPORARY_SUFFIX, Entry, Storage

ARTIFACT_KEY = re.compile(r"([a-z0-9][a-z0-9_-]{0,63}/[0-9a-f]{64})(\..+)?")
PASSES = 10  # over what a tenant has, until nothing was put meanwhile
GRACE_S = 3600.0  # between expiry, or a write that was cut off, and removal: longer than any put lasts


def sweep(storage: Storage, sidecars: Sidecars, time_to_live_s: float, now: float) -> int:
    """Remove artifacts an hour after their time was over, and what broken writes left behind.

    Files that are not named like artifacts are left alone. Safe beside puts in other threads and processes where the
    storage has locks. An object store has none: there, the same bytes put again in the very moment of their removal
    can be lost, an hour after they had expired.

    Returns:
        How many artifacts were removed.
    """
    removed = 0
    for key, entries in _by_artifact(storage).items():
        if _may_be_over(key, entries, time_to_live_s, now):
            removed += _remove_if_over(storage, sidecars, key, entries, now)
        else:
            storage.delete([entry.key for entry in entries if _is_broken_write(entry, now)])
    return removed


def remove(storage: Storage, sidecars: Sidecars, key: str) -> None:
    """Remove one artifact and all that was made of it."""
    with storage.lock(key, exclusive=True):
        sidecars.delete(key)
        storage.delete([entry.key for entry in storage.list(key)])


def remove_all(storage: Storage, sidecars: Sidecars, tenant: str) -> tuple[int, int]:
    """Remove all artifacts of a tenant, also those that are put meanwhile.

    Returns:
        How many artifacts were removed, and how many bytes they had.
    """
    count = size_bytes = 0
    for _ in range(PASSES):
        groups = _by_artifact(storage, f"{tenant}/")
        if not groups:
            break
        for key, entries in groups.items():
            with storage.lock(key, exclusive=True):
                size = storage.size(key)
                sidecars.delete(key)
                storage.delete([entry.key for entry in entries])
            if size is not None:
                count, size_bytes = count + 1, size_bytes + size
    storage.delete_folder(tenant)
    return count, size_bytes


def _by_artifact(storage: Storage, prefix: str = "") -> dict[str, list[Entry]]:
    groups: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in storage.list(prefix):
        if match := ARTIFACT_KEY.fullmatch(entry.key):
            groups[match[1]].append(entry)
    return groups


def _may_be_over(key: str, entries: Sequence[Entry], time_to_live_s: float, now: float) -> bool:
    """Tell from the times of writing alone, to read few records."""
    for entry in entries:
        if entry.key == key + SUFFIX:
            return entry.modified + time_to_live_s + GRACE_S < now
    return max(entry.modified for entry in entries) + GRACE_S < now


def _remove_if_over(storage: Storage, sidecars: Sidecars, key: str, entries: Sequence[Entry], now: float) -> bool:
    with storage.lock(key, exclusive=True):
        sidecar = sidecars.load(key)
        if sidecar is not None and sidecar.expires + GRACE_S >= now:
            return False
        sidecars.delete(key)
        storage.delete([entry.key for entry in entries])
        return True


def _is_broken_write(entry: Entry, now: float) -> bool:
    return entry.key.endswith(TEMPORARY_SUFFIX) and entry.modified + GRACE_S < now
