"""Weights that come in parts inside installed packages, put together once in a cache folder."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import platformdirs

from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.weights.package_files import package_file

CACHE_VARIABLE = "AUDIOGPT_CACHE"
BLOCK_BYTES = 1 << 20
LOCK_TIMEOUT_S = 300.0  # another process may be writing gigabytes to a slow disk
RECORD = "verified.json"


@dataclass(frozen=True)
class WeightPart:
    """A file, or a piece of one, inside an installed package."""

    module: str
    path: str
    requirement: str  # what to install, e.g. name==1.0.0


@dataclass(frozen=True)
class WeightFile:
    """A file joined from its parts; `sha256` is that of the whole, in hexadecimal."""

    name: str
    sha256: str
    parts: tuple[WeightPart, ...]


@dataclass(frozen=True)
class PackagedWeights:
    """A folder of weights as some loader expects it."""

    name: str
    files: tuple[WeightFile, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over all files' names and digests; names this set of weights."""
        return hashlib.sha256(json.dumps([(file.name, file.sha256) for file in self.files]).encode()).hexdigest()

    def folder(self) -> Path:
        """Return the folder with all files, put together and verified if it was not yet.

        Any number of processes may call this at once. A file whose size or modification time is not as recorded when
        its digest was verified is put together again.

        Raises:
            ModelUnavailable: If a package is missing or another version, or the cache cannot be written.
        """
        folder = cache_folder() / f"{self.name}-{self.digest[:12]}"
        if self._is_verified(folder):
            return folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(f"{folder}.lock", timeout=LOCK_TIMEOUT_S):
                if not self._is_verified(folder):
                    self._assemble(folder)
        except filelock.Timeout as exc:
            raise ModelUnavailable(
                f"Another process has held {folder}.lock for {LOCK_TIMEOUT_S:g} s; check that it is alive."
            ) from exc
        except OSError as exc:
            raise ModelUnavailable(
                f"The weights of '{self.name}' cannot be written to {folder} ({exc.strerror}); make room there or set "
                f"{CACHE_VARIABLE} to a writable folder."
            ) from exc
        return folder

    def _is_verified(self, folder: Path) -> bool:
        try:
            record = json.loads((folder / RECORD).read_bytes())
            return bool(record == {file.name: _fingerprint(folder / file.name, file.sha256) for file in self.files})
        except (OSError, ValueError):
            return False

    def _assemble(self, folder: Path) -> None:
        for leftover in folder.glob(".*"):  # of a process that was killed; the lock is ours
            leftover.unlink()
        record = {}
        for file in self.files:
            _write_atomically(folder / file.name, _verified_blocks(self.name, file))
            record[file.name] = _fingerprint(folder / file.name, file.sha256)
        _write_atomically(folder / RECORD, iter([json.dumps(record).encode()]))


def cache_folder() -> Path:
    """Return where assembled weights are kept: `AUDIOGPT_CACHE`, or the user's cache folder."""
    return Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("audiogpt"))


def _fingerprint(path: Path, sha256: str) -> dict[str, str | int]:
    status = path.stat()
    return {"sha256": sha256, "size_bytes": status.st_size, "modified_ns": status.st_mtime_ns}


def _write_atomically(path: Path, blocks: Iterator[bytes]) -> None:
    """Write a file that appears whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as output:
            for block in blocks:
                output.write(block)
            output.flush()
            os.fsync(output.fileno())
            os.fchmod(output.fileno(), 0o644)  # an image may be built by one user and run by another
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _verified_blocks(name: str, file: WeightFile) -> Iterator[bytes]:
    """Yield the joined parts and raise at the end if they are not what was expected."""
    digest = hashlib.sha256()
    for part in file.parts:
        with package_file(part.module, part.path, package=part.requirement).open("rb") as source:
            while block := source.read(BLOCK_BYTES):
                digest.update(block)
                yield block
    if digest.hexdigest() != file.sha256:
        packages = " ".join(part.requirement for part in file.parts)
        raise ModelUnavailable(
            f"'{file.name}' of '{name}' has SHA-256 {digest.hexdigest()}, expected {file.sha256}; "
            f"install the exact versions again: pip install --force-reinstall {packages}"
        )
