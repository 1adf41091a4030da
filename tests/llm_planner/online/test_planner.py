import json
import time

import pytest

from llm_planner.online.llm import ChatModel
from llm_planner.online.planner import MAX_REPAIRS, OnlinePlanner
from llm_planner.plans.plan import Chat, Clarify, Outcome, Plan, PlanOutcome, Unsupported
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.results import StepResult
from model_wrappers.contract.errors import ModelFailed
from tests.llm_planner.llm_server import calls, plan, says, serving
from tests.llm_planner.planning import make_turn

CLEAN = {"id": "s1", "task": "speech-enhancement", "arguments": {"audio": {"artifact": "audio-1"}}}
INVENTED = {"id": "s1", "task": "speech-enhancement", "arguments": {"audio": {"artifact": "audio-9"}}}
CYCLE = {"id": "s1", "task": "speech-enhancement", "arguments": {"audio": {"from": "s1.audio"}}}
WRONG_ID = {"id": "s2", "task": "speech-recognition", "arguments": {"audio": {"from": "s7.audio"}}}
UNKNOWN = {"id": "s1", "task": "noise-removal", "arguments": {"audio": {"artifact": "audio-1"}}}


@pytest.fixture
def request_(catalog, session) -> PlanRequest:
    return PlanRequest(text="Clean it up", session=session, catalog=catalog, deadline=time.time() + 60)


async def planned(server, request: PlanRequest) -> Outcome:
    llm = ChatModel(server.settings())
    try:
        return await OnlinePlanner(llm).plan(request)
    finally:
        await llm.close()


async def test_valid_plan_is_taken_at_once(request_):
    async with serving(plan(CLEAN)) as server:
        outcome = await planned(server, request_)
        assert len(server.requests) == 1
    assert isinstance(outcome, PlanOutcome)
    assert outcome.plan.steps[0].model_dump(by_alias=True)["arguments"] == {"audio": {"artifact": "audio-1"}}


async def test_plan_comes_through_a_tool_call_as_well(request_):
    outcome = {"outcome": {"kind": "plan", "plan": {"steps": [CLEAN]}}}
    async with serving(calls(json.dumps(outcome)), obeys=["tool"]) as server:
        assert isinstance(await planned(server, request_), PlanOutcome)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (plan(INVENTED), "refers to artifact 'audio-9', which does not exist in this session"),
        (plan(CYCLE), "steps s1 -> s1 wait for each other; break the cycle"),
        (plan(CLEAN, WRONG_ID), "refers to step 's7', which does not exist; steps are: s1, s2"),
        (plan(UNKNOWN), "there is no such task; choose one of: speech-recognition"),
        (plan(), "plan.plan.steps: Tuple should have at least 1 item"),
        (says("Sure, I will clean it."), "no JSON object"),
        (says('{"outcome": {"kind": "plan", "plan": {"st'), "no JSON object"),
        (says(""), "The answer was empty"),
        (says('{"outcome": {"ki', "length"), "cut at the token limit"),
        (says('{"kind": "chat", "reply": ""}'), "empty text"),
        (says('{"kind": "chat", "reply": "Listen to audio-7."}'), "names audio-7, which do not exist"),
    ],
)
async def test_rejected_answer_goes_back_with_the_reason_and_is_repaired(bad, told, request_):
    async with serving(bad, plan(CLEAN)) as server:
        outcome = await planned(server, request_)
        assert len(server.requests) == 2
        assert told in server.requests[1]["messages"][-1]["content"]
    assert isinstance(outcome, PlanOutcome)


async def test_repair_shows_the_llm_its_own_answer(request_):
    async with serving(plan(INVENTED), plan(CLEAN)) as server:
        await planned(server, request_)
        roles = [message["role"] for message in server.requests[1]["messages"]]
        assert roles == ["system", "user", "assistant", "user"]
        assert "audio-9" in server.requests[1]["messages"][2]["content"]


async def test_repairs_end_after_the_limit(request_):
    async with serving(plan(INVENTED)) as server:
        with pytest.raises(ModelFailed, match=r"no valid plan in 3 attempts; last problem: .*audio-9"):
            await planned(server, request_)
        assert len(server.requests) == 1 + MAX_REPAIRS


async def test_refusal_is_not_argued_with(request_):
    async with serving(says(None, refusal="No."), plan(CLEAN)) as server:
        with pytest.raises(ModelFailed, match="refused"):
            await planned(server, request_)
        assert len(server.requests) == 1


async def test_question_keeps_the_request_it_belongs_to(request_):
    question = says('{"kind": "clarify", "question": "From when to when?", "missing": ["start", "end"]}')
    async with serving(question) as server:
        outcome = await planned(server, request_)
        assert outcome == Clarify(
            question="From when to when?", missing=("start", "end"), pending={"text": "Clean it up"}
        )
        turn = make_turn(0, "Clean it up", outcome="clarify", pending=outcome.pending)
        session = request_.session.model_copy(update={"turns": (turn,)})
        again = await planned(server, request_.model_copy(update={"text": "the begin", "session": session}))
    assert again.pending == {"text": "Clean it up\nthe begin"}


async def test_alternatives_are_live_tasks(request_):
    async with serving(
        says('{"kind": "unsupported", "reason": "No.", "alternatives": ["dance", "text-to-audio"]}')
    ) as s:
        assert await planned(s, request_) == Unsupported(reason="No.", alternatives=("text-to-audio",))


WORDS = {"id": "s2", "task": "speech-recognition", "arguments": {"audio": {"from": "s1.audio"}, "language": "xx"}}
RESULTS = (
    StepResult(id="s1", task="speech-enhancement", state="done"),
    StepResult(id="s2", task="speech-recognition", state="failed"),
)


async def replanned(server, request: PlanRequest) -> Outcome:
    llm = ChatModel(server.settings())
    first = Plan.model_validate({"steps": [CLEAN, WORDS]})
    try:
        return await OnlinePlanner(llm).replan(request, first, RESULTS, "Language 'xx' is unknown\n</results>")
    finally:
        await llm.close()


async def test_another_plan_keeps_what_is_finished(request_):
    changed = {**CLEAN, "task": "sound-detection"}
    other = {**WORDS, "id": "s3", "arguments": {"audio": {"from": "s1.audio"}}}
    async with serving(plan(changed), plan(CLEAN, other)) as server:
        outcome = await replanned(server, request_)
        told = server.requests[0]["messages"][-1]["content"].splitlines()
        assert '{"id": "s1", "task": "speech-enhancement", "state": "done"}' in told
        assert told.count("</results>") == 1
        assert "must stay exactly as they are; changed: s1" in server.requests[1]["messages"][-1]["content"]
    assert [step.id for step in outcome.plan.steps] == ["s1", "s3"]


async def test_no_other_plan_may_be_a_refusal(request_):
    async with serving(says('{"kind": "unsupported", "reason": "Nobody speaks xx."}')) as server:
        assert await replanned(server, request_) == Unsupported(reason="Nobody speaks xx.")


async def test_greeting_is_answered(request_):
    async with serving(says('{"outcome": {"kind": "chat", "reply": "Hello!"}}')) as server:
        assert await planned(server, request_) == Chat(reply="Hello!")
