"""One small model in a host, and calls to it."""

from typing import Any

import numpy as np

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks import get_task
from router.artifacts.store import ArtifactStore
from router.calls import ModelAnswer, ModelCall
from router.replica.model_host import ModelHost
from router.scope import Scope
from router.spec import ModelSpec
from tests.router.dispatching import TENANT, scope


def spec(wrapper: str, **fields: Any) -> ModelSpec:
    return ModelSpec(id="m", wrapper=f"tests.router.models:{wrapper}", **fields)


def call(task: str, within: Scope | None = None, **arguments: Any) -> ModelCall:
    request = get_task(task).request.model_validate(arguments)
    return ModelCall(task, request, within or scope())


def translation(text: str = "hi", within: Scope | None = None) -> ModelCall:
    return call("speech-translation", within, text=text, target_language="en")


async def started(what: ModelSpec, store: ArtifactStore, metrics: Any = None) -> ModelHost:
    host = ModelHost(what, store, metrics=metrics)
    await host.start()
    return host


def tone(store: ArtifactStore, duration_s: float = 0.5, channels: int = 1, tenant: str = TENANT) -> ArtifactRef:
    """Store a 440 Hz tone at 44.1 kHz."""
    time_s = np.arange(round(duration_s * 44_100)) / 44_100
    waveform = np.tile(0.8 * np.sin(2 * np.pi * 440 * time_s), (channels, 1)).astype(np.float32)
    return store.store(Audio(waveform, 44_100), tenant=tenant, most_bytes=None)


class Ledger:
    """Keeps what it observes."""

    def __init__(self) -> None:
        self.rows: list[tuple[ModelAnswer | AudioGPTError, dict[str, float]]] = []

    def observed(self, call: ModelCall, outcome: ModelAnswer | AudioGPTError, **measures: float) -> None:
        self.rows.append((outcome, measures))
