from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.api.app import create_app
from deployments.api.services import Services
from llm_planner.offline import OfflinePlanner
from llm_planner.planner import Planner
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks import get_task
from model_wrappers.contract.tasks.base import TaskRequest
from model_wrappers.contract.visual import Video
from router.artifacts.store import ArtifactStore
from router.in_process import InProcessDispatcher
from router.settings import Settings
from router.spec import ModelSpec
from tests.published.case import Case
from tests.published.cases import CASES


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
async def client(
    case: Case, checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """The HTTP API over one tiny published model in this process."""
    if case.wrapper.endswith(":FastSpeech2"):
        import nltk

        monkeypatch.setattr(nltk.data, "path", [str(checkpoint("fastspeech2_hifigan") / "nltk_data")])
    spec = ModelSpec(
        id="tiny",
        wrapper=case.wrapper,
        args=case.arguments(checkpoint),
        allow_non_commercial=case.non_commercial,
    )
    settings = Settings(home=tmp_path)
    artifacts = ArtifactStore.from_settings(settings)
    dispatcher = InProcessDispatcher([spec], artifacts)
    services = Services.assemble(
        settings,
        artifacts=artifacts,
        dispatcher=dispatcher,
        planner=Planner(OfflinePlanner()),
        catalog=dispatcher.catalog,
    )
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=120) as connection:
        yield connection
    await dispatcher.close()


def form(request: TaskRequest) -> tuple[dict[str, str], dict[str, tuple[str, bytes, str]]]:
    """Return the fields and files of a request as a browser would send them."""
    fields, files = {}, {}
    for name in request.model_fields_set:
        value = getattr(request, name)
        if value is None:
            continue
        if hasattr(value, "encode") and not isinstance(value, str):
            data, media_type = value.encode()
            files[name] = (name, data, media_type)
        else:
            fields[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return fields, files


async def test_task_route_answers_with_what_the_task_promises(
    case: Case, client: httpx.AsyncClient, speech: Audio
) -> None:
    rate = speech.sample_rate
    request = case.requests(lambda start, end: Audio(speech.waveform[:, int(start * rate) : int(end * rate)], rate))[0]
    fields, files = form(request)
    body = {"data": fields, "files": files} if files else {"json": request.model_dump(exclude_unset=True)}
    answer = await client.post(f"/v1/tasks/{case.task}", **body)
    assert answer.status_code == 200, answer.text
    step: dict[str, Any] = answer.json()
    assert step["state"] == "done", step
    assert step["model"] == "tiny"
    task = get_task(case.task)
    output = step["outputs"][task.primary_output]
    output = output[0] if task.output_kind == "audio" and isinstance(output, list) else output
    if task.output_kind not in ("audio", "video"):
        return
    content = (await client.get(f"/v1/artifacts/{output['id']}")).content
    medium = Audio.decode(content) if task.output_kind == "audio" else Video.decode(content)
    assert medium.duration_s == pytest.approx(output["duration_s"], abs=0.1)
    assert medium.duration_s > 0.01
