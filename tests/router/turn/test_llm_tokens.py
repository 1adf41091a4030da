"""Tokens of the LLM that plans: counted as its server tells them, held to the limit, and told in the answer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_wrappers.contract.errors import LimitExceeded
from router.limits.limiter import Limiter
from router.principal import NO_LIMITS, Principal, TenantLimits
from router.scope import Scope
from router.turn.conversation import Message
from router.usage.calls import PLANNING, CallUsage
from tests.llm_planner.llm_server import Streamed, http, serving
from tests.router.conversing import talking, translate, written
from tests.router.dispatching import LONG_S
from tests.router.models import spec

PLAN = written(translate("s1"))


def said(content: str, prompt: int, completion: int) -> bytes:
    """Return a chat completion that tells its tokens."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return http(200, {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage})


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


@pytest.mark.parametrize("content", [PLAN, "{}"], ids=["planned", "in vain"])
async def test_the_day_s_tokens_are_those_that_were_used(tmp_path: Path, content: str) -> None:
    limiter, limits = Limiter.local(), TenantLimits(llm_tokens_per_day=20_000)
    many: tuple[Any, ...] = (said(content, 18_000, 1_000), said(content, 0, 0))
    async with serving(*many) as server, talking(tmp_path, [spec("echo", "Echo")], server) as talk:
        conversation = replace(talk.conversation, limiter=limiter)
        await conversation.plan(message(limits))
        with pytest.raises(LimitExceeded, match="1,000 are left"):
            await conversation.plan(message(limits))
