"""Metrics of model replicas, exported by Ray on every node's Prometheus endpoint and so in its dashboard."""

from typing import Any

from ray.serve import metrics

from model_wrappers.contract.errors import AudioGPTError
from router.calls import ModelAnswer, ModelCall

LATENCY_BOUNDARIES_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0]
BATCH_BOUNDARIES = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
TAGS: Any = ("task", "model")  # Ray declares a tuple of one and means one of any length


class ServeMetrics:
    """Counters and histograms by task and model; exposed with the prefix `ray_`."""

    def __init__(self, model_id: str) -> None:
        """Register the metrics of one model; must run inside a replica."""
        self._model_id = model_id
        self._requests = metrics.Counter("audiogpt_requests_total", description="Calls answered", tag_keys=TAGS)
        self._errors = metrics.Counter(
            "audiogpt_errors_total", description="Calls that ended in an error", tag_keys=(*TAGS, "code")
        )
        self._latency = metrics.Histogram(
            "audiogpt_run_seconds", description="Time in the model", boundaries=LATENCY_BOUNDARIES_S, tag_keys=TAGS
        )
        self._queue = metrics.Histogram(
            "audiogpt_queue_seconds",
            description="Time waited for the model",
            boundaries=LATENCY_BOUNDARIES_S,
            tag_keys=TAGS,
        )
        self._batch = metrics.Histogram(
            "audiogpt_batch_size", description="Requests run together", boundaries=BATCH_BOUNDARIES, tag_keys=TAGS
        )
        self._audio = metrics.Counter(
            "audiogpt_audio_seconds_total", description="Seconds of audio taken and given", tag_keys=TAGS
        )

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
        tags = {"task": call.task, "model": self._model_id}
        self._requests.inc(tags=tags)
        if isinstance(outcome, AudioGPTError):
            self._errors.inc(tags={**tags, "code": outcome.code})
            return
        self._latency.observe(run_s, tags=tags)
        self._queue.observe(queue_s, tags=tags)
        self._batch.observe(batch_size, tags=tags)
        if audio_s > 0:
            self._audio.inc(audio_s, tags=tags)
