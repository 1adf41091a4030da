"""What is measured of every call to a model; how it is counted is the deployment's business."""

import logging
from typing import Protocol

from model_wrappers.errors import AudioGPTError, ModelError
from router.calls import ModelAnswer, ModelCall
from router.media_values import references

logger = logging.getLogger(__name__)


class RunnerMetrics(Protocol):
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


class CallObserver:
    """Logs and measures the calls of one model."""

    def __init__(self, metrics: RunnerMetrics | None) -> None:
        """Keep who is told, if anybody."""
        self._metrics = metrics

    def observe(self, call: ModelCall, outcome: ModelAnswer | AudioGPTError) -> None:
        """Note a call that ended; seconds of audio are those taken and given together."""
        if isinstance(outcome, ModelError):
            logger.info("Request %s (%s): %s", call.request_id or "-", call.task, outcome.message)
        if self._metrics is None:
            return
        if isinstance(outcome, AudioGPTError):
            self._metrics.observed(call, outcome, queue_s=0.0, run_s=0.0, batch_size=0, audio_s=0.0)
            return
        media = [*references(call.request).values(), *references(outcome.response).values()]
        self._metrics.observed(
            call,
            outcome,
            queue_s=outcome.queue_s,
            run_s=outcome.run_s,
            batch_size=outcome.batch_size,
            audio_s=sum(ref.duration_s or 0.0 for ref in media if ref.kind == "audio"),
        )
