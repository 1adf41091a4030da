"""Tokens of the LLM that plans: counted as its server tells them, held to the limit, and told in the answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llm_planner.planner import Planner
from llm_planner.plans.history import count_tokens
from llm_planner.plans.request import Asked, PlanRequest
from model_wrappers.contract.errors import LimitExceeded
from router.limits.limiter import Limiter
from router.principal import NO_LIMITS, Principal, TenantLimits
from router.scope import Scope
from router.turn.conversation import Message
from router.usage.calls import PLANNING, CallUsage
from tests.llm_planner.llm_server import HANG, Streamed, http, serving
from tests.router.conversing import talking, translate, written
from tests.router.dispatching import LONG_S
from tests.router.models import spec

PLAN = written(translate("s1"))


def said(content: str, prompt: int, completion: int) -> bytes:
    """Return a chat completion that tells its tokens."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return http(200, {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage})


class Listening:
    """A planner that tells when it is known that the LLM has written something."""

    def __init__(self, inner: Planner) -> None:
        self._inner = inner
        self.written = asyncio.Event()

    async def plan_stream(self, request: PlanRequest) -> AsyncIterator[Any]:
        async for item in self._inner.plan_stream(request):
            yield item
            if isinstance(item, Asked) and item.llm[-1].completion_tokens:
                self.written.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def message(limits: TenantLimits = NO_LIMITS) -> Message:
    return Message(Scope.lasting(LONG_S, Principal("ann", "k1", limits=limits), "r1"), text="Do it")


async def test_every_question_to_the_llm_is_counted_once_also_what_was_repaired(tmp_path: Path) -> None:
    counted: list[CallUsage] = []
    answers = (Streamed(["{}"], usage=(100, 5)), said(PLAN, 200, 50), said("It is translated.", 300, 7))
    async with serving(*answers) as server, talking(tmp_path, [spec("echo", "Echo")], server) as talk:
        conversation = replace(talk.conversation, note=counted.append)
        replied = await conversation.respond(message(), lambda event: None)
    assert replied.results[0].state == "done"
    assert [(c.step, c.attempt, c.prompt_tokens, c.completion_tokens) for c in counted] == [
        ("plan", 1, 100, 5),
        ("plan", 2, 200, 50),
        ("reply", 3, 300, 7),
    ]
    assert {(call.tenant, call.key, call.request_id, call.task, call.model) for call in counted} == {
        ("ann", "k1", "r1", PLANNING, "m")
    }
    assert replied.usage is not None
    assert (replied.usage.prompt_tokens, replied.usage.completion_tokens) == (600, 62)


async def test_tokens_that_the_server_does_not_tell_are_estimated(tmp_path: Path) -> None:
    counted: list[CallUsage] = []
    async with serving(Streamed([PLAN])) as server, talking(tmp_path, [spec("echo", "Echo")], server) as talk:
        conversation = replace(talk.conversation, note=counted.append)
        await conversation.plan(message())
        await conversation.respond(message(), lambda event: None)
    assert all(call.prompt_tokens > 100 for call in counted)  # the instructions alone are longer
    assert any(call.completion_tokens > 10 for call in counted)


@pytest.mark.parametrize(
    "answers",
    [
        (Streamed([PLAN], usage=(18_000, 1_000)),),
        (Streamed(["{}"], usage=(17_000, 500)), said("{}", 1_000, 500), said("{}", 0, 0)),
    ],
    ids=["planned", "in vain"],
)
async def test_the_day_s_tokens_are_those_that_were_used(tmp_path: Path, answers: tuple[Any, ...]) -> None:
    limiter, limits = Limiter.local(), TenantLimits(llm_tokens_per_day=20_000)
    async with serving(*answers) as server, talking(tmp_path, [spec("echo", "Echo")], server) as talk:
        conversation = replace(talk.conversation, limiter=limiter)
        await conversation.plan(message(limits))
        with pytest.raises(LimitExceeded, match="1,000 are left"):
            await conversation.plan(message(limits))


@pytest.mark.parametrize("way", ["answered", "only planned"])
async def test_a_plan_broken_off_counts_what_the_llm_had_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("llm_planner.planner.TELL_S", 0.0)
    counted: list[CallUsage] = []
    limiter, limits = Limiter.local(), TenantLimits(llm_tokens_per_day=5_000)
    begun = Streamed([PLAN[:40], PLAN[40:]], gates={1: asyncio.Event()})
    async with serving(begun) as server, talking(tmp_path, [spec("echo", "Echo")], server) as talk:
        planner = Listening(talk.conversation.planner)  # type: ignore[arg-type]
        conversation = replace(talk.conversation, note=counted.append, planner=planner, limiter=limiter)
        asked = message(limits)
        respond = conversation.respond(asked, lambda event: None) if way == "answered" else conversation.plan(asked)
        work: asyncio.Task[Any] = asyncio.create_task(respond)  # type: ignore[arg-type]
        await asyncio.wait_for(planner.written.wait(), LONG_S)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        (call,) = counted
        assert (call.step, call.outcome, call.completion_tokens) == ("plan", "cancelled", count_tokens(PLAN[:40]))
        assert call.prompt_tokens > 1_000  # the rules and the tasks
        left = 5_000 - call.prompt_tokens - call.completion_tokens
        with pytest.raises(LimitExceeded, match=f"{left:,} are left"):
            await conversation.plan(asked)


async def broken_off_at_the_second(tmp_path: Path, first: Streamed) -> list[CallUsage]:
    """Return what is counted of a request that is cancelled while the LLM does not answer the second time."""
    counted: list[CallUsage] = []
    answers = (first, HANG)
    async with serving(*answers) as server, talking(tmp_path, [spec("echo", "Echo")], server) as talk:
        conversation = replace(talk.conversation, note=counted.append)
        work = asyncio.create_task(conversation.respond(message(), lambda event: None))
        for _ in answers:
            await asyncio.wait_for(server.asked.acquire(), LONG_S)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    return counted


async def test_a_repair_broken_off_counts_what_was_asked_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm_planner.planner.TELL_S", 0.0)
    counted = await broken_off_at_the_second(tmp_path, Streamed(["{}"], usage=(100, 5)))
    assert [(c.step, c.outcome, c.prompt_tokens, c.completion_tokens) for c in counted] == [("plan", "done", 100, 5)]


async def test_a_reply_broken_off_counts_an_estimate_of_its_question(tmp_path: Path) -> None:
    planned, reply = await broken_off_at_the_second(tmp_path, Streamed([PLAN], usage=(100, 5)))
    assert (planned.step, planned.outcome, planned.prompt_tokens) == ("plan", "done", 100)
    assert (reply.step, reply.outcome, reply.model, reply.completion_tokens) == ("reply", "cancelled", "m", 0)
    assert reply.prompt_tokens > 100
