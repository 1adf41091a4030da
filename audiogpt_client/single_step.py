"""A plan of one step over files that come with the request."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from llm_planner.plans.plan import Plan
from model_wrappers.contract.artifacts import ArtifactRef


def single_step(
    task: str, arguments: Mapping[str, Any], media: Mapping[str, ArtifactRef], model: str | None = None
) -> Plan:
    """Return the plan that runs one task on stored artifacts.

    Args:
        task: Task id.
        arguments: Arguments that are no media.
        media: Artifacts of the media arguments, in the order in which they are attached to the request.
        model: Model to use; the best one if None.
    """
    seen: Counter[str] = Counter()
    references: dict[str, Any] = {}
    for name, ref in media.items():  # a new session names what comes with a request after kind and order
        seen[ref.kind] += 1
        references[name] = {"artifact": f"{ref.kind}-{seen[ref.kind]}"}
    step = {"id": "s1", "task": task, "arguments": {**arguments, **references}, "model": model}
    return Plan.model_validate({"steps": [step]})
