"""Checkpoints of transformers as CTranslate2 models, converted once and kept in the cache folder."""

import hashlib
import shutil
import tempfile
from pathlib import Path

import filelock

from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.weights.packaged import CACHE_VARIABLE, cache_folder

LOCK_TIMEOUT_S = 900.0  # another process may be reading gigabytes from a slow disk
MODEL = "model.bin"


def converted(folder: Path, quantization: str) -> Path:
    """Return the folder with a checkpoint as CTranslate2 reads it, converting it if it was not yet.

    Any number of processes may call this at once; a checkpoint that changed is converted again.

    Args:
        folder: Checkpoint of transformers.
        quantization: CTranslate2's name of the numbers' type, e.g. `int8`.

    Raises:
        ModelUnavailable: If it cannot be converted, or the cache cannot be written.
    """
    kept = cache_folder() / f"{folder.name}-{_fingerprint(folder)[:12]}-{quantization}"
    if (kept / MODEL).is_file():
        return kept
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{kept}.lock", timeout=LOCK_TIMEOUT_S):
            if not (kept / MODEL).is_file():
                _convert(folder, kept, quantization)
    except filelock.Timeout as exc:
        raise ModelUnavailable(
            f"Another process has held {kept}.lock for {LOCK_TIMEOUT_S:g} s; check that it is alive."
        ) from exc
    except OSError as exc:
        raise ModelUnavailable(
            f"{folder} cannot be converted into {kept} ({exc}); make room there or set {CACHE_VARIABLE} to a writable "
            "folder."
        ) from exc
    return kept


def _convert(folder: Path, kept: Path, quantization: str) -> None:
    from ctranslate2.converters import TransformersConverter

    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=f".{kept.name}.") as parent:
        made = Path(parent) / "model"
        try:
            TransformersConverter(str(folder), low_cpu_mem_usage=True).convert(str(made), quantization=quantization)
        except (ValueError, KeyError, AttributeError, RuntimeError) as exc:
            raise ModelUnavailable(
                f"{folder} is no checkpoint CTranslate2 can convert: {type(exc).__name__}: {exc}"
            ) from exc
        shutil.rmtree(kept, ignore_errors=True)
        made.rename(kept)


def _fingerprint(folder: Path) -> str:
    """Return a digest of the files' names, sizes and times, resolved where they are links into a cache."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    seen = [(file.relative_to(folder).as_posix(), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr((str(folder.resolve()), seen)).encode()).hexdigest()
