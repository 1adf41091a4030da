"""What is counted of steps: how they ended, how long they took, and how much of it was not their model's work."""

from llm_planner.plans.results import StepResult
from model_wrappers.contract.catalog import ModelEntry
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks import TASKS
from router.calls import ModelAnswer
from router.scope import Scope
from router.telemetry import metrics
from router.telemetry.tenants import class_of

NO_MODEL = "none"


class StepMetrics:
    """Counts one step."""

    def __init__(self, task: str, scope: Scope, *, first: bool = False) -> None:
        """Count a step of a task; `first` says whether it is the first of its plan."""
        self._task = task if task in TASKS else "unknown"  # what a planner writes has no bound
        self._tenant_class = class_of(scope.tenant)
        self._first = first
        self._loading = "false"

    def attempting(self, entry: ModelEntry, error: AudioGPTError | None) -> None:
        """Count an attempt: a further one, or one whose model is not loaded."""
        if error is not None:
            metrics.STEP_RETRIES.add(task=self._task, code=error.code)
        elif entry.loaded is False:
            self._loading = "true"
            metrics.COLD_STARTS.add(model=entry.id)

    def ended(self, result: StepResult, answer: ModelAnswer | None = None) -> None:
        """Count the end, whatever it was."""
        model = result.model or NO_MODEL
        metrics.STEPS.add(task=self._task, model=model, state=result.state, tenant_class=self._tenant_class)
        if answer is None:
            return
        took_s = result.duration_s or 0.0
        wait_s = max(0.0, took_s - answer.run_s)
        metrics.STEP_SECONDS.observe(took_s, task=self._task)
        metrics.STEP_WAIT_SECONDS.observe(wait_s, task=self._task, loading=self._loading)
        if self._first:
            metrics.FIRST_STEP_WAIT_SECONDS.observe((result.started_s or 0.0) + wait_s, loading=self._loading)
