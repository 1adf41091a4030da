"""TF-GridNet for two microphones."""

from pathlib import Path

from tests.published.checkpoints import tfgridnet


def build(folder: Path) -> None:
    tfgridnet.build(folder, n_imics=2)
