"""How much may be stored: a floor of free disk for everybody, and what a tenant may have."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from model_wrappers.contract.errors import LimitExceeded
from router.artifacts.storage import Storage, no_room
from router.telemetry import metrics
from router.telemetry.tenants import class_of

LOCK = "quota/q-"  # its name shares its lock with no artifact's


class Claims(Protocol):
    """Room that writers have claimed and not yet filled, known to all processes."""

    def claimed(self, tenant: str, key: str, size_bytes: int) -> AbstractContextManager[Mapping[str, int]]:
        """Claim room for as long as the block runs; give what was claimed before and is still held, bytes by key."""
        ...


@dataclass(frozen=True)
class Quota:
    """Lets in what there is room for.

    What a tenant has is counted in the store itself, so that nothing has to be told of what is deleted or expires. A
    storage with locks is counted and written in one step. In another one writers first claim their room in the
    database: each counts what is stored and what others claimed before it, and so no two take the same room.
    """

    storage: Storage
    floor: int  # bytes that stay free on the disk
    claims: Callable[[], Claims] | None = None

    @contextmanager
    def room(self, key: str, size_bytes: int, most_bytes: int | None) -> Iterator[None]:
        """Make sure that there is room for bytes which the block stores.

        Args:
            key: Of the artifact, its tenant's folder first.
            size_bytes: How many, with what is stored beside it.
            most_bytes: That the tenant may have; None if it has no limit.

        Raises:
            LimitExceeded: If the tenant would have more.
            StorageFull: If too little is free.
        """
        free = self.storage.free_bytes()
        if free is not None and free - size_bytes < self.floor:
            raise no_room()
        if most_bytes is None:
            yield
            return
        tenant = key.partition("/")[0]
        with self._others(tenant, key, size_bytes) as claimed:
            used = self._used(tenant, claimed, key)
            if used + size_bytes > most_bytes:
                metrics.LIMITS_REFUSED.add(limit="storage_bytes", tenant_class=class_of(tenant))
                raise LimitExceeded(
                    f"The tenant '{tenant}' may store {most_bytes:,} bytes and has stored {used:,}; {size_bytes:,} "
                    "more do not fit. Delete what is no longer needed.",
                    param="storage_bytes",
                )
            yield

    @contextmanager
    def _others(self, tenant: str, key: str, size_bytes: int) -> Iterator[Mapping[str, int]]:
        """Keep others from the same room; give what of it they have claimed."""
        if self.storage.has_locks or self.claims is None:
            with self.storage.lock(LOCK, exclusive=True):
                yield {}
        else:
            with self.claims().claimed(tenant, key, size_bytes) as claimed:
                yield claimed

    def _used(self, tenant: str, claimed: Mapping[str, int], but: str) -> int:
        """Return what a tenant has without one artifact; what is claimed may partly be stored by now."""
        stored: Counter[str] = Counter()
        for entry in self.storage.list(f"{tenant}/"):
            stored[entry.key.partition(".")[0]] += entry.size
        return sum(max(stored[key], claimed.get(key, 0)) for key in {*stored, *claimed} - {but})
