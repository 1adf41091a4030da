"""Published weights: from a local folder, else the hub's cache, else the hub."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.weights.hub_checksums import Checksums, repository_checksums

MODELS_VARIABLE = "AUDIOGPT_MODELS"
NOT_PINNED = "not pinned"
COMMIT = re.compile(r"[0-9a-f]{40}")
TRANSFORMERS_FILES = ("*.json", "*.txt", "*.jinja", "*.model", "*.safetensors")
BINARY_FILES = ("*.json", "*.txt", "*.jinja", "*.model", "pytorch_model*.bin")  # of repositories without safetensors
DIFFUSERS_FILES = ("model_index.json", *(f"*/{pattern}" for pattern in TRANSFORMERS_FILES))
IGNORED_FILES = ("*.fp16.*", "onnx/*", "original/*")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint by name.

    `model` is a folder, or a repository on the hub (`organisation/name`) and `revision` one of its commits; `files` are
    the patterns of what the model reads of it, `ignored` those of what it does not although it is among them; without
    a file `required` it is no such checkpoint.
    """

    model: str
    revision: str | None = None
    files: tuple[str, ...] = TRANSFORMERS_FILES
    required: str = "config.json"
    ignored: tuple[str, ...] = IGNORED_FILES

    def __str__(self) -> str:
        """Return the name for messages."""
        return f"'{self.model}'" + (f" at {self.revision}" if self.revision else "")

    def folder(self, *, offline: bool = False) -> Path:
        """Return a folder with the files, downloading what is missing.

        Args:
            offline: Look no further than this machine.

        Raises:
            ModelUnavailable: If it is not here and cannot be had, or is not what it should be.
        """
        folder = self.local_folder() or self._cached()
        if folder is None:
            if offline:
                raise ModelUnavailable(f"{self} is not on this machine; run `audiogpt models pull`.")
            folder = self.download()
        self._check_complete(folder)
        return folder

    def is_here(self) -> bool:
        """Tell whether all of it is on this machine."""
        try:
            return bool(self.folder(offline=True))
        except ModelUnavailable:
            return False

    def local_folder(self) -> Path | None:
        """Return the folder an operator put it in: `model` itself, or `$AUDIOGPT_MODELS/organisation/name`."""
        folders = (Path(self.model).expanduser(), self._own_folder())
        return next((folder for folder in folders if folder and folder.is_dir()), None)

    def commit(self) -> str | None:
        """Return the commit that is on this machine, None where nothing is or it came another way."""
        folder = self.local_folder() or self._cached()
        found = Checksums.of(folder) if folder else None
        return found.commit if found else None

    def download(self, *, update: bool = False) -> Path:
        """Fetch it from the hub into `$AUDIOGPT_MODELS`, or into the hub's cache where that is not set.

        Args:
            update: Take the newest commit of a checkpoint that is not pinned; else it stays at the one it came from.

        Raises:
            ModelUnavailable: If there is no network, the model is gated, or there is no such repository or commit.
        """
        from huggingface_hub import errors

        try:
            return self._download(self.revision or (None if update else self.commit()))
        except errors.GatedRepoError as exc:
            raise ModelUnavailable(
                f"{self} is gated: accept its licence on its page on the hub and set HF_TOKEN to a token of that "
                "account."
            ) from exc
        except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as exc:
            raise ModelUnavailable(
                f"The hub has no {self}; check 'model' and 'revision', or set HF_TOKEN if it is private."
            ) from exc
        except OSError as exc:
            raise ModelUnavailable(
                f"{self} is not on this machine and did not come from the hub ({type(exc).__name__}: {exc}). Run "
                f"`audiogpt models pull` where there is a network, and copy it to ${MODELS_VARIABLE}/{self.model}."
            ) from exc

    def _download(self, revision: str | None) -> Path:
        from huggingface_hub import HfApi, snapshot_download

        own = self._own_folder()
        commit = HfApi().model_info(self.model, revision=revision).sha
        assert commit is not None
        folder = Path(
            snapshot_download(
                self.model,
                # The cache notes which commit a branch is at only where it is asked for the branch.
                revision=commit if own else revision,
                allow_patterns=list(self.files),
                ignore_patterns=list(self.ignored),
                local_dir=own,
            )
        )
        commit = commit if own else folder.name
        present = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
        repository_checksums(self.model, commit, present).save(folder)
        return folder

    def _cached(self) -> Path | None:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            found = snapshot_download(
                self.model,
                revision=self.revision,
                allow_patterns=list(self.files),
                ignore_patterns=list(self.ignored),
                local_files_only=True,
            )
        except LocalEntryNotFoundError:
            return None
        except HFValidationError as exc:
            raise ModelUnavailable(
                f"There is no folder '{self.model}', and no repository can have that name; give a folder with a "
                "checkpoint, or organisation/name."
            ) from exc
        return Path(found)

    def _own_folder(self) -> Path | None:
        own = os.environ.get(MODELS_VARIABLE)
        return Path(own) / self.model if own else None

    def _check_complete(self, folder: Path) -> None:
        if not (folder / self.required).is_file():
            raise ModelUnavailable(
                f"{folder} is no checkpoint of this model: it has no '{self.required}'. Point 'model' at the right "
                "folder, or run `audiogpt models pull`."
            )
        checksums = Checksums.of(folder)
        if checksums and self.revision and COMMIT.fullmatch(self.revision) and checksums.commit != self.revision:
            raise ModelUnavailable(
                f"{folder} holds commit {checksums.commit} of '{self.model}', but {self.revision} is asked for; run "
                "`audiogpt models pull`, or set 'revision' to the commit that is here."
            )
        if checksums and (wrong := checksums.wrong_sizes(folder)):
            raise ModelUnavailable(
                f"These files in {folder} are missing or cut short: {', '.join(wrong)}; run `audiogpt models pull`."
            )
