"""Named bytes: a local folder with atomic writes and locks, or any fsspec file system."""

import errno
import fcntl
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from model_wrappers.contract.errors import InvalidInput, StorageFull, StorageUnavailable
from router.telemetry import metrics

TEMPORARY_SUFFIX = ".part"
LOCK_FOLDER = ".locks"
COPIED_BYTES = 2**20  # at once
FOLDER_ATTEMPTS = 3  # at a folder that another process removes because it is empty

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One stored key, when it was last written, in seconds of `time.time()`, and its length in bytes."""

    key: str
    modified: float
    size: int = 0


class Storage(Protocol):
    """Bytes by key; keys are relative paths of validated parts. A missing key raises `FileNotFoundError`."""

    has_locks: bool  # whether `lock` keeps anybody apart

    def read(self, key: str) -> bytes:
        """Return all bytes of a key."""

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return bytes `start` up to and without `end`."""

    def size(self, key: str) -> int | None:
        """Return the length in bytes, or None if there is no such key."""

    def open(self, key: str) -> BinaryIO:
        """Return the bytes of a key as a file to read."""

    def write(self, key: str, data: bytes | BinaryIO) -> None:
        """Store bytes, or those of a file from where it stands, so that a reader sees all of them or the old ones."""

    def delete(self, keys: Sequence[str]) -> None:
        """Remove keys; those already gone are no error."""

    def delete_folder(self, folder: str) -> None:
        """Remove a folder that holds no key, where folders are things of their own."""

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Yield the keys that start with a prefix of the form `folder/start`."""

    def lock(self, key: str, *, exclusive: bool) -> AbstractContextManager[None]:
        """Keep writers (shared) and the sweep (exclusive) of a key apart, as far as the file system can."""

    def local_path(self, key: str) -> str | None:
        """Return the path of the file on this machine, or None where there is none."""

    def free_bytes(self) -> int | None:
        """Return how much more could be stored, or None where nobody knows."""


def open_storage(url: str) -> Storage:
    """Open a folder (`/path`, `file:///path`) or an fsspec URL (`s3://bucket/prefix`, `memory://name`).

    Raises:
        InvalidInput: If no installed file system serves the URL.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "file":
        return Folder(Path(rest if separator else url).expanduser().absolute())
    return ObjectStore(url)


class Folder:
    """A folder on a local or shared disk."""

    has_locks = True

    def __init__(self, root: Path) -> None:
        """Use `root`; it is made with the first write."""
        self.root = root

    def read(self, key: str) -> bytes:
        """Return all bytes of a key."""
        with _measured("read"):
            return _counted("read", (self.root / key).read_bytes())

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return bytes `start` up to and without `end`."""
        with _measured("read"), (self.root / key).open("rb") as file:
            file.seek(start)
            return _counted("read", file.read(end - start))

    def size(self, key: str) -> int | None:
        """Return the length in bytes, or None if there is no such key."""
        with suppress(FileNotFoundError), _measured("stat"):
            return (self.root / key).stat().st_size
        return None

    def open(self, key: str) -> BinaryIO:
        """Return the bytes of a key as a file to read."""
        with _measured("read"):
            return (self.root / key).open("rb")

    def write(self, key: str, data: bytes | BinaryIO) -> None:
        """Store bytes under a temporary name, then rename."""
        path = self.root / key
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}{TEMPORARY_SUFFIX}")
        with _measured("write"):
            try:
                with _opened_in_its_folder(temporary) as file:
                    _copy(data, file)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    def delete(self, keys: Sequence[str]) -> None:
        """Remove keys; those already gone are no error."""
        with _measured("delete"):
            for key in keys:
                (self.root / key).unlink(missing_ok=True)

    def delete_folder(self, folder: str) -> None:
        """Remove a folder that is empty."""
        with suppress(OSError):
            (self.root / folder).rmdir()

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Yield the keys that start with a prefix of the form `folder/start`."""
        folder, _, start = prefix.rpartition("/")
        if folder:
            yield from self._entries(folder, start)
            return
        with suppress(FileNotFoundError), _measured("list"):
            for name in os.listdir(self.root):
                if name.startswith(start) and name != LOCK_FOLDER:
                    yield from self._entries(name, "")

    def _entries(self, folder: str, start: str) -> Iterator[Entry]:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.root / folder) as files:
            for file in files:
                with suppress(FileNotFoundError):
                    if file.name.startswith(start):
                        found = file.stat()
                        yield Entry(f"{folder}/{file.name}", found.st_mtime, found.st_size)

    @contextmanager
    def lock(self, key: str, *, exclusive: bool) -> Iterator[None]:
        """Hold one of 256 lock files, chosen by the first two characters of the key's name."""
        path = self.root / LOCK_FOLDER / key.rpartition("/")[2][:2]
        with _measured("lock"):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def local_path(self, key: str) -> str | None:
        """Return the path of the file."""
        return str(self.root / key)

    def free_bytes(self) -> int | None:
        """Return what is free on the disk."""
        there = next(folder for folder in (self.root, *self.root.parents) if folder.exists())
        return shutil.disk_usage(there).free


