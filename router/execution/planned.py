"""The steps of this process's plans that have not ended, counted by the models they will need."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from llm_planner.plans.plan import Step
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import AudioGPTError
from router.execution.warming import needed_models


class PlannedSteps:
    """Remembers steps from their plan to their end; what they need is worked out only when somebody asks."""

    def __init__(self) -> None:
        """Start with none."""
        self._steps: dict[object, Step] = {}

    def add(self, step: Step) -> Callable[[object], object]:
        """Remember a step until what is returned is called, whatever with."""
        key = object()
        self._steps[key] = step
        return lambda _: self._steps.pop(key, None)

    def by_model(self, catalog: Catalog) -> dict[str, int]:
        """Return how many of the steps will likely need each model, by itself or as a part of a composite."""
        counts: Counter[str] = Counter()
        for step in self._steps.values():
            with suppress(AudioGPTError):  # a step that cannot run will say so itself
                counts.update({entry.id for entry in needed_models(catalog, step)})
        return dict(counts)
