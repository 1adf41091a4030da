"""What the tests know of one published model and task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.base import TaskRequest

WRAPPERS = "model_wrappers.published"
Cut = Callable[[float, float], Audio]


def cuts(
    request: type[TaskRequest], *times: tuple[float, float], **fields: Any
) -> Callable[[Cut], Sequence[TaskRequest]]:
    """Return requests of several users: pieces of a recording, from and to in seconds, with the same other fields."""
    return lambda cut: [request.model_validate({"audio": cut(*time), **fields}) for time in times]


@dataclass(frozen=True)
class Case:
    """One model and task, and requests of different users for one batch."""

    wrapper: str
    task: str
    requests: Callable[[Cut], Sequence[TaskRequest]]
    args: dict[str, Any] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    """Which argument takes which tiny checkpoint, `module` or `module/part`; `model` takes that of its own module."""
    non_commercial: bool = False

    def arguments(self, checkpoint: Callable[[str], Path]) -> dict[str, Any]:
        """Return the model's `args`, on tiny checkpoints."""
        found = {}
        for name, path in self.folders.items():
            module, _, part = path.partition("/")
            found[name] = str(checkpoint(module) / part)
        return found | self.args