class ObjectStore:
    """Any fsspec file system whose writes are atomic by themselves: S3, GCS, Azure, memory."""

    has_locks = False

    def __init__(self, url: str) -> None:
        """Connect to the file system of a URL; credentials and endpoint come from its own environment variables."""
        import fsspec

        try:
            self._files, self._root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except (ImportError, ValueError) as exc:
            raise InvalidInput(f"No file system for '{url}': {exc}", param="artifacts_url") from exc
        self._errors = _client_errors(url)

    def read(self, key: str) -> bytes:
        """Return all bytes of a key."""
        return _counted("read", bytes(self._call("read", self._files.cat_file, self._path(key))))

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return bytes `start` up to and without `end`."""
        return _counted("read", bytes(self._call("read", self._files.cat_file, self._path(key), start=start, end=end)))

    def size(self, key: str) -> int | None:
        """Return the length in bytes, or None if there is no such key."""
        with suppress(FileNotFoundError):
            return int(self._call("stat", self._files.size, self._path(key)))
        return None

    def open(self, key: str) -> BinaryIO:
        """Return the bytes of a key as a file to read."""
        return cast(BinaryIO, self._call("read", self._files.open, self._path(key), "rb"))

    def write(self, key: str, data: bytes | BinaryIO) -> None:
        """Store bytes in one request, or a file in parts that become visible together."""
        if isinstance(data, bytes):
            self._call("write", self._files.pipe_file, self._path(key), _counted("write", data))
            return
        with _measured("write", self._errors), self._files.open(self._path(key), "wb") as file:
            _copy(data, file)

    def delete(self, keys: Sequence[str]) -> None:
        """Remove keys; those already gone are no error."""
        for key in keys:
            with suppress(FileNotFoundError):
                self._call("delete", self._files.rm_file, self._path(key))

    def delete_folder(self, folder: str) -> None:
        """Remove what stands for a folder in file systems that have any."""
        with suppress(*self._errors):
            self._files.rmdir(self._path(folder))

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Yield the keys that start with a prefix of the form `folder/start`."""
        folder, _, start = prefix.rpartition("/")
        found = self._call("list", self._files.find, self._path(folder), detail=True)
        for path, details in found.items():
            key = path.removeprefix(self._root).lstrip("/")
            if key.rpartition("/")[2].startswith(start):
                yield Entry(key, _modified(details), int(details.get("size") or 0))

    @contextmanager
    def lock(self, key: str, *, exclusive: bool) -> Iterator[None]:
        """Lock nothing: object stores have no locks; the sweep waits a grace period instead."""
        yield

    def local_path(self, key: str) -> str | None:
        """Return None: the bytes are elsewhere."""
        return None

    def free_bytes(self) -> int | None:
        """Return None: object stores have no end."""
        return None

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}".rstrip("/")

    def _call(self, verb: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        with _measured(verb, self._errors):
            return function(*arguments, **options)


def no_room() -> StorageFull:
    """Return the error for what finds no room."""
    return StorageFull(
        "There is no room left to store anything; what is stored can be read and deleted.",
        hint="Delete what is no longer needed, or ask the operator for room.",
    )


def _opened_in_its_folder(path: Path) -> BinaryIO:
    """Open a file to write, whose folder may be missing or just be going."""
    for _ in range(FOLDER_ATTEMPTS):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            return path.open("wb")
    return path.open("wb")


def _copy(data: bytes | BinaryIO, file: BinaryIO) -> None:
    if isinstance(data, bytes):
        file.write(data)
    else:
        shutil.copyfileobj(data, file, COPIED_BYTES)
    metrics.STORAGE_BYTES.add(file.tell(), operation="write")


def _counted(operation: str, data: bytes) -> bytes:
    metrics.STORAGE_BYTES.add(len(data), operation=operation)
    return data


@contextmanager
def _measured(verb: str, errors: tuple[type[Exception], ...] = (OSError,)) -> Iterator[None]:
    """Time an operation, and say in the project's words that the store could not do it."""
    began = time.perf_counter()
    try:
        yield
    except FileNotFoundError as exc:
        if verb in ("write", "lock"):
            raise StorageUnavailable(f"The artifact store could not {verb}: {exc}", hint="Does it exist?") from exc
        raise
    except errors as exc:
        metrics.STORAGE_ERRORS.add(operation=verb)
        logger.error("The artifact store could not %s: %s", verb, exc)
        if isinstance(exc, OSError) and exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_room() from exc
        raise StorageUnavailable(f"The artifact store could not {verb}; try again later.", retry_after_s=1.0) from exc
    finally:
        metrics.STORAGE_SECONDS.observe(time.perf_counter() - began, operation=verb)


def _client_errors(url: str) -> tuple[type[Exception], ...]:
    if not url.startswith("s3://"):
        return (OSError,)
    return (OSError, import_module("botocore.exceptions").BotoCoreError)


def _modified(details: dict[str, Any]) -> float:
    moment = details.get("LastModified") or details.get("mtime") or details.get("updated") or details.get("created")
    return moment.timestamp() if isinstance(moment, datetime) else float(moment or 0.0)
