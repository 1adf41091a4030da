"""The planner's contract with an LLM behind a Serve handle that speaks vLLM's dialect."""

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest
from ray import serve
from ray.exceptions import RayActorError
from ray.serve.handle import DeploymentHandle

from deployments.serve.llm.answers import AnswerHead, answered
from deployments.serve.llm.arguments import SERVED_AS
from deployments.serve.llm.transport import ADDRESS, HandleTransport
from llm_planner.offline import OfflinePlanner
from llm_planner.online.llm import PROBE, PROBE_SCHEMA, ChatModel
from llm_planner.online.settings import LLMSettings
from llm_planner.planner import Planner
from llm_planner.plans.plan import PlanOutcome, Step
from llm_planner.plans.request import PlannedOutcome, PlanRequest
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import ModelError, ModelUnavailable
from model_wrappers.contract.sessions import Session
from tests.llm_planner.planning import make_artifact, make_entry
from tests.llm_planner.vllm_dialect import MODEL, ChatCompletionRequest, VLLMDialect

LONG_S = 60.0  # more than any of these tests takes
STEPS = [
    {"id": "s1", "task": "speech-enhancement", "arguments": {"audio": {"artifact": "audio-1"}}},
    {"id": "s2", "task": "speech-enhancement", "arguments": {"audio": {"from": "s1.audio"}}},
]
PLAN = json.dumps({"outcome": {"kind": "plan", "plan": {"steps": STEPS}}})


def written(request: ChatCompletionRequest) -> str:
    """Answer what the planner asks: the probe, a plan, or words."""
    schema = request.schema_asked_for
    if schema == PROBE_SCHEMA:
        return '{"probe": "ready"}'
    return "Here it is." if schema is None else PLAN


class Server:
    """What the LLM's deployment does, on vLLM's dialect in place of vLLM."""

    def __init__(self) -> None:
        self._dialect = VLLMDialect(written)

    async def check(self) -> None:
        """Return at once."""

    async def complete(self, body: bytes) -> AsyncGenerator[AnswerHead | bytes, None]:
        async for item in answered(self._dialect, ChatCompletionRequest, body, SERVED_AS):
            yield item


class Dying(Server):
    async def complete(self, body: bytes) -> AsyncGenerator[AnswerHead | bytes, None]:
        yield AnswerHead(200, "text/event-stream")
        raise RayActorError


def local(kind: type) -> DeploymentHandle[Any]:
    application = serve.deployment(name=SERVED_AS)(kind).bind()
    handle = serve.run(application, name="llm", _local_testing_mode=True)
    handle._init(_run_router_in_separate_loop=True)  # what stands in for Serve's router here knows no other
    return handle


@pytest.fixture(scope="module")
def handle() -> DeploymentHandle[Any]:
    return local(Server)


def details(*states: str) -> dict[str, Any]:
    deployment = {"replicas": [{"state": state} for state in states]}
    return {"applications": {"llm": {"deployments": {SERVED_AS: deployment}}}}


def transport(handle: DeploymentHandle[Any], found: dict[str, Any] | None = None) -> HandleTransport:
    async def fetch() -> dict[str, Any]:
        return details("RUNNING") if found is None else found

    return HandleTransport("llm", fetch, handle)


@pytest.fixture
async def llm(handle: DeploymentHandle[Any]) -> AsyncIterator[ChatModel]:
    model = ChatModel(LLMSettings(base_url=ADDRESS, model=SERVED_AS), transport(handle))
    yield model
    await model.close()


def request() -> PlanRequest:
    catalog = Catalog(models=(make_entry("cleaner", "speech-enhancement"),))
    session = Session(id="s", tenant="default", artifacts=(make_artifact("audio-1"),))
    return PlanRequest(text="Clean it twice", session=session, catalog=catalog, deadline=time.time() + LONG_S)


async def test_a_plan_comes_by_the_schema_of_the_live_tasks(llm: ChatModel) -> None:
    planned = await Planner(OfflinePlanner(), llm).plan(request())
    assert llm.mode == "json_schema"
    assert planned.planner == "llm"
    assert isinstance(planned.outcome, PlanOutcome)
    assert [step.id for step in planned.outcome.plan.steps] == ["s1", "s2"]


async def test_steps_come_while_the_plan_is_streamed(llm: ChatModel) -> None:
    items = [item async for item in Planner(OfflinePlanner(), llm).plan_stream(request())]
    assert [item.id for item in items if isinstance(item, Step)] == ["s1", "s2"]
    assert isinstance(items[-1], PlannedOutcome)
    assert items[-1].planner == "llm"


async def test_a_tool_and_plain_words_are_answered_too(llm: ChatModel) -> None:
    llm._mode = "tool"
    assert await llm.complete([PROBE], PROBE_SCHEMA, time.time() + LONG_S) == '{"probe": "ready"}'
    parts = [text async for text in llm.stream([PROBE], PROBE_SCHEMA, time.time() + LONG_S)]
    assert "".join(parts) == '{"probe": "ready"}'
    assert await llm.write([PROBE], 64, time.time() + LONG_S) == "Here it is."


async def test_a_request_that_vllm_refuses_says_why(llm: ChatModel) -> None:
    with pytest.raises(ModelError, match="maximum context length is 16384 tokens"):
        await llm.write([{"role": "user", "content": "word " * 20_000}], 64, time.time() + LONG_S)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"messages": []}', b'{"messages": [{}], "stream_options": {}}'])
async def test_what_is_no_request_is_a_bad_request(body: bytes) -> None:
    head, error = [item async for item in answered(VLLMDialect(written), ChatCompletionRequest, body, MODEL)]
    assert head == AnswerHead(400, "application/json")
    assert json.loads(error)["error"]["code"] == 400


@pytest.mark.parametrize("found", [details(), details("STARTING"), {"applications": {}}])
async def test_without_a_replica_the_planner_goes_on_at_once_and_wakes_one(
    handle: DeploymentHandle[Any], found: dict[str, Any]
) -> None:
    carried = transport(handle, found)
    model = ChatModel(LLMSettings(base_url=ADDRESS, model=SERVED_AS), carried)
    with pytest.raises(ModelUnavailable, match="has no replica yet; one is being started"):
        await model.write([PROBE], 64, time.time() + LONG_S)
    assert carried._waking is not None
    await carried._waking
    found |= details("RUNNING")
    assert await model.write([PROBE], 64, time.time() + LONG_S) == "Here it is."
    await model.close()


async def test_an_llm_that_dies_leaves_planning_to_the_offline_planner() -> None:
    llm = ChatModel(LLMSettings(base_url=ADDRESS, model=SERVED_AS), transport(local(Dying)))
    planned = await Planner(OfflinePlanner(), llm).plan(request())
    assert planned.planner == "offline"
    assert isinstance(planned.outcome, PlanOutcome)
    await llm.close()
