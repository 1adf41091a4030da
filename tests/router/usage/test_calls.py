import asyncio
import pickle
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from model_wrappers.contract.catalog import Catalog, ModelEntry
from model_wrappers.contract.errors import (
    AudioGPTError,
    DeadlineExceeded,
    InvalidInput,
    ModelFailed,
    ModelLost,
    ModelOverloaded,
)
from model_wrappers.contract.usage import Usage
from router.artifacts.store import ArtifactStore
from router.calls import Dispatcher, ModelAnswer, ModelCall, OnProgress, Timing, tell_timing, timing_of
from router.execution.executor import Executor
from router.records.database import Database
from router.usage.calls import CallUsage, Meter, billed
from router.usage.ledger import Ledger
from router.usage.store import UsageStore
from tests.router.dispatching import LONG_S, dispatching, scope
from tests.router.models import GATES, SECONDS_PER_CHARACTER, STARTED, spec
from tests.router.scripted import AT_ONCE, Scripted, catalog, hang, plan, raising, step

EVER = (0.0, 4e9)  # seconds since 1970


@dataclass
class Watched:
    """A dispatcher that keeps a ledger of its own: which model was called and how that ended."""

    inner: Any
    kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    on_call: Callable[[int], None] = lambda number: None

    async def run(self, entry: ModelEntry, call: ModelCall, on_progress: OnProgress | None = None) -> ModelAnswer:
        self.on_call(self.kept.total())
        try:
            answer: ModelAnswer = await self.inner.run(entry, call, on_progress)
        except asyncio.CancelledError:
            self.kept[entry.id, "cancelled"] += 1
            raise
        except AudioGPTError as exc:
            self.kept[entry.id, exc.code] += 1
            raise
        self.kept[entry.id, "done"] += 1
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def executing(dispatcher: Dispatcher | Watched, models: Catalog, note: Any, store: Any = None) -> Executor:
    return Executor(dispatcher, store, lambda: models, AT_ONCE, note)  # type: ignore[arg-type]


def by_outcome(calls: list[CallUsage]) -> Counter[tuple[str, str]]:
    return Counter((call.model, call.outcome) for call in calls)


@pytest.mark.parametrize(
    "errors",
    [
        [],
        [ModelLost("Its process was killed.")],
        [ModelLost("Killed.")] * 9,
        [ModelOverloaded("Full.", retry_after_s=0.001), ModelFailed("Broke.")],
        [DeadlineExceeded("Too slow.")],
        [InvalidInput("No words.")],
    ],
    ids=["answered", "killed once", "killed always", "overloaded and broken", "late", "refused"],
)
async def test_every_attempt_is_counted_once_through_retries_and_fallbacks(
    errors: list[BaseException], database: Database
) -> None:
    watched, store = Watched(Scripted(a=raising(*errors))), UsageStore(database)
    ledger = Ledger(store)
    (result,) = await executing(watched, catalog("a", "b"), ledger.note).execute(plan(step("s")), scope())
    await ledger.flush()
    calls = store.calls("r1", "default")
    assert by_outcome(calls) == watched.kept
    assert [call.attempt for call in calls] == list(range(1, len(calls) + 1))
    assert {(call.step, call.task) for call in calls} == {("s", "speech-translation")}
    total = sum((row.usage for row in store.rows("outcome", *EVER)), Usage())
    assert (total.calls, total.failed) == (len(calls), sum(n for (_, how), n in watched.kept.items() if how != "done"))
    assert result.usage is not None
    assert result.usage == pytest.approx(total)
    assert total.characters == (2 if result.state == "done" else 0)


async def test_a_cancelled_call_is_counted_as_cancelled() -> None:
    counted: list[CallUsage] = []
    watched, began = Watched(Scripted(a=hang)), asyncio.Event()
    watched.on_call = lambda number: began.set()
    work = asyncio.create_task(executing(watched, catalog("a"), counted.append).execute(plan(step("s")), scope()))
    await began.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert by_outcome(counted) == watched.kept == {("a", "cancelled"): 1}


async def test_many_requests_at_once_come_to_what_a_ledger_beside_them_says(database: Database) -> None:
    behaviours = {name: raising(*([ModelLost("Killed."), None, ModelFailed("Broke.")] * 20)) for name in ("a", "b")}
    watched, store = Watched(Scripted(**behaviours)), UsageStore(database)
    ledger = Ledger(store, write_s=0.001)
    ledger.start()
    executor = executing(watched, catalog("a", "b"), ledger.note)
    steps = plan(*(step(f"s{number}") for number in range(4)))
    waiting = [asyncio.create_task(executor.execute(steps, scope(request_id=f"r{number}"))) for number in range(25)]
    for late in waiting[::5]:
        late.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await ledger.close()
    sums = {(row.of): row.usage.calls for row in store.rows("outcome", *EVER)}
    kept: Counter[str] = Counter()
    for (_, outcome), number in watched.kept.items():
        kept[outcome] += number
    assert sums == kept
    identities = [(c.request_id, c.step, c.attempt) for n in range(25) for c in store.calls(f"r{n}", "default")]
    assert len(identities) == len(set(identities)) == watched.kept.total()


