from pathlib import Path

import pytest

from router.artifacts import ArtifactStore


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    """An empty artifact store."""
    return ArtifactStore(str(tmp_path / "artifacts"), time_to_live_s=3600)
