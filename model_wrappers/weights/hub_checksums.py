"""Checksums of downloaded weights, as the hub states them, kept beside the files."""

import hashlib
import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from model_wrappers.contract.errors import ModelUnavailable

RECORD = "audiogpt-checksums.json"
BLOCK_BYTES = 1 << 20

OnBytes = Callable[[int], None]


class FileChecksum(BaseModel):
    """What one file must be; `git` is the SHA-1 git gives a file, which the hub has of small ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_bytes: int
    algorithm: Literal["sha256", "git"]
    digest: str

    def matches(self, file: Path, on_bytes: OnBytes) -> bool:
        """Read a file and tell whether it is the one; `on_bytes` is told of every block's length."""
        if not file.is_file() or file.stat().st_size != self.size_bytes:
            return False
        if self.algorithm == "sha256":
            digest = hashlib.sha256()
        else:
            digest = hashlib.sha1(b"blob %d\0" % self.size_bytes, usedforsecurity=False)
        with file.open("rb") as opened:
            while block := opened.read(BLOCK_BYTES):
                digest.update(block)
                on_bytes(len(block))
        return digest.hexdigest() == self.digest


class Checksums(BaseModel):
    """The files of one download, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repository: str
    commit: str
    files: dict[str, FileChecksum]

    @classmethod
    def of(cls, folder: Path) -> "Checksums | None":
        """Return what a download wrote down of a folder, None if it came another way.

        Raises:
            ModelUnavailable: If the record is damaged.
        """
        try:
            return cls.model_validate_json((folder / RECORD).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as exc:
            raise ModelUnavailable(f"{folder / RECORD} is damaged; run `audiogpt models pull` again.") from exc

    def save(self, folder: Path) -> None:
        """Write them down beside the files."""
        (folder / RECORD).write_text(json.dumps(self.model_dump(), indent=1, sort_keys=True))

    @property
    def size_bytes(self) -> int:
        """Size of all files together."""
        return sum(file.size_bytes for file in self.files.values())

    def wrong_sizes(self, folder: Path) -> tuple[str, ...]:
        """Return the files that are missing or cut short, without reading any."""
        return tuple(name for name, file in self.files.items() if _size(folder / name) != file.size_bytes)

    def wrong_files(self, folder: Path, on_bytes: OnBytes = lambda _: None) -> tuple[str, ...]:
        """Read every file and return those that are not as the hub stated."""
        return tuple(name for name, file in self.files.items() if not file.matches(folder / name, on_bytes))


def repository_checksums(repository: str, commit: str, names: Collection[str]) -> Checksums:
    """Ask the hub for the checksums of some files of a repository."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    files = {}
    for entry in HfApi().list_repo_tree(repository, recursive=True, revision=commit):
        if not isinstance(entry, RepoFile) or entry.path not in names:
            continue
        stored = ("sha256", entry.lfs.sha256) if entry.lfs else ("git", entry.blob_id)
        files[entry.path] = FileChecksum.model_validate(
            {"size_bytes": entry.size, "algorithm": stored[0], "digest": stored[1]}
        )
    return Checksums(repository=repository, commit=commit, files=files)


def _size(file: Path) -> int | None:
    return file.stat().st_size if file.is_file() else None
