"""Builders of catalogs, sessions and plans for the planner's tests."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from llm_planner.plans.plan import Plan, Step
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import ModelCard, ModelEntry
from model_wrappers.contract.sessions import SessionArtifact, Turn

MEDIA_TYPES = {"audio": "audio/wav", "image": "image/png", "text": "text/plain", "video": "video/mp4"}


def make_entry(model_id: str, *tasks: str, **values: Any) -> ModelEntry:
    entry = {key: values.pop(key) for key in ("state", "reason") if key in values}
    card = ModelCard(
        title=model_id,
        tasks=tasks,
        method="neural",
        licence="MIT",
        source="package",
        revision="1",
        memory_mb=100,
        **values,
    )
    return ModelEntry(id=model_id, wrapper=f"module:{model_id}", card=card, **entry)


def make_artifact(name: str, turn: int = 0, **values: Any) -> SessionArtifact:
    kind = name.split("-")[0]
    properties = {"sample_rate": 16_000, "channels": 1, "duration_s": 3.5} if kind == "audio" else {}
    ref = ArtifactRef(
        tenant="default",
        id=hashlib.sha256(name.encode()).hexdigest(),
        kind=kind,
        media_type=MEDIA_TYPES[kind],
        size_bytes=100,
        **properties,
    )
    return SessionArtifact(name=name, ref=ref, turn=turn, **({"origin": "upload"} | values))


def make_turn(index: int, text: str = "hello", **values: Any) -> Turn:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    return Turn(**({"index": index, "text": text, "outcome": "chat", "reply": "Hello.", "created": created} | values))


def make_plan(*steps: tuple[str, str, dict[str, Any]]) -> Plan:
    return Plan(steps=tuple(Step(id=id_, task=task, arguments=arguments) for id_, task, arguments in steps))
