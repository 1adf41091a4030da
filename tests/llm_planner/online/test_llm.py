import asyncio
import time
from email.utils import formatdate

import pytest

from llm_planner.online.llm import MAX_RETRIES, ChatModel
from llm_planner.online.settings import LLMSettings
from model_wrappers.contract.errors import (
    AudioGPTError,
    DeadlineExceeded,
    InvalidPlan,
    ModelFailed,
    ModelOverloaded,
    ModelUnavailable,
)
from tests.llm_planner.llm_server import DRIP, DROP, HANG, calls, error, form_of, http, says, serving
from tests.router.clock import pass_time

SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
LONG_S = 60.0  # more than any of these tests takes
MESSAGES = [{"role": "system", "content": "Plan."}, {"role": "user", "content": "Go."}]


async def ask(model: ChatModel, within_s: float = LONG_S) -> str:
    try:
        return await model.complete(MESSAGES, SCHEMA, time.time() + within_s)
    finally:
        await model.close()


@pytest.mark.parametrize("otherwise", ["rejects", "ignores"])
@pytest.mark.parametrize(
    ("obeys", "answer", "form", "probes"),
    [
        (("json_schema", "tool"), says('{"a": 1}'), "json_schema", 1),
        (("tool",), calls('{"a": 1}'), "tool", 2),
        ((), says('{"a": 1}'), "plain", 2),
    ],
)
async def test_best_form_the_server_obeys_is_found_by_probing_once(obeys, answer, form, probes, otherwise):
    async with serving(answer, obeys=obeys, otherwise=otherwise) as server:
        model = ChatModel(server.settings())
        for _ in range(2):
            assert await model.complete(MESSAGES, SCHEMA, time.time() + LONG_S) == '{"a": 1}'
        await model.close()
        assert model.mode == form
        assert [form_of(request) for request in server.requests] == [form, form]
        assert len(server.probes) == probes


async def test_plain_form_tells_the_schema_in_the_one_system_message():
    async with serving(says("{}"), obeys=()) as server:
        await ask(ChatModel(server.settings()))
        first, *others = server.requests[0]["messages"]
        assert first["content"].startswith("Plan.")
        assert '"additionalProperties": false' in first["content"]
        assert others == MESSAGES[1:]


async def test_request_is_greedy_bounded_strict_and_carries_the_key():
    async with serving(says("{}")) as server:
        await ask(ChatModel(server.settings(api_key="secret")))
        (body,) = server.requests
    assert "authorization: bearer secret" in server.heads[-1]
    assert (body["temperature"], body["max_tokens"], body["model"]) == (0, 2_048, "m")
    assert body["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}


async def test_server_that_obeys_the_probe_but_rejects_the_schema_is_asked_in_the_next_form():
    async with serving(error(400, "schema too deep"), calls('{"a": 1}')) as server:
        model = ChatModel(server.settings())
        assert await ask(model) == '{"a": 1}'
        assert model.mode == "tool"


async def test_server_that_rejects_every_form_is_a_clear_error():
    async with serving(error(400, "context length exceeded")) as server:
        model = ChatModel(server.settings())
        with pytest.raises(ModelFailed, match=r"rejects the request in every form.*context length exceeded"):
            await ask(model)
        assert [form_of(request) for request in server.requests] == ["json_schema", "tool", "plain"]
        assert model.mode == "json_schema"


async def test_parameters_a_server_does_not_know_are_renamed_or_dropped():
    answers = [error(400, "use max_completion_tokens", "max_tokens"), error(400, "only 1", "temperature"), says("{}")]
    async with serving(*answers) as server:
        assert await ask(ChatModel(server.settings())) == "{}"
        assert server.requests[-1].get("max_completion_tokens") == 2_048
        assert not server.requests[-1].keys() & {"max_tokens", "temperature"}
        assert [form_of(request) for request in server.requests] == ["json_schema"] * 3


@pytest.mark.parametrize(
    ("answer", "expected", "message"),
    [
        (says(""), InvalidPlan, "The answer was empty"),
        (says(None), InvalidPlan, "The answer was empty"),
        (says(" \n"), InvalidPlan, "The answer was empty"),
        (calls(""), InvalidPlan, "The answer was empty"),
        (says('{"outcome": {"ki', "length"), InvalidPlan, "cut at the token limit"),
        (says(None, refusal="I cannot help with that."), ModelFailed, "refused: I cannot help with that."),
        (says("half", "content_filter"), ModelFailed, "refused: its content filter"),
        (http(200, {"choices": []}), ModelFailed, "no chat completion"),
        (http(200, {"choices": None}), ModelFailed, "no chat completion"),
        (http(200, {"choices": [{"message": 5}]}), ModelFailed, "no chat completion"),
        (http(200, [1, 2]), ModelFailed, "no chat completion"),
        (http(200, b'{"choices": [{"mess'), ModelFailed, "no chat completion"),
        (http(200, b"<html>Welcome</html>", content_type="text/html"), ModelFailed, "no chat completion"),
        (http(200, b""), ModelFailed, "no chat completion"),
        (http(200, b"\xff\xfe\x00{}"), ModelFailed, "no chat completion"),
        (error(401, "bad key"), ModelUnavailable, "HTTP 401: .*bad key.*check key"),
        (error(403, "not allowed"), ModelUnavailable, "HTTP 403"),
        (error(404, "no model m"), ModelUnavailable, "HTTP 404: .*no model m"),
        (http(404, b"<html>nginx</html>", content_type="text/html"), ModelUnavailable, "HTTP 404"),
    ],
)
async def test_answer_that_cannot_be_used_is_a_clear_error_after_one_call(answer, expected, message):
    async with serving(answer) as server:
        with pytest.raises(expected, match=message):
            await ask(ChatModel(server.settings()))
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "expected", "message"),
    [
        (error(429, "slow down", retry_after="0.01"), ModelOverloaded, "too busy: .*slow down"),
        (error(500, "boom", retry_after="0.01"), ModelFailed, "HTTP 500: .*boom"),
        (error(503, "loading", retry_after="0.01"), ModelUnavailable, "not available: .*loading"),
        (DROP, ModelUnavailable, "cannot be reached"),
        (says("{}")[:-5], ModelUnavailable, "cannot be reached"),
        (b"SSH-2.0-OpenSSH\r\n", ModelUnavailable, "cannot be reached"),
    ],
    ids=["429", "500", "503", "dropped", "truncated", "no HTTP"],
)
async def test_failure_that_may_pass_is_tried_again_a_bounded_number_of_times(answer, expected, message):
    async with serving(answer) as server:
        with pytest.raises(expected, match=message):
            await ask(ChatModel(server.settings()))
        assert len(server.requests) == MAX_RETRIES + 1


