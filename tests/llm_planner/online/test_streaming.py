import asyncio
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_planner.online.llm import ChatModel
from llm_planner.online.streaming import StepScanner, StepStream
from llm_planner.planner import PlannedOutcome, Planner
from llm_planner.plans.plan import Chat, Outcome, PlanOutcome, Step
from llm_planner.plans.request import PlanRequest
from tests.llm_planner.llm_server import DROP, HANG, Streamed, error, plan, says, serving
from tests.router.clock import pass_time
from tests.router.dispatching import LONG_S

CLEAN = {"id": "s1", "task": "speech-enhancement", "arguments": {"audio": {"artifact": "audio-1"}}}
WORDS = {"id": "s2", "task": "speech-recognition", "arguments": {"audio": {"from": "s1.audio"}, "prompt": None}}
QUOTED = {"id": "s3", "task": "text-to-speech", "arguments": {"text": 'a ]}, "steps": [{"id": "x"}] \\" b'}}


def written(*steps: dict) -> str:
    return json.dumps({"outcome": {"kind": "plan", "plan": {"steps": list(steps)}}})


def pieces(text: str, size: int = 4) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]


@pytest.fixture
def request_(catalog, session) -> PlanRequest:
    return PlanRequest(text="Clean it up", session=session, catalog=catalog, deadline=time.time() + LONG_S)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("indent", [None, 2])
def test_scanner_cuts_out_the_same_steps_however_the_text_is_cut(size, indent):
    steps = [CLEAN, WORDS, QUOTED]
    text = json.dumps(
        {"note": '"steps": [1]', "outcome": {"plan": {"steps": steps}}, "steps": [{"id": "late"}]}, indent=indent
    )
    scanner = StepScanner()
    assert [json.loads(step) for piece in pieces(text, size) for step in scanner.feed(piece)] == steps


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=4), JSON), max_size=4), st.integers(1, 9), st.booleans())
def test_scanner_finds_any_objects(steps, size, ascii_only):
    text = json.dumps({"steps": steps}, ensure_ascii=ascii_only)
    scanner = StepScanner()
    assert [json.loads(step) for piece in pieces(text, size) for step in scanner.feed(piece)] == steps


@given(st.text(alphabet='{}[]":,\\ steps', max_size=60))
def test_scanner_survives_any_text(text):
    scanner = StepScanner()
    assert all(step.startswith(("{", "[")) for character in text for step in scanner.feed(character))


def test_step_is_given_as_soon_as_its_last_bracket_is_read(request_):
    stream, text = StepStream(request_), written(CLEAN, WORDS)
    end = text.index(', {"id": "s2"')
    assert stream.feed(text[: end - 1]) == []
    assert [step.id for step in stream.feed(text[end - 1 : end])] == ["s1"]
    assert [step.id for step in stream.feed(text[end:])] == ["s2"]


def test_step_before_its_source_waits_for_it(request_):
    stream = StepStream(request_)
    assert stream.feed(written(WORDS)[:-4]) == []
    assert [step.id for step in stream.feed(", " + json.dumps(CLEAN))] == ["s1", "s2"]


def test_step_that_cannot_run_is_held_back_and_so_is_what_needs_it(request_):
    invented = {**CLEAN, "arguments": {"audio": {"artifact": "audio-9"}}}
    assert [step.id for step in StepStream(request_).feed(written(invented, WORDS, QUOTED))] == ["s3"]


@pytest.mark.parametrize("begin", ["<think>", "Let me see: ", "```json\n"])
def test_drafts_before_the_answer_start_nothing(begin, request_):
    assert StepStream(request_).feed(begin + written(CLEAN)) == []


class Nothing:
    """A local planner that only says hello."""

    def plan(self, request: PlanRequest) -> Outcome:
        return Chat(reply="Hello.")


async def streamed(server, request: PlanRequest) -> list[Step | PlannedOutcome]:
    llm = ChatModel(server.settings())
    try:
        return [item async for item in Planner(Nothing(), llm).plan_stream(request)]
    finally:
        await llm.close()


