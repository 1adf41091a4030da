"""Work that was done before: what makes two pieces of work the same, and where an earlier answer is looked up."""

import hashlib
from collections.abc import Iterator
from typing import Protocol

from model_wrappers.contract.base import CompositeModel, import_wrapper
from model_wrappers.contract.catalog import Catalog, ModelEntry
from model_wrappers.contract.tasks import Task
from model_wrappers.contract.tasks.base import TaskRequest
from router.calls import ModelAnswer


class EarlierWork(Protocol):
    """Knows what earlier runs of a tenant made."""

    async def answer(self, task: Task, key: str, tenant: str) -> ModelAnswer | None:
        """Return what answered equal work, if all of it is still there.

        Args:
            task: Of the request.
            key: See `work_key`.
            tenant: Whose work may be used, and whose only.
        """
        ...


def work_key(catalog: Catalog, entry: ModelEntry, task: Task, request: TaskRequest, tenant: str) -> str:
    """Return what is equal for equal work only: tenant, task, request, and the model with its arguments and versions.

    Args:
        catalog: Models in service: what a composite answers depends on those of its parts' tasks.
        entry: The model.
        task: Of the request.
        request: Media are references, which name them by their content.
        tenant: For whom the work is done.
    """
    identity = [tenant, task.id, request.model_dump_json(), *_versions(catalog, entry, ())]
    return hashlib.sha256("\0".join(identity).encode()).hexdigest()


def _versions(catalog: Catalog, entry: ModelEntry, above: tuple[str, ...]) -> Iterator[str]:
    """Yield all that tells a model from others and from what it was before, and the same of those it is made of."""
    yield from (entry.id, entry.wrapper, entry.config, entry.card.revision, entry.version)
    if not entry.card.is_composite:
        return
    wrapper = import_wrapper(entry.wrapper)
    tasks = wrapper.part_tasks if issubclass(wrapper, CompositeModel) else ()
    for task_id in tasks or catalog.live_tasks():
        for part in catalog.for_task(task_id):
            if part.id not in (*above, entry.id):
                yield from _versions(catalog, part, (*above, entry.id))