@pytest.mark.parametrize("failure", [error(429, retry_after="0.01"), error(502, retry_after="0"), DROP])
async def test_failure_that_passes_is_overcome(failure):
    async with serving(failure, says('{"a": 1}')) as server:
        assert await ask(ChatModel(server.settings())) == '{"a": 1}'
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "retry_after",
    ["3600", "inf", formatdate(time.time() + 86_400, usegmt=True)],
    ids=["seconds", "for ever", "date"],
)
async def test_wait_beyond_the_deadline_is_not_begun(retry_after):
    async with serving(error(429, "slow down", retry_after=retry_after)) as server:
        with pytest.raises(ModelOverloaded) as caught:
            await ask(ChatModel(server.settings()))
        assert len(server.requests) == 1
    assert caught.value.retry_after_s > 3_000


@pytest.mark.parametrize("answer", [HANG, DRIP], ids=["silent", "dripping"])
async def test_server_that_never_finishes_ends_at_the_deadline(answer, monkeypatch):
    async with serving(answer) as server:
        asking = asyncio.create_task(ask(ChatModel(server.settings())))
        await asyncio.wait_for(server.asked.acquire(), LONG_S)
        pass_time(LONG_S, monkeypatch)
        with pytest.raises(DeadlineExceeded):
            await asking
        assert len(server.requests) == 1


async def test_passed_deadline_sends_nothing():
    async with serving(says("{}")) as server:
        with pytest.raises(DeadlineExceeded):
            await ask(ChatModel(server.settings()), within_s=-1.0)
        assert server.requests == server.probes == []


async def test_nobody_listening_is_a_clear_error_and_leaves_the_form_open():
    async with serving(says("{}")) as server:
        settings = server.settings()
    model = ChatModel(settings)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await ask(model)
    assert model.mode is None


async def test_server_that_is_down_at_first_is_probed_later():
    async with serving(says("{}")) as server:
        server.answer, obedient = lambda body: error(401), server.answer
        model = ChatModel(server.settings())
        with pytest.raises(ModelUnavailable):
            await model.complete(MESSAGES, SCHEMA, time.time() + LONG_S)
        server.answer = obedient
        assert await ask(model) == "{}"
        assert model.mode == "json_schema"


async def test_request_waits_for_no_other_requests_probe_beyond_its_own_deadline(monkeypatch):
    probed = asyncio.Event()

    def hang(body):
        probed.set()
        return HANG

    async with serving() as server:
        server.answer = hang
        model = ChatModel(server.settings())
        first = asyncio.create_task(model.complete(MESSAGES, SCHEMA, time.time() + LONG_S))
        await probed.wait()
        second = asyncio.create_task(model.complete(MESSAGES, SCHEMA, time.time() + LONG_S / 2))
        await asyncio.sleep(0)
        pass_time(LONG_S / 2, monkeypatch)
        with pytest.raises(DeadlineExceeded):
            await second
        assert not first.done()
        first.cancel()
        await asyncio.wait({first})
        await model.close()


async def test_errors_do_not_show_the_key():
    async with serving(error(401, "bad key")) as server:
        settings = server.settings(api_key="sk-very-secret")
        with pytest.raises(AudioGPTError) as caught:
            await ask(ChatModel(settings))
    assert "sk-very-secret" not in f"{caught.value!r} {settings!r} {settings.model_dump_json()}"


async def test_prose_is_asked_for_without_schema_or_tool():
    async with serving(says("I removed the noise.")) as server:
        model = ChatModel(server.settings())
        assert await model.write(MESSAGES, 100, time.time() + LONG_S) == "I removed the noise."
        await model.close()
        assert server.requests[0]["max_tokens"] == 100
        assert not server.requests[0].keys() & {"response_format", "tools"}


def test_settings_hold_an_address_of_the_web_only():
    with pytest.raises(ValueError, match="base_url"):
        LLMSettings(base_url="file:///etc/passwd", model="m")
