"""What earlier runs made, for steps that would only make it again."""

import asyncio
import logging
from dataclasses import dataclass

from pydantic import ValidationError

from model_wrappers.contract.errors import StorageUnavailable
from model_wrappers.contract.tasks import Task
from router.artifacts.store import ArtifactStore
from router.calls import ModelAnswer
from router.records.runs import RunStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EarlierRuns:
    """Looks work up in the steps of stored runs; what they made is theirs, and gone when they are deleted."""

    runs: RunStore
    artifacts: ArtifactStore

    async def answer(self, task: Task, key: str, tenant: str) -> ModelAnswer | None:
        """Return what answered equal work, unless a part of it is gone; see `EarlierWork`."""
        return await asyncio.to_thread(self._answer, task, key, tenant)

    def _answer(self, task: Task, key: str, tenant: str) -> ModelAnswer | None:
        try:
            result = self.runs.step_done_before(key, tenant)
            if result is None or not all(map(self.artifacts.exists, result.artifacts.values())):
                return None
            response = task.response.model_validate(result.outputs)
        except (StorageUnavailable, ValidationError) as exc:  # the work can be done instead
            logger.info("What %s made before is not known: %s", task.id, exc)
            return None
        self.artifacts.touch(list(result.artifacts.values()))
        return ModelAnswer(response, key=key)
