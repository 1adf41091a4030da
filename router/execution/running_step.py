"""One step while it runs: its events, and the result it ends with."""

import asyncio
import logging
import time
from collections.abc import Callable

from llm_planner.plans.plan import Step
from llm_planner.plans.results import ErrorInfo, StepResult, StepState
from model_wrappers.contract.catalog import ModelEntry
from model_wrappers.contract.errors import AudioGPTError, Cancelled, ModelFailed
from model_wrappers.contract.media_values import references
from model_wrappers.contract.tasks import get_task
from router.calls import ModelAnswer, within
from router.events import Event, StepEnded, StepProgress, StepRetried, StepStarted
from router.execution.arguments import Sources, build_request
from router.execution.attempts import Caller, Scope

logger = logging.getLogger(__name__)

Emit = Callable[[Event], None]
PROGRESS_STEP = 0.01  # smaller advances make no event


def unbreakable(emit: Emit | None) -> Emit:
    """Return an emit that logs what the given one raises: a listener must not break a run."""

    def emit_safely(event: Event) -> None:
        try:
            if emit is not None:
                emit(event)
        except Exception:
            logger.exception("A listener failed on a '%s' event", event.type)

    return emit_safely


class RunningStep:
    """Runs one step and watches its attempts."""

    def __init__(self, step: Step, scope: Scope, emit: Emit, plan_started: float) -> None:
        """Prepare a step whose inputs exist.

        Args:
            step: The step.
            scope: Of the run.
            emit: Told of every change; must not raise.
            plan_started: `time.perf_counter()` at the start of the plan.
        """
        self._step = step
        self._scope = scope
        self._emit = emit
        self._plan_started = plan_started
        self._started = time.perf_counter()
        self._model: str | None = None
        self._attempts = 0
        self._fraction = 0.0
        self.error: AudioGPTError | None = None

    async def run(self, caller: Caller, sources: Sources) -> StepResult:
        """Run the step to its end; an `AudioGPTError` ends in the result and in `error`.

        Raises:
            asyncio.CancelledError: If cancelled, after the step's last event.
        """
        try:
            return self.end("done", answer=await self._answer(caller, sources))
        except asyncio.CancelledError:
            self.end("cancelled", Cancelled("The step was cancelled."))
            raise
        except Cancelled as exc:
            return self.end("cancelled", exc)
        except AudioGPTError as exc:
            return self.end("failed", exc)
        except Exception as exc:
            logger.exception("Step '%s' failed (request %s)", self._step.id, self._scope.request_id or "-")
            return self.end("failed", ModelFailed(f"Step '{self._step.id}' failed: {type(exc).__name__}: {exc}"))

    def attempting(self, entry: ModelEntry, error: AudioGPTError | None) -> None:
        """Tell that a model is about to be called, for the first time or after an error."""
        self._model = entry.id
        self._attempts += 1
        if error is not None:
            self._emit(StepRetried(step=self._step.id, model=entry.id, error=ErrorInfo.of(error)))
            return
        at_s = time.perf_counter() - self._plan_started
        self._emit(StepStarted(step=self._step.id, task=self._step.task, model=entry.id, at_s=at_s))

    def progress(self, fraction: float) -> None:
        """Tell how far the step is; it never goes back, not even in another attempt."""
        if fraction >= self._fraction + PROGRESS_STEP:
            self._fraction = min(fraction, 1.0)
            self._emit(StepProgress(step=self._step.id, fraction=self._fraction))

    def end(
        self, state: StepState, error: AudioGPTError | None = None, *, answer: ModelAnswer | None = None
    ) -> StepResult:
        """Tell how the step ended and return that."""
        self.error = error
        result = StepResult(
            id=self._step.id,
            task=self._step.task,
            state=state,
            model=self._model,
            outputs=answer.response.model_dump(mode="json") if answer else {},
            artifacts=references(answer.response) if answer else {},
            error=ErrorInfo.of(error) if error else None,
            attempts=self._attempts,
            started_s=self._started - self._plan_started,
            duration_s=time.perf_counter() - self._started,
        )
        self._emit(StepEnded(result=result))
        return result

    async def _answer(self, caller: Caller, sources: Sources) -> ModelAnswer:
        async def work() -> ModelAnswer:
            task = get_task(self._step.task)
            request = await build_request(task, self._step.arguments, sources)
            return await caller.call(task, request, self._scope, self, preferred=self._step.model)

        return await within(self._scope.deadline, f"Step '{self._step.id}'", work)
