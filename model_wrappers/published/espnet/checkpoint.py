"""Checkpoints as ESPnet's model zoo packs them: a `meta.yaml` that names configuration and weights."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from model_wrappers.contract.errors import ModelUnavailable

META = "meta.yaml"
FILES = ("*.yaml", "*.pth", "*.npz", "*.model", "*.txt")
MAX_LINK_BYTES = 512  # a file of weights this small is the text of a symbolic link


@dataclass(frozen=True)
class EspnetFiles:
    """What an ESPnet inference class reads."""

    config: Path
    weights: Path

    def load_into(self, network: Any) -> None:
        """Read the weights into a network; unlike ESPnet's own loading it runs no code from the file."""
        import torch

        network.load_state_dict(torch.load(self.weights, map_location="cpu", weights_only=True))


@contextmanager
def espnet_files(folder: Path, kind: str, weights: str | None = None) -> Iterator[EspnetFiles]:
    """Yield the files of a packed model, the paths inside its configuration made absolute.

    Args:
        folder: Where it was unpacked.
        kind: What ESPnet puts before the names in `meta.yaml`, such as `enh` or `st`.
        weights: Name of the file of weights, instead of the one `meta.yaml` names.

    Raises:
        ModelUnavailable: If it is not packed as ESPnet packs models.
    """
    try:
        meta = yaml.safe_load((folder / META).read_text())
        config_path = folder / _named(meta["yaml_files"], kind, "train_config")
        config = yaml.safe_load(config_path.read_text())
        model_path = folder / _named(meta["files"], kind, "model_file")
    except (OSError, KeyError, TypeError, yaml.YAMLError) as exc:
        raise ModelUnavailable(f"{folder} is no model packed by ESPnet: {type(exc).__name__}: {exc}") from exc
    with tempfile.TemporaryDirectory(prefix="audiogpt-espnet-") as made:
        absolute = Path(made) / "config.yaml"
        absolute.write_text(yaml.safe_dump(_absolute(config, folder), sort_keys=False))
        yield EspnetFiles(absolute, _followed(model_path.parent / weights if weights else model_path))


@contextmanager
def no_downloads() -> Iterator[None]:
    """Import ESPnet inside this: g2p_en calls `nltk.download` when it is imported."""
    import nltk

    download = nltk.download
    nltk.download = lambda *args, **kwargs: False
    try:
        yield
    finally:
        nltk.download = download


def _named(files: dict[str, str], kind: str, name: str) -> str:
    """Return the file under `kind_name`, or under `name` as older versions wrote it."""
    return files[f"{kind}_{name}"] if f"{kind}_{name}" in files else files[name]


def _absolute(value: Any, folder: Path) -> Any:
    """Return a configuration with every relative path to a file of the folder made absolute."""
    if isinstance(value, dict):
        return {key: _absolute(each, folder) for key, each in value.items()}
    if isinstance(value, list):
        return [_absolute(each, folder) for each in value]
    if isinstance(value, str) and "/" in value and (folder / value).is_file():
        return str(folder / value)
    return value


def _followed(weights: Path) -> Path:
    """Return the file a symbolic link names that was stored as its text."""
    if weights.is_file() and weights.stat().st_size <= MAX_LINK_BYTES:
        target = weights.parent / weights.read_bytes().decode(errors="replace").strip()
        return target if target.is_file() else weights
    return weights
