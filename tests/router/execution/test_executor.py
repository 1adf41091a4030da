import time
from typing import Any

import pytest

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import Catalog, Limits
from model_wrappers.contract.errors import (
    AudioGPTError,
    InvalidInput,
    ModelOverloaded,
    ModelUnavailable,
    NotFound,
)
from router.artifacts.store import ArtifactStore
from router.events import Event
from router.execution.attempts import RetryPolicy
from router.execution.executor import Executor
from tests.router.dispatching import LONG_S
from tests.router.scripted import Scripted, catalog, plan, raising, step


async def test_call_carries_the_runs_deadline_tenant_and_request_id() -> None:
    dispatcher = Scripted()
    deadline = time.time() + LONG_S
    executor = Executor(dispatcher, None)  # type: ignore[arg-type]
    await executor.execute(plan(step("s")), catalog("m"), deadline=deadline, tenant="acme", request_id="r9")
    (_, call) = dispatcher.calls[0]
    assert (call.deadline, call.tenant, call.request_id) == (deadline, "acme", "r9")


async def test_single_task_returns_its_result_and_tells_its_events(store: ArtifactStore) -> None:
    text = store.put(b"from a file", kind="text", media_type="text/plain")
    events: list[Event] = []
    result = await Executor(Scripted(), store).execute_task(
        "speech-translation",
        {"text": {"artifact": text.id}, "target_language": "en"},
        catalog("m"),
        deadline=time.time() + LONG_S,
        emit=events.append,
    )
    assert result.outputs["text"] == "from a file"
    assert [event.type for event in events] == ["step_started", "step_ended"]


@pytest.mark.parametrize(
    ("task", "arguments", "models", "error"),
    [
        ("no-such-task", {}, catalog("m"), NotFound),
        ("speech-translation", {"text": "x"}, catalog("m"), InvalidInput),
        ("speech-translation", {"text": "x", "target_language": "en"}, catalog(), ModelUnavailable),
        (
            "speech-translation",
            {"text": "long", "target_language": "en"},
            catalog("m", limits=Limits(max_characters=1)),
            AudioGPTError,
        ),
    ],
)
async def test_single_task_that_cannot_be_done_raises_its_error(
    task: str, arguments: dict[str, Any], models: Catalog, error: type[AudioGPTError], store: ArtifactStore
) -> None:
    with pytest.raises(error):
        await Executor(Scripted(), store).execute_task(task, arguments, models, deadline=time.time() + LONG_S)


async def test_overloaded_single_task_says_when_to_come_back(store: ArtifactStore) -> None:
    dispatcher = Scripted(m=raising(*[ModelOverloaded("Full.", retry_after_s=4.0)] * 9))
    policy = RetryPolicy(attempts=1)
    with pytest.raises(ModelOverloaded) as caught:
        await Executor(dispatcher, store, policy).execute_task(
            "speech-translation",
            {"text": "x", "target_language": "en"},
            catalog("m"),
            deadline=time.time() + LONG_S,
        )
    assert caught.value.retry_after_s == 4.0


async def test_reference_given_by_the_program_itself_is_taken(store: ArtifactStore) -> None:
    ref = ArtifactRef(id="a" * 64, kind="audio", media_type="audio/wav", size_bytes=1)
    dispatcher = Scripted(m=raising())
    result = await Executor(dispatcher, store).execute_task(
        "speech-translation", {"audio": ref, "target_language": "en"}, catalog("m"), deadline=time.time() + LONG_S
    )
    assert result.outputs["text"] == "answered"
