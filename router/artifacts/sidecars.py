"""The record that lies beside every artifact: its reference and how long it is kept."""

import logging
import threading
import time
from collections import OrderedDict

from pydantic import BaseModel, ConfigDict, ValidationError

from model_wrappers.contract.artifacts import ArtifactRef
from router.artifacts.storage import Storage
from router.telemetry import metrics

logger = logging.getLogger(__name__)

SUFFIX = ".json"
MAX_RECENT = 4096  # records kept in memory, about 1 KiB each
RECENT_S = 30.0  # how long another process's delete or renewal may stay unseen here


class Sidecar(BaseModel):
    """One record; it is written after the bytes, so that its presence makes the artifact exist."""

    model_config = ConfigDict(frozen=True)

    ref: ArtifactRef
    created: float
    expires: float


class Sidecars:
    """The records of a storage, the recent ones in memory."""

    def __init__(self, storage: Storage) -> None:
        """Read and write in `storage`."""
        self._storage = storage
        self._recent: OrderedDict[str, tuple[Sidecar, float]] = OrderedDict()
        self._lock = threading.Lock()

    def recent(self, key: str) -> Sidecar | None:
        """Return the record of an artifact, from memory where it was seen in the last seconds."""
        with self._lock:
            sidecar, seen = self._recent.get(key, (None, 0.0))
        hit = sidecar is not None and time.monotonic() - seen < RECENT_S
        metrics.CACHE_LOOKUPS.add(cache="artifacts", result="hit" if hit else "miss")
        return sidecar if hit else self.load(key)

    def last_seen(self, key: str) -> Sidecar | None:
        """Return the record of an artifact as this process saw it last, however long ago, or None."""
        with self._lock:
            return self._recent.get(key, (None, 0.0))[0]

    def load(self, key: str) -> Sidecar | None:
        """Return the record of an artifact as it is stored, or None."""
        with self._lock:
            before = self._recent.get(key)
        try:
            data = self._storage.read(key + SUFFIX)
            sidecar = Sidecar.model_validate_json(data)
        except FileNotFoundError:
            self._forget(key)
            return None
        except ValidationError as exc:
            logger.warning("Artifact %s has an unreadable record and counts as missing: %s", key, exc)
            self._forget(key)
            return None
        with self._lock:
            if self._recent.get(key) is before:  # else another thread wrote while this one read
                self._remember(key, sidecar)
        return sidecar

    def save(self, key: str, sidecar: Sidecar) -> None:
        """Write the record of an artifact."""
        self._storage.write(key + SUFFIX, sidecar.model_dump_json(exclude_none=True).encode())
        with self._lock:
            self._remember(key, sidecar)

    def delete(self, key: str) -> None:
        """Remove the record of an artifact, so that the artifact exists no more."""
        self._storage.delete([key + SUFFIX])
        self._forget(key)

    def _remember(self, key: str, sidecar: Sidecar) -> None:
        """Keep a record; the lock must be held."""
        self._recent[key] = (sidecar, time.monotonic())
        self._recent.move_to_end(key)
        if len(self._recent) > MAX_RECENT:
            self._recent.popitem(last=False)

    def _forget(self, key: str) -> None:
        with self._lock:
            self._recent.pop(key, None)
