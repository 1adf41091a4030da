"""Running plans and single tasks: to one deadline, with an event per change."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from llm_planner.plans.plan import Plan, Step
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.tasks import get_task
from model_wrappers.contract.tasks.base import TaskResponse
from model_wrappers.speech.lexicon import Lexicon
from router.calls import Dispatcher
from router.execution.arguments import ArtifactReader, Sources, build_request
from router.execution.attempts import Caller, RetryPolicy
from router.execution.lines import Lines
from router.execution.plan_run import Emit, Keep, PlanRun, RunningStep, unbreakable
from router.execution.planned import PlannedSteps
from router.execution.reuse import EarlierWork
from router.execution.selection import Wish
from router.limits.limiter import Limiter
from router.scope import Scope
from router.usage.calls import Note

TASK_STEP = "task"  # id of the only step of `execute_task`


class Executor:
    """Runs plans over a dispatcher; holds nothing of any of them."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        artifacts: ArtifactReader,
        catalog: Callable[[], Catalog],
        policy: RetryPolicy | None = None,
        note: Note | None = None,
        earlier: EarlierWork | None = None,
        limiter: Limiter | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        """Keep the parts.

        Args:
            dispatcher: The way to the models.
            artifacts: What arguments may refer to by id, and where texts are read from.
            catalog: Returns the models in service at the time it is called.
            policy: When to try a model again.
            note: Told what every call to a model came to, in the event loop; nobody is if None.
            earlier: What runs before made of the same input; nothing is known of them if None.
            limiter: Counts what tenants with limits use; those of this process alone if None.
            lexicon: How words of all texts are said; as the voices think if None.
        """
        self.catalog = catalog
        self._caller = Caller(dispatcher, catalog, policy or RetryPolicy(), note, earlier, limiter, lexicon)
        self._artifacts = artifacts

    @property
    def lines(self) -> Lines:
        """The calls that are out, by model."""
        return self._caller.lines

    @property
    def planned(self) -> PlannedSteps:
        """The steps of plans that have not ended."""
        return self._caller.planned

    def begin(
        self,
        scope: Scope,
        *,
        artifacts: Mapping[str, ArtifactRef] | None = None,
        emit: Emit | None = None,
        done: Mapping[str, StepResult] | None = None,
        tell_done: bool = False,
        keep: Keep | None = None,
    ) -> PlanRun:
        """Return a run without steps, for a plan that is still being written or may be replaced.

        Args:
            scope: Of the request that is planned.
            artifacts: What the plan may refer to, by name or id.
            emit: Told of every change, in the event loop.
            done: Steps of the plan that ran before, by id; they are not run again.
            tell_done: Whether their ends are told all the same.
            keep: See `RunningStep`.
        """
        return PlanRun(
            self._caller,
            scope,
            self._artifacts,
            artifacts or {},
            unbreakable(emit),
            done or {},
            tell_done=tell_done,
            keep=keep,
        )

    async def execute(
        self, plan: Plan, scope: Scope, *, artifacts: Mapping[str, ArtifactRef] | None = None, emit: Emit | None = None
    ) -> tuple[StepResult, ...]:
        """Run a whole plan; takes what `begin` takes, returns and raises what `PlanRun.finish` does."""
        async with self.begin(scope, artifacts=artifacts, emit=emit) as run:
            return await run.finish(plan)

    async def execute_task(
        self,
        task: str,
        arguments: Mapping[str, Any],
        scope: Scope,
        *,
        model: str | None = None,
        emit: Emit | None = None,
    ) -> StepResult:
        """Run one task without a plan.

        Args:
            task: Its id.
            arguments: Those of a step; they may hold references themselves.
            scope: Of the request.
            model: Model to use and no other; the best one if None.
            emit: Told of every change, in the event loop.

        Returns:
            The result, which is done.

        Raises:
            AudioGPTError: If it failed.
        """
        step = Step.model_construct(id=TASK_STEP, task=task, arguments=dict(arguments), model=model)
        running = RunningStep(step, scope, unbreakable(emit), time.perf_counter(), fall_back=False)
        result = await running.run(self._caller, Sources(self._artifacts, scope.tenant))
        if running.error is not None:
            raise running.error
        return result

    async def stream_task(
        self,
        task: str,
        arguments: Mapping[str, Any],
        scope: Scope,
        *,
        model: str | None = None,
        whole: bool = False,
    ) -> AsyncGenerator[TaskResponse, None]:
        """Run one task as `execute_task` does, and yield its answer in parts whose media are decoded and not stored.

        With `whole` it is one part, at less cost; media too long for one message are then stored references.

        Raises:
            AudioGPTError: If it failed, also after some parts.
        """
        found = get_task(task)
        request = await build_request(found, arguments, Sources(self._artifacts, scope.tenant))
        wish = Wish(model, only=True)
        async with aclosing(self._caller.stream(TASK_STEP, found, request, scope, wish=wish, whole=whole)) as parts:
            async for part in parts:
                yield part
