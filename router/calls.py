"""What crosses from the executor to a model and back."""

import time
from dataclasses import dataclass, field
from typing import Any

from model_wrappers.errors import DeadlineExceeded
from model_wrappers.tasks.base import TaskRequest, TaskResponse


@dataclass(frozen=True)
class ModelCall:
    """One request to one model; media fields hold references.

    `deadline` is absolute, in seconds of `time.time()`. `key` is equal for equal work, so that a repeated call may
    reuse its result.
    """

    task: str
    request: TaskRequest
    deadline: float
    tenant: str = "default"
    request_id: str = ""
    key: str = ""

    def remaining_s(self) -> float:
        """Return the seconds left.

        Raises:
            DeadlineExceeded: If none are.
        """
        left = self.deadline - time.time()
        if left <= 0:
            raise DeadlineExceeded(f"The deadline passed {-left:.1f} s ago; allow more time or ask for less.")
        return left


@dataclass(frozen=True)
class ModelAnswer:
    """One response and how it was made; media fields hold references."""

    response: TaskResponse
    queue_s: float = 0.0
    run_s: float = 0.0
    batch_size: int = 1
    extra: dict[str, Any] = field(default_factory=dict)
