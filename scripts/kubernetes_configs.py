"""Write the overlays' serve configs from the project's own: `python scripts/kubernetes_configs.py`."""

import tomllib
from pathlib import Path

import yaml

from deployments.placement.rendering import rendered

ROOT = Path(__file__).parents[1]
OVERLAYS = ROOT / "deploy" / "kubernetes" / "overlays"
SOURCES = {"production": ROOT / "serve_config.yaml", "kind": ROOT / "serve_config.embedded.yaml"}
HEAD = "# Made by scripts/kubernetes_configs.py\n"


def overlay_config(overlay: str) -> str:
    """Return the serve config of an overlay: open to the pod's network, with the project's version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    config = yaml.safe_load(rendered(SOURCES[overlay], version))
    config["http_options"]["host"] = "0.0.0.0"  # noqa: S104 - the network policy says who reaches it
    return HEAD + yaml.safe_dump(config, sort_keys=False, width=120)


if __name__ == "__main__":
    for name in SOURCES:
        (OVERLAYS / name / "serve_config.yaml").write_text(overlay_config(name))
