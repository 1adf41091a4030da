"""How much may be stored: a floor of free disk for everybody, and what a tenant may have."""

from collections.abc import Iterator
from contextlib import contextmanager

from model_wrappers.contract.errors import LimitExceeded
from router.artifacts.storage import Storage, no_room

LOCK = "quota/q-"  # its name shares its lock with no artifact's


@contextmanager
def room_for(storage: Storage, tenant: str, size_bytes: int, *, most_bytes: int | None, floor: int) -> Iterator[None]:
    """Make sure that there is room for bytes which the block stores.

    What a tenant has is counted in the store itself, in one step with the writing as far as it has locks: so nothing
    has to be told of what is deleted or expires.

    Args:
        storage: Where they go.
        tenant: Whose they are.
        size_bytes: How many.
        most_bytes: That the tenant may have; None if it has no limit.
        floor: Bytes that stay free on the disk.

    Raises:
        LimitExceeded: If the tenant would have more.
        StorageFull: If too little is free.
    """
    free = storage.free_bytes()
    if free is not None and free - size_bytes < floor:
        raise no_room()
    if most_bytes is None:
        yield
        return
    with storage.lock(LOCK, exclusive=True):
        used = sum(entry.size for entry in storage.list(f"{tenant}/"))
        if used + size_bytes > most_bytes:
            raise LimitExceeded(
                f"The tenant '{tenant}' may store {most_bytes:,} bytes and has stored {used:,}; {size_bytes:,} more do "
                "not fit. Delete what is no longer needed.",
                param="storage_bytes",
            )
        yield
