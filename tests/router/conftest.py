from collections.abc import Iterator
from pathlib import Path

import pytest

from router.artifacts import ArtifactStore
from tests.router.models import GATES


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    """An empty artifact store."""
    return ArtifactStore(str(tmp_path / "artifacts"), time_to_live_s=3600)


@pytest.fixture(autouse=True)
def open_gates() -> Iterator[None]:
    """Let every waiting model go at the end, so that a failing test leaves no thread behind."""
    yield
    for gate in GATES.values():
        gate.set()
