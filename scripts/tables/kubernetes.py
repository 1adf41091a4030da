"""The serve configs of the overlays for Kubernetes, from the project's own."""

import tomllib
from pathlib import Path

import yaml

from deployments.placement.rendering import rendered

ROOT = Path(__file__).parents[2]
OVERLAYS = ROOT / "deploy" / "kubernetes" / "overlays"
SOURCES = {"production": ROOT / "serve_config.yaml", "kind": ROOT / "serve_config.embedded.yaml"}
HEAD = "# Made by `make tables`\n"


def overlay_path(overlay: str) -> Path:
    """Return where the serve config of an overlay lies."""
    return OVERLAYS / overlay / "serve_config.yaml"


def overlay_config(overlay: str) -> str:
    """Return the serve config of an overlay: open to the pod's network, with the project's version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    config = yaml.safe_load(rendered(SOURCES[overlay], version))
    config["http_options"]["host"] = "0.0.0.0"  # noqa: S104 - the network policy says who reaches it
    return HEAD + yaml.safe_dump(config, sort_keys=False, width=120)
