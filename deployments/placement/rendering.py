"""A serve config as it is sent to a cluster: written out, with the code's version in every application."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

from deployments.local.launch import read_config

CODE = ("model_wrappers", "llm_planner", "router", "deployments", "webui")
ROOT = Path(__file__).parents[2]
VERSION_DIGITS = 12  # of a hash


def code_version(root: Path = ROOT) -> str:
    """Return a hash of everything that replicas run, the data beside the code included."""
    digest = hashlib.sha256()
    for folder in CODE:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:VERSION_DIGITS]


def rendered(path: Path, version: str) -> str:
    """Return a serve config without anchors, in YAML, whose applications carry a version.

    Raises:
        InvalidInput: If the file is no serve config.
    """
    config = read_config(path)
    for application in config["applications"]:
        application["args"] = (application.get("args") or {}) | {"version": version}
    return str(yaml.dump(config, Dumper=_WrittenOut, sort_keys=False, width=120))


class _WrittenOut(yaml.SafeDumper):
    """Repeats what anchors would stand for: readers in other languages need not know them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
