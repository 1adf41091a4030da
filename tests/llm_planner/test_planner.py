import time

import pytest

from llm_planner.online.llm import ChatModel
from llm_planner.planner import Planner
from llm_planner.plans.plan import Outcome, PlanOutcome, Unsupported
from llm_planner.plans.request import AnswerRequest, PlanRequest
from llm_planner.plans.results import ErrorInfo, StepResult
from model_wrappers.contract.errors import InvalidInput
from tests.llm_planner.llm_server import DROP, error, plan, says, serving
from tests.llm_planner.planning import make_artifact, make_plan

CLEAN = {"id": "s1", "task": "speech-enhancement", "arguments": {"audio": {"artifact": "audio-1"}}}


class FixedPlanner:
    """A local planner with one plan for everything."""

    def __init__(self, name: str) -> None:
        self.name = name

    def plan(self, request: PlanRequest) -> Outcome:
        return PlanOutcome(plan=make_plan(("off", "audio-captioning", {"audio": {"artifact": self.name}})))


@pytest.fixture
def request_(catalog, session) -> PlanRequest:
    return PlanRequest(text="Clean it up", session=session, catalog=catalog, deadline=time.time() + 60)


async def test_llm_plans_where_one_is_configured(request_):
    async with serving(plan(CLEAN)) as server:
        planned = await Planner(FixedPlanner("audio-1"), ChatModel(server.settings())).plan(request_)
    assert (planned.planner, planned.outcome.plan.steps[0].task) == ("llm", "speech-enhancement")


async def test_llm_is_told_how_the_offline_planner_reads_a_request_and_whether_it_agreed_is_counted(request_):
    same = {"id": "x", "task": "audio-captioning", "arguments": {"audio": {"artifact": "audio-1"}}}
    told: list[bool] = []
    async with serving(plan(CLEAN), plan(same)) as server:
        planner = Planner(FixedPlanner("audio-1"), ChatModel(server.settings()), told.append)
        await planner.plan(request_)
        await planner.plan(request_)
        assert '"task": "audio-captioning"' in server.requests[0]["messages"][1]["content"]
    assert told == [False, True]


@pytest.mark.parametrize(
    "answer",
    [
        DROP,
        error(429, retry_after="3600"),
        error(401),
        error(500, retry_after="0"),
        says("no"),
        says(None, refusal="No"),
    ],
    ids=["dropped", "busy", "no key", "broken", "prose", "refusal"],
)
async def test_offline_planner_takes_over_from_an_llm_that_fails(answer, request_):
    async with serving(answer) as server:
        planned = await Planner(FixedPlanner("audio-1"), ChatModel(server.settings())).plan(request_)
    assert (planned.planner, planned.outcome.plan.steps[0].task) == ("offline", "audio-captioning")


async def test_no_valid_plan_at_all_is_unsupported_and_says_why(request_):
    async with serving(error(401, "bad key")) as server:
        planned = await Planner(FixedPlanner("audio-9"), ChatModel(server.settings())).plan(request_)
    assert isinstance(planned.outcome, Unsupported)
    assert "artifact 'audio-9', which does not exist" in planned.outcome.reason
    assert "The language model could not help either: The LLM server answered HTTP 401: " in planned.outcome.reason


async def test_offline_plans_are_checked_too(request_):
    planned = await Planner(FixedPlanner("image-1")).plan(request_)
    assert isinstance(planned.outcome, Unsupported)
    assert "which is image; audio is needed" in planned.outcome.reason


def test_half_a_configuration_is_an_error_at_start(monkeypatch):
    monkeypatch.setenv("AUDIOGPT_LLM_BASE_URL", "http://127.0.0.1:1/v1")
    with pytest.raises(InvalidInput, match="AUDIOGPT_LLM_MODEL"):
        Planner.from_environment()


def answered(request: PlanRequest, planner: str, *results: StepResult) -> AnswerRequest:
    outcome = PlanOutcome(
        plan=make_plan(
            ("s1", "speech-enhancement", {"audio": {"artifact": "audio-1"}}),
            ("s2", "speech-recognition", {"audio": {"from": "s1.audio"}}),
        )
    )
    fields = {name: getattr(request, name) for name in ("text", "session", "catalog", "deadline")}
    return AnswerRequest(outcome=outcome, results=results, planner=planner, **fields)


CLEANED = StepResult(
    id="s1", task="speech-enhancement", state="done", artifacts={"audio": make_artifact("audio-77").ref}
)
FAILURE = ErrorInfo(type="model_error", code="model_failed", message="Out of memory.", hint="Send a shorter audio.")
FAILED = StepResult(id="s2", task="speech-recognition", state="failed", error=FAILURE)


async def test_llm_words_the_reply_and_failures_are_always_said(request_):
    async with serving(says("Your recording is clean now: audio-3.")) as server:
        planner = Planner(FixedPlanner("audio-1"), ChatModel(server.settings()))
        reply = (await planner.answer(answered(request_, "llm", CLEANED, FAILED))).text
        assert '"made": ["audio-3"]' in server.requests[0]["messages"][1]["content"]
    first, second = reply.splitlines()
    assert first == "Your recording is clean now: audio-3."
    assert second == "I could not do speech-recognition: Out of memory. Send a shorter audio."


@pytest.mark.parametrize(
    "answer",
    [says("Here is audio-4."), says("Saved to clean.wav."), says(""), says("Half a", "length"), error(500), DROP],
    ids=["invented artifact", "invented file", "empty", "cut", "broken", "dropped"],
)
async def test_reply_that_cannot_stand_gives_way_to_the_templates(answer, request_):
    async with serving(answer) as server:
        planner = Planner(FixedPlanner("audio-1"), ChatModel(server.settings()))
        reply = (await planner.answer(answered(request_, "llm", CLEANED, FAILED))).text
    assert reply.startswith("I removed the noise from audio-1: audio-3 (3.5 s).\nI could not do speech-recognition")


async def test_llm_is_not_asked_to_word_what_it_did_not_plan_or_what_never_ran(request_):
    async with serving(says("All done!")) as server:
        planner = Planner(FixedPlanner("audio-1"), ChatModel(server.settings()))
        assert "All done" not in (await planner.answer(answered(request_, "offline", CLEANED))).text
        assert "All done" not in (await planner.answer(answered(request_, "llm", FAILED))).text
        assert server.requests == []


async def test_without_an_llm_there_is_no_other_plan(request_):
    first = make_plan(("s1", "audio-captioning", {"audio": {"artifact": "audio-1"}}))
    assert await Planner(FixedPlanner("audio-1")).replan(request_, first, (), "The model is off.") is None
    async with serving(error(401)) as server:
        planner = Planner(FixedPlanner("audio-1"), ChatModel(server.settings()))
        assert await planner.replan(request_, first, (), "The model is off.") is None
