"""What is measured of every call to a model; how it is counted is the deployment's business."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from model_wrappers.contract.errors import AudioGPTError, Cancelled, ModelError
from model_wrappers.contract.tasks.base import TaskResponse
from model_wrappers.contract.usage import audio_s
from router.calls import ModelAnswer, ModelCall
from router.failures import known_failures
from router.replica.batching import Batched
from router.telemetry import metrics as figures
from router.telemetry.tenants import class_of

logger = logging.getLogger(__name__)


class CallMetrics(Protocol):
    """Told of every call that ended."""

    def observed(
        self,
        call: ModelCall,
        outcome: ModelAnswer | AudioGPTError,
        *,
        queue_s: float,
        run_s: float,
        batch_size: int,
        audio_s: float,
    ) -> None:
        """Count one call; times and batch size are 0 for an error."""
        ...


class ModelMetrics:
    """Counts the calls of one model for operators."""

    def __init__(self, model_id: str, on_run: Callable[[float], None] = lambda run_s: None) -> None:
        """Count calls under the model's name; `on_run` is told the seconds each ran in the model."""
        self._model_id = model_id
        self._on_run = on_run

    def observed(
        self,
        call: ModelCall,
        outcome: ModelAnswer | AudioGPTError,
        *,
        queue_s: float,
        run_s: float,
        batch_size: int,
        audio_s: float,
    ) -> None:
        """Count one call that ended."""
        what = {"task": call.task, "model": self._model_id}
        whose = {**what, "tenant_class": class_of(call.scope.tenant)}
        figures.REQUESTS.add(**whose)
        if isinstance(outcome, AudioGPTError):
            figures.ERRORS.add(code=outcome.code, **what)
            return
        self._on_run(run_s)
        figures.RUN_SECONDS.observe(run_s, **what)
        figures.QUEUE_SECONDS.observe(queue_s, **whose)
        figures.BATCH_SIZE.observe(batch_size, **what)
        figures.MODEL_SECONDS.add(run_s / max(1, batch_size), **whose)
        figures.AUDIO_SECONDS.add(audio_s, **what)


@dataclass
class StreamTotals:
    """What an answer in parts has come to so far."""

    audio_s: float = 0.0
    batched: Batched | None = None

    def add(self, part: TaskResponse) -> None:
        """Count one part."""
        self.audio_s += audio_s(part)


class CallObserver:
    """Logs and measures the calls of one model."""

    def __init__(self, model_id: str, metrics: CallMetrics | None) -> None:
        """Keep the model's name, for messages, and who is told, if anybody."""
        self._model_id = model_id
        self._metrics = metrics

    @contextmanager
    def errors(self, call: ModelCall) -> Iterator[None]:
        """Note how a call failed, and let nothing pass but errors of the tree and cancellation.

        Raises:
            ModelFailed: For any other exception.
        """
        try:
            with known_failures(f"Model '{self._model_id}'", call.scope.request_id):
                yield
        except (asyncio.CancelledError, GeneratorExit):
            self.observe(call, Cancelled("The caller went away."))
            raise
        except AudioGPTError as exc:
            self.observe(call, exc)
            raise

    def observe(self, call: ModelCall, outcome: ModelAnswer | AudioGPTError) -> None:
        """Note a call that ended; seconds of audio are those taken and given together."""
        if isinstance(outcome, ModelError):
            logger.info("Request %s (%s): %s", call.scope.request_id, call.task, outcome.for_log)
        if self._metrics is None:
            return
        if isinstance(outcome, AudioGPTError):
            self._metrics.observed(call, outcome, queue_s=0.0, run_s=0.0, batch_size=0, audio_s=0.0)
            return
        self._answered(call, outcome, audio_s(outcome.response))

    def observe_stream(self, call: ModelCall, made: StreamTotals) -> None:
        """Note an answer in parts that came to its end."""
        if made.batched is not None:
            batched = made.batched
            answer = ModelAnswer(batched.response, batched.queue_s, batched.run_s, batched.batch_size)
            self._answered(call, answer, made.audio_s)

    def _answered(self, call: ModelCall, answer: ModelAnswer, made_s: float) -> None:
        if self._metrics is not None:
            self._metrics.observed(
                call,
                answer,
                queue_s=answer.queue_s,
                run_s=answer.run_s,
                batch_size=answer.batch_size,
                audio_s=audio_s(call.request) + made_s,
            )