async def test_seconds_of_audio_characters_and_the_share_of_a_batch_are_those_of_the_call(store: ArtifactStore) -> None:
    counted: list[CallUsage] = []
    async with dispatching(store, spec("sine", "Sine"), spec("halver", "Halver")) as dispatcher:
        executor = executing(dispatcher, dispatcher.catalog(), counted.append, store)
        spoken = await executor.execute_task("text-to-speech", {"text": "0123456789"}, scope())
        with billed() as bill:
            halved = await executor.execute_task("speech-enhancement", {"audio": spoken.artifacts["audio"]}, scope())
    length_s = 10 * SECONDS_PER_CHARACTER
    said, cleaned = counted
    assert (said.characters, said.audio_in_s, said.audio_out_s) == (10, 0.0, pytest.approx(length_s))
    assert (cleaned.characters, cleaned.audio_in_s, cleaned.audio_out_s) == (0, *[pytest.approx(length_s)] * 2)
    assert cleaned.run_s == cleaned.model_s > 0
    assert halved.usage == bill.total == cleaned.usage


async def test_a_batch_is_shared_by_those_in_it() -> None:
    counted: list[CallUsage] = []
    meter = Meter(scope(), "s", "text-to-speech", counted.append)
    for size in (1, 4):
        with meter.attempt("sine") as usage:
            usage.took(Timing(queue_s=1.0, run_s=2.0, batch_size=size))
    assert [call.model_s for call in counted] == [2.0, 0.5]


async def test_sub_steps_are_counted_under_their_composite(store: ArtifactStore) -> None:
    counted: list[CallUsage] = []
    specs = (spec("spoken", "SpokenTranslation"), spec("echo", "Echo"), spec("sine", "Sine"))
    async with dispatching(store, *specs) as dispatcher:
        executor = executing(dispatcher, Catalog(models=tuple(s.entry() for s in specs)), counted.append, store)
        request = {"text": "buenos dias", "target_language": "es", "speak": True}
        result = await executor.execute_task("speech-translation", request, scope())
    assert {call.model for call in counted} == {"echo", "sine"}
    assert all(call.step.startswith("task/") for call in counted)
    assert result.usage == sum((call.usage for call in counted), Usage())


async def test_a_stream_is_counted_by_what_was_given_of_it(store: ArtifactStore) -> None:
    counted: list[CallUsage] = []
    GATES["usage-drip"].set()
    async with dispatching(store, spec("dripper", "Dripper", name="usage-drip")) as dispatcher:
        executor = executing(dispatcher, dispatcher.catalog(), counted.append, store)
        heard = [part async for part in executor.stream_task("text-to-speech", {"text": "one three"}, scope())]
        broken_off = executor.stream_task("text-to-speech", {"text": "one three"}, scope())
        await anext(broken_off)
        await broken_off.aclose()
    whole, part = counted
    assert len(heard) == 2
    assert (whole.outcome, part.outcome) == ("done", "cancelled")
    assert whole.run_s > 0
    assert 0 < part.audio_out_s < whole.audio_out_s


async def test_what_a_model_spent_on_a_call_that_failed_is_counted(store: ArtifactStore, name: str) -> None:
    counted: list[CallUsage] = []
    async with dispatching(store, spec("faulty", "Faulty", name=name)) as dispatcher:
        executor = executing(dispatcher, dispatcher.catalog(), counted.append, store)
        with pytest.raises(ModelFailed):
            await executor.execute_task("speech-translation", {"text": "x", "target_language": "es"}, scope())
    assert [(call.outcome, call.batch_size) for call in counted] == [("model_failed", 1)]
    assert counted[0].run_s > 0


async def test_what_a_model_spent_on_a_call_that_nobody_waited_for_is_counted(store: ArtifactStore, name: str) -> None:
    counted: list[CallUsage] = []
    async with dispatching(store, spec("patient", "Patient", name=name)) as dispatcher:
        await dispatcher.warm(dispatcher.catalog().models[0])
        executor = executing(dispatcher, dispatcher.catalog(), counted.append, store)
        arguments = {"text": "x", "target_language": "es"}
        work = asyncio.create_task(executor.execute_task("speech-translation", arguments, scope()))
        assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        GATES[name].set()
    (call,) = counted
    assert (call.outcome, call.batch_size) == ("cancelled", 1)
    assert call.run_s > 0


async def test_what_was_refused_before_any_work_has_cost_nothing() -> None:
    counted: list[CallUsage] = []
    refused = Scripted(a=raising(ModelOverloaded("Full.", retry_after_s=0.001), InvalidInput("No words.")))
    await executing(refused, catalog("a"), counted.append).execute(plan(step("s")), scope())
    assert [call.model_s for call in counted] == [0.0, 0.0]


def test_an_error_tells_its_call_s_time_in_another_process() -> None:
    error = ModelFailed("Broke.")
    tell_timing(error, Timing(1.0, 2.0, 4))
    assert timing_of(pickle.loads(pickle.dumps(error))) == Timing(1.0, 2.0, 4)
    assert timing_of(ValueError("x")) is None
