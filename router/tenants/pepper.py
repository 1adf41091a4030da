"""The pepper: the secret without which stored keys prove nothing, kept apart from the database."""

import os
import secrets
from pathlib import Path

from model_wrappers.contract.errors import StorageUnavailable
from router.settings import Settings

FILE = "key_pepper"
BYTES = 32


def pepper(settings: Settings) -> bytes:
    """Return the pepper the settings hold, else the one of this machine, made when first asked for.

    Raises:
        StorageUnavailable: If it can be neither read nor made.
    """
    if settings.key_pepper is not None:
        return settings.key_pepper.get_secret_value().encode()
    path = settings.home / FILE
    try:
        if not path.exists():
            _make(path)
        return path.read_bytes()
    except OSError as exc:
        raise StorageUnavailable(f"The file '{path}', which stored keys need, cannot be used: {exc.strerror}.") from exc


def _make(path: Path) -> None:
    """Write the file whole or not at all; of several processes the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
    own.touch(mode=0o600)
    own.write_bytes(secrets.token_hex(BYTES).encode())
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