@pytest.mark.parametrize(("tool", "obeys"), [(False, ["json_schema"]), (True, ["tool"]), (False, [])])
async def test_first_step_comes_while_the_llm_still_writes(tool, obeys, request_):
    text = written(CLEAN, WORDS)
    parts = [text[: text.index(', {"id": "s2"')], text[text.index(', {"id": "s2"') :]]
    rest = asyncio.Event()
    async with serving(Streamed(parts, tool=tool, gates={1: rest}), obeys=obeys) as server:
        llm = ChatModel(server.settings())
        items = Planner(Nothing(), llm).plan_stream(request_)
        first = await anext(items)
        assert not rest.is_set()
        rest.set()
        second, planned = [item async for item in items]
        await llm.close()
    assert (first.id, second.id, planned.planner) == ("s1", "s2", "llm")
    assert planned.outcome.plan.steps == (first, second)


async def test_step_of_a_rejected_plan_is_kept_by_a_repair_that_contains_it(request_):
    unknown = {**WORDS, "task": "juggling"}
    async with serving(Streamed(pieces(written(CLEAN, unknown))), plan(CLEAN, WORDS)) as server:
        step, planned = await streamed(server, request_)
        assert "there is no such task" in server.requests[1]["messages"][-1]["content"]
        assert [request.get("stream", False) for request in server.requests] == [True, False]
    assert step in planned.outcome.plan.steps


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Streamed(pieces(written(CLEAN))[:-3], finish_reason=None, broken=b""), "broke off"),
        (Streamed(pieces(written(CLEAN))[:-3], finish_reason=None), "broke off"),
        (Streamed(pieces(written(CLEAN))[:-3], finish_reason="length"), "cut at the token limit"),
        (Streamed([]), "was empty"),
        (plan(CLEAN), "broke off"),
    ],
    ids=["connection lost", "no end", "cut", "empty", "not streamed"],
)
async def test_stream_that_breaks_off_is_asked_for_again_in_one_piece(answer, told, request_):
    async with serving(answer, plan(CLEAN)) as server:
        planned = (await streamed(server, request_))[-1]
        assert told in server.requests[1]["messages"][-1]["content"]
        assert len(server.requests) == 2
    assert (planned.planner, isinstance(planned.outcome, PlanOutcome)) == ("llm", True)


async def test_server_that_cannot_stream_is_asked_for_the_whole(request_):
    async with serving(error(400, "stream is not supported"), plan(CLEAN)) as server:
        (planned,) = await streamed(server, request_)
    assert (planned.planner, isinstance(planned.outcome, PlanOutcome)) == ("llm", True)


@pytest.mark.parametrize(
    "answer",
    [
        Streamed([written(CLEAN)[:30]], finish_reason=None, broken=b"data: {broken\n\n"),
        Streamed([], finish_reason=None, broken=b'data: {"error": {"message": "out of memory"}}\n\n'),
        Streamed([], finish_reason="content_filter"),
        error(401),
        DROP,
        says(None, refusal="No."),
    ],
    ids=["broken event", "error event", "filtered", "no key", "dropped", "refusal"],
)
async def test_stream_that_fails_ends_in_the_offline_plan(answer, request_):
    async with serving(answer, error(401)) as server:
        planned = (await streamed(server, request_))[-1]
    assert (planned.planner, planned.outcome) == ("offline", Chat(reply="Hello."))


@pytest.mark.parametrize("answer", [HANG, Streamed(["{", "}"], gates={1: asyncio.Event()})], ids=["silent", "stalled"])
async def test_stream_that_stalls_ends_at_the_deadline_in_the_offline_plan(answer, request_, monkeypatch):
    async with serving(answer) as server:
        planning = asyncio.create_task(streamed(server, request_))
        await asyncio.wait_for(server.asked.acquire(), LONG_S)
        pass_time(LONG_S, monkeypatch)
        (planned,) = await planning
    assert planned.planner == "offline"


async def test_without_an_llm_the_stream_is_the_offline_outcome(request_):
    items = [item async for item in Planner(Nothing()).plan_stream(request_)]
    assert [item.planner for item in items] == ["offline"]


async def test_a_server_that_does_not_know_how_to_tell_tokens_is_asked_without(request_):
    refusal = error(400, "unknown field", "stream_options")
    async with serving(refusal, Streamed([written(CLEAN)])) as server:
        llm = ChatModel(server.settings())
        items = [item async for item in Planner(Nothing(), llm).plan_stream(request_)]
        await llm.close()
        assert [("stream_options" in body, body["stream"]) for body in server.requests] == [(True, True), (False, True)]
    assert items[-1].planner == "llm"
    assert items[-1].llm[0].completion_tokens > 0
