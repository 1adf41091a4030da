import pytest

from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import (
    Cancelled,
    DeadlineExceeded,
    InvalidInput,
    ModelError,
    ModelFailed,
    ModelLost,
    ModelOverloaded,
    ModelUnavailable,
    StorageUnavailable,
)
from router.events import Event, StepRetried
from router.execution.attempts import RetryPolicy
from tests.router.dispatching import scope
from tests.router.scripted import Scripted, catalog, execute, plan, raising, states, step


@pytest.mark.parametrize(
    "error",
    [
        ModelLost("The process died."),
        ModelOverloaded("Full.", retry_after_s=0.001),
        StorageUnavailable("The bucket does not answer.", retry_after_s=0.001),
    ],
)
async def test_lost_and_overloaded_calls_are_tried_again_on_the_same_model(error: ModelError) -> None:
    dispatcher = Scripted(a=raising(error, error))
    events: list[Event] = []
    (result,) = await execute(dispatcher, plan(step("s")), catalog("a", "b"), emit=events.append)
    assert (result.state, result.model, result.attempts) == ("done", "a", 3)
    assert dispatcher.called == ["a", "a", "a"]
    assert len({call.key for _, call in dispatcher.calls}) == 1
    assert [event.type for event in events] == ["step_started", "step_retried", "step_retried", "step_ended"]


async def test_retries_are_bounded_and_then_the_next_model_is_asked() -> None:
    dispatcher = Scripted(a=raising(*[ModelLost("The process died.")] * 9))
    events: list[Event] = []
    (result,) = await execute(dispatcher, plan(step("s")), catalog("a", "b"), emit=events.append)
    assert dispatcher.called == ["a", "a", "a", "b"]
    assert (result.state, result.model, result.attempts) == ("done", "b", 4)
    retried = [event for event in events if isinstance(event, StepRetried)]
    assert [event.model for event in retried] == ["a", "a", "b"]
    assert {event.error.code for event in retried} == {"model_lost"}


@pytest.mark.parametrize("error", [ModelFailed("It broke."), ModelUnavailable("It is off."), RuntimeError("a bug")])
async def test_other_failures_go_to_the_next_model_at_once(error: Exception) -> None:
    dispatcher = Scripted(a=raising(error))
    (result,) = await execute(dispatcher, plan(step("s")), catalog("a", "b"))
    assert dispatcher.called == ["a", "b"]
    assert (result.state, result.model) == ("done", "b")


async def test_step_fails_with_the_last_error_once_every_model_failed() -> None:
    dispatcher = Scripted(a=raising(ModelFailed("First.")), b=raising(ModelFailed("Second.")))
    (result,) = await execute(dispatcher, plan(step("s")), catalog("a", "b"))
    assert result.state == "failed"
    assert result.error is not None
    assert result.error.message == "Second."


async def test_error_of_the_caller_is_not_tried_again() -> None:
    dispatcher = Scripted(a=raising(InvalidInput("No words.", param="text")))
    (result,) = await execute(dispatcher, plan(step("s")), catalog("a", "b"))
    assert dispatcher.called == ["a"]
    assert result.error is not None
    assert result.error.param == "text"


async def test_retry_that_would_pass_the_deadline_is_not_waited_for() -> None:
    patient = RetryPolicy(backoff_s=1_000.0, max_backoff_s=1_000.0)
    dispatcher = Scripted(a=raising(ModelLost("The process died.")))
    (result,) = await execute(dispatcher, plan(step("s")), catalog("a"), policy=patient)
    assert (result.state, result.attempts) == ("failed", 1)
    assert result.error is not None
    assert result.error.code == "model_lost"


def test_backoff_doubles_is_bounded_and_honours_what_the_model_asked_for() -> None:
    policy = RetryPolicy(backoff_s=1.0, max_backoff_s=3.0, jitter=lambda: 1.0)
    lost, full = ModelLost("Gone."), ModelOverloaded("Full.", retry_after_s=2.5)
    assert [policy.wait_s(attempt, lost) for attempt in (1, 2, 3)] == [1.0, 2.0, 3.0]
    assert policy.wait_s(1, full) == 2.5
    assert RetryPolicy(backoff_s=1.0, jitter=lambda: 0.0).wait_s(1, lost) == 0.5


async def test_models_own_deadline_error_falls_back_while_there_is_time() -> None:
    dispatcher = Scripted(a=raising(DeadlineExceeded("Too slow.")))
    (result,) = await execute(dispatcher, plan(step("s")), catalog("a", "b"))
    assert (result.state, result.model) == ("done", "b")


async def test_call_cancelled_at_the_model_ends_its_step_as_cancelled_without_a_fallback() -> None:
    dispatcher = Scripted(a=raising(Cancelled("The replica was told to stop.")))
    what = plan(step("s"), step("after", {"from": "s.text"}))
    results = await execute(dispatcher, what, catalog("a", "b"))
    assert states(results) == {"s": "cancelled", "after": "skipped"}
    assert dispatcher.called == ["a"]
    assert results[1].error is not None
    assert results[1].error.message == "Not run: it needs step 's', which was cancelled."


@pytest.mark.parametrize(
    ("change", "same"),
    [({}, True), ({"text": "other"}, False), ({"tenant": "b"}, False), ({"model": "n"}, False)],
)
async def test_key_of_a_call_is_that_of_its_work(change: dict[str, str], same: bool) -> None:
    async def key(text: str = "hi", model: str = "m", tenant: str = "a") -> str:
        dispatcher = Scripted()
        await execute(dispatcher, plan(step("s", text, model)), catalog("m", "n"), within=scope(tenant=tenant))
        return dispatcher.calls[0][1].key

    assert (await key() == await key(**change)) is same


@pytest.mark.parametrize(
    ("error", "asked"),
    [(DeadlineExceeded("It loads for too long."), ["a", "c"]), (ModelFailed("It broke."), ["a", "b"])],
)
async def test_after_a_model_that_took_its_time_a_loaded_one_is_asked_first(
    error: ModelError, asked: list[str]
) -> None:
    dispatcher = Scripted(a=raising(error))
    loaded = {"a": False, "b": False, "c": True}
    entries = tuple(entry.model_copy(update={"loaded": loaded[entry.id]}) for entry in catalog(*loaded).models)
    (result,) = await execute(dispatcher, plan(step("s")), Catalog(models=entries))
    assert (result.state, dispatcher.called) == ("done", asked)
