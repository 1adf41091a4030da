"""Texts that steps gave, stored so that later turns can refer to them as they do to sounds."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from llm_planner.plans.history import text_outputs
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import LimitExceeded, StorageFull, StorageUnavailable
from router.artifacts.store import ArtifactStore
from router.principal import Principal

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StepTexts:
    """Stores the texts of one owner's steps."""

    artifacts: ArtifactStore
    owner: Principal

    async def keep(self, result: StepResult) -> StepResult:
        """Return the result with its texts among its artifacts; where the store is away, as it is.

        A text that its owner has no room for ends the step as a sound does.

        Raises:
            LimitExceeded: If the owner would have stored more than they may.
            StorageFull: If there is no room.
        """
        if not _left(result):
            return result
        try:
            return await asyncio.to_thread(self._stored, result)
        except StorageFull:
            raise
        except StorageUnavailable as exc:
            logger.warning("The text of step '%s' waits for the end of the turn: %s", result.id, exc.for_log)
            return result

    async def keep_left(self, results: Iterable[StepResult]) -> tuple[StepResult, ...]:
        """Store the texts that are not stored: the store was away, or they were deleted since an earlier run.

        A text that there is no room for now stays a part of its result alone.

        Raises:
            StorageUnavailable: If they cannot be stored.
        """
        kept = []
        for result in results:
            kept.append(result)
            if result.state == "done" and _left(result):
                with suppress(LimitExceeded):
                    kept[-1] = await asyncio.to_thread(self._stored, result)
        return tuple(kept)

    def _stored(self, result: StepResult) -> StepResult:
        stored = {name: self._put(text) for name, text in _left(result).items()}
        return result.model_copy(update={"artifacts": {**result.artifacts, **stored}})

    def _put(self, text: str) -> ArtifactRef:
        return self.artifacts.put(
            text.encode(),
            kind="text",
            media_type="text/plain",
            tenant=self.owner.tenant,
            most_bytes=self.owner.limits.storage_bytes,
        )


def _left(result: StepResult) -> dict[str, str]:
    return {name: text for name, text in text_outputs(result).items() if name not in result.artifacts}
