"""One real Ray cluster with Serve for all tests of this folder."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from deployments.local.launch import RunningSystem, run_locally, wait_until_ready
from tests.integration.llm import ScriptedLLM
from tests.integration.spans import SpanReceiver

if TYPE_CHECKING:
    from tests.integration.runners import Site

ROOT = Path(__file__).parents[2]
PORT = 18321
START_S = 600.0  # for all models; 75 s on two idle cores, twice that on busy ones
LIMIT_S = 900.0  # of a test; the first one waits for the start too
PATIENCE_S = 120.0
EAGER = {"planned_within_s": 0.01, "upscale_delay_s": 0, "downscale_delay_s": 0}  # to start and stop replicas


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.integration)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(LIMIT_S))


def embedded_config_with_test_models(folder: Path, llm: ScriptedLLM, spans: SpanReceiver) -> dict[str, Any]:
    """Return the shipped config with test models behind the real ones, and a second API under /llm.

    That one has a planner of its own, which an LLM is configured for, in applications of their own as in production. It
    is traced, and so is one of the test models.
    """
    config = yaml.safe_load((ROOT / "serve_config.embedded.yaml").read_text())
    (application,) = config["applications"]
    models = [
        _model("windowed", "Windowed", folder, max_queue=8),
        _model("narrow", "Windowed", folder, max_queue=1),
        _model("mortal", "Windowed", folder),
        _model("refusing", "Refusing", folder),
        _model("dripping", "Dripping", folder),
        _model(
            "scaled", "Windowed", folder, max_replicas=2, planned_within_s=1e-5, upscale_delay_s=0, downscale_delay_s=0
        ),
        *(_late(model_id, folder) for model_id in ("late", "cold-1", "cold-2", "cold-3", "left-1", "left-2", "never")),
        {
            "id": "unpulled",
            "wrapper": "model_wrappers.published.kokoro:Kokoro",
            "only_if_pulled": True,
            "args": {"model": str(folder / "kokoro")},
        },
    ]
    application["args"]["models"] += models
    traced = {"num_cpus": 0, "runtime_env": {"env_vars": spans.environment}}
    with_llm = {"num_cpus": 0, "runtime_env": {"env_vars": llm.environment | spans.environment}}
    application.setdefault("deployments", []).append({"name": "windowed", "ray_actor_options": traced})
    config["applications"] += [
        _application("planner", None, {}, with_llm),
        _application("ingress", "/llm", {"planner_application": "planner"}, traced),
    ]
    return config


def _model(model_id: str, wrapper: str, folder: Path, **fields: Any) -> dict[str, Any]:
    wrapper = f"tests.integration.models:{wrapper}"
    args = {"folder": str(folder), "id": model_id}
    return {"id": model_id, "wrapper": wrapper, "min_replicas": 1, "args": args, **fields}


def _late(model_id: str, folder: Path) -> dict[str, Any]:
    """Return a model that is at zero, and loads once its gate, which its name tells, is released."""
    args = {"folder": str(folder), "id": model_id, "gate": f"{model_id}-load"}
    return {"id": model_id, "wrapper": "tests.integration.models:Late", "args": args}


def _application(name: str, route: str | None, args: dict[str, Any], actor_options: dict[str, Any]) -> dict[str, Any]:
    deployment = {"name": name, "num_replicas": 1, "ray_actor_options": actor_options}
    path = f"deployments.builders:{name}"
    return {"name": name, "route_prefix": route, "import_path": path, "args": args, "deployments": [deployment]}


@dataclass(frozen=True)
class System:
    """The running system and the folder its test models write to."""

    running: RunningSystem
    marks: Path

    def path(self, name: str, event: str) -> Path:
        """Return the file that tells of an event, or asks for one."""
        return self.marks / f"{name}-{event}.txt"

    def wait_for(self, name: str, event: str) -> str:
        """Wait for a test model's event and return what it wrote."""
        return wait_until(lambda: self.path(name, event).read_text() if self.path(name, event).exists() else "")

    def release(self, *names: str) -> None:
        """Let waiting test models go on."""
        for name in names:
            self.path(name, "release").touch()


def wait_until(check: Callable[[], Any], what: str = "the event") -> Any:
    """Return the first truthy value of `check`."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if value := check():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE_S} s for {what}")


@pytest.fixture(scope="session")
def llm() -> Iterator[ScriptedLLM]:
    with ScriptedLLM() as scripted:
        yield scripted


@pytest.fixture(scope="session")
def spans() -> Iterator[SpanReceiver]:
    with SpanReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, llm: ScriptedLLM, spans: SpanReceiver) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("system")
    marks = folder / "marks"
    marks.mkdir()
    config = folder / "serve_config.yaml"
    config.write_text(yaml.safe_dump(embedded_config_with_test_models(marks, llm, spans)))
    os.environ["AUDIOGPT_HOME"] = str(folder / "home")
    os.environ["PYTHONPATH"] = str(ROOT)
    with run_locally(config, PORT, dashboard=False) as running:
        wait_until_ready(running, START_S, lambda status: None)
        yield System(running, marks)


@pytest.fixture
def http(system: System) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=system.running.api_url, timeout=120) as connection:
        yield connection


@pytest.fixture
def site(tmp_path: Path) -> "Iterator[Site]":
    """A Postgres of its own with the runners that a test adds."""
    from tests.integration.runners import runner_site

    with runner_site(tmp_path) as running:
        yield running
