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
from tests.router.dispatching import TENANT, scope
from tests.router.scripted import Scripted, catalog, execute, executing, plan, raising, step

SAY = {"text": "x", "target_language": "en"}


async def test_call_carries_the_scope_of_its_request() -> None:
    dispatcher, given = Scripted(), scope(tenant="acme", request_id="r9")
    await execute(dispatcher, plan(step("s")), within=given)
    (_, call) = dispatcher.calls[0]
    assert call.scope == given


async def test_single_task_returns_its_result_and_tells_its_events(store: ArtifactStore) -> None:
    text = store.put(b"from a file", kind="text", media_type="text/plain", tenant=TENANT, most_bytes=None)
    events: list[Event] = []
    result = await executing(Scripted(), catalog("m"), store).execute_task(
        "speech-translation", {"text": {"artifact": text.id}, "target_language": "en"}, scope(), emit=events.append
    )
    assert result.outputs["text"] == "from a file"
    assert [event.type for event in events] == ["step_started", "step_ended"]


@pytest.mark.parametrize(
    ("task", "arguments", "models", "error"),
    [
        ("no-such-task", {}, catalog("m"), NotFound),
        ("speech-translation", {"text": "x"}, catalog("m"), InvalidInput),
        ("speech-translation", SAY, catalog(), ModelUnavailable),
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
        await executing(Scripted(), models, store).execute_task(task, arguments, scope())


async def test_overloaded_single_task_says_when_to_come_back(store: ArtifactStore) -> None:
    dispatcher = Scripted(m=raising(*[ModelOverloaded("Full.", retry_after_s=4.0)] * 9))
    policy = RetryPolicy(attempts=1)
    with pytest.raises(ModelOverloaded) as caught:
        await executing(dispatcher, catalog("m"), store, policy).execute_task("speech-translation", SAY, scope())
    assert caught.value.retry_after_s == 4.0


async def test_reference_given_by_the_program_itself_is_taken(store: ArtifactStore) -> None:
    ref = ArtifactRef(tenant="default", id="a" * 64, kind="audio", media_type="audio/wav", size_bytes=1)
    dispatcher = Scripted(m=raising())
    result = await executing(dispatcher, catalog("m"), store).execute_task(
        "speech-translation", {"audio": ref, "target_language": "en"}, scope()
    )
    assert result.outputs["text"] == "answered"
