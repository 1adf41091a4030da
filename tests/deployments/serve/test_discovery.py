import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from ray.exceptions import RayActorError
from ray.serve.exceptions import RayServeException

from deployments.serve.discovery import LiveCatalog, read_catalog
from tests.deployments.serve.boards import MemoryBoard
from tests.router.dispatching import LONG_S


def details(status: str = "HEALTHY", *, target: int = 1, replicas: tuple[str, ...] = ("RUNNING",)) -> dict[str, Any]:
    """Return Serve's details of an application with one model and one that cannot run here."""
    models = [
        {"id": "echo", "wrapper": "tests.router.models:Echo"},
        {"id": "demanding", "wrapper": "tests.router.models:Demanding"},
    ]
    deployment = {
        "status": status,
        "message": "out of memory" if status in ("UNHEALTHY", "DEPLOY_FAILED") else "",
        "target_num_replicas": target,
        "replicas": [{"state": state} for state in replicas],
    }
    application = {
        "status": "RUNNING",
        "message": "",
        "deployed_app_config": {"import_path": "deployments.builders:system", "args": {"models": models}},
        "deployments": {"echo": deployment},
    }
    other = {"status": "RUNNING", "message": "", "deployed_app_config": {"import_path": "x:y"}, "deployments": {}}
    return {"applications": {"audiogpt": application, "foreign": other}}


@pytest.mark.parametrize(
    ("found", "state", "reason"),
    [
        (details(), "live", None),
        (details("UPDATING", replicas=("STARTING",)), "starting", "its replicas are starting"),
        (details("UPDATING", replicas=("RUNNING", "STARTING")), "live", None),
        (details("HEALTHY", target=0, replicas=()), "live", None),
        (details("UNHEALTHY", replicas=("STARTING",)), "starting", "out of memory"),
        (details("DEPLOY_FAILED", replicas=()), "off", "out of memory"),
    ],
)
def test_state_follows_the_deployment(found: dict[str, Any], state: str, reason: str | None) -> None:
    entry = read_catalog(found).models[0]
    assert (entry.id, entry.state, entry.reason, entry.application) == ("echo", state, reason, "audiogpt")


@pytest.mark.parametrize(("replicas", "loaded"), [(("RUNNING",), True), (("STARTING",), False), ((), False)])
def test_a_model_is_loaded_while_a_replica_runs(replicas: tuple[str, ...], loaded: bool) -> None:
    entry, *_ = read_catalog(details(target=0, replicas=replicas)).models
    assert entry.loaded is loaded


@pytest.mark.parametrize(("replicas", "at_once"), [((), 1), (("RUNNING",), 1), (("RUNNING", "STARTING", "RUNNING"), 2)])
def test_running_replicas_answer_at_once(replicas: tuple[str, ...], at_once: int) -> None:
    entry, *_ = read_catalog(details(target=0, replicas=replicas)).models
    assert entry.at_once == at_once


def test_model_that_cannot_run_here_is_off_with_its_reason() -> None:
    entry = read_catalog(details()).models[1]
    assert entry.state == "off"
    assert "apt-get install no-such-package" in (entry.reason or "")


def test_model_not_yet_deployed_is_starting() -> None:
    found = details()
    found["applications"]["audiogpt"] |= {"deployments": {}, "status": "DEPLOYING"}
    assert read_catalog(found).models[0].state == "starting"


@pytest.mark.parametrize(
    "error",
    [RayActorError(), RayServeException("No controller."), TimeoutError(), KeyError("deployments")],
    ids=lambda error: type(error).__name__,
)
async def test_catalog_is_refreshed_again_after_whatever_kept_it_from_being_read(error: Exception) -> None:
    answers: list[Any] = [details(), error, details("DEPLOY_FAILED", replicas=())]
    read_last = asyncio.Event()

    async def fetch() -> Mapping[str, Any]:
        if not answers:
            read_last.set()
            await asyncio.Event().wait()
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    catalog = LiveCatalog(fetch, MemoryBoard(), refresh_s=0.0)
    await catalog.start()
    assert catalog().models[0].state == "live"
    async with asyncio.timeout(LONG_S):
        await read_last.wait()
    assert catalog().models[0].state == "off"
    await catalog.stop()


def test_an_application_that_cannot_be_read_hides_no_other() -> None:
    found = details()
    broken = {"import_path": "deployments.builders:models", "args": {"id": "x", "wrapper": "no:Such"}}
    found["applications"] |= {
        "broken": {"status": "DEPLOY_FAILED", "message": "", "deployed_app_config": broken, "deployments": {}}
    }
    assert read_catalog(found) == read_catalog(details())
