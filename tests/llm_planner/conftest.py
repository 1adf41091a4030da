import pytest

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.sessions import Session
from model_wrappers.contract.tasks import TASKS
from tests.llm_planner.planning import make_artifact, make_entry


@pytest.fixture
def catalog() -> Catalog:
    """Every task live, no language limits."""
    return Catalog(models=tuple(make_entry(f"{task}-model", task) for task in TASKS))


@pytest.fixture
def session() -> Session:
    """Two audios, a picture and a text uploaded with the request to come."""
    names = ("audio-1", "audio-2", "image-1", "text-1")
    return Session(id="s", tenant="default", artifacts=tuple(make_artifact(name) for name in names))


@pytest.fixture
def artifacts(session: Session) -> dict[str, ArtifactRef]:
    return {artifact.name: artifact.ref for artifact in session.artifacts}
