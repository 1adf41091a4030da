"""From routed clauses to a plan: steps in order, their inputs wired, what is missing named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_planner.offline.arguments import Arguments, Scene, build_arguments
from llm_planner.offline.clauses import Clause
from llm_planner.offline.contents import spoken_text
from llm_planner.offline.masking import Masked
from llm_planner.offline.sources import Source, Sources
from llm_planner.plan import MAX_STEPS, Plan, Step


@dataclass(frozen=True)
class Assigned:
    """A clause and the task it asks for."""

    clause: Clause
    task: str


@dataclass
class Draft:
    """A plan in the making."""

    sources: Sources
    masked: Masked
    answers: Mapping[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    missing_task: str | None = None

    def add(self, assigned: Assigned) -> None:
        """Add the step, or steps, a clause asks for."""
        scene = Scene(
            assigned.clause.text, assigned.clause.context, self.masked, self.sources, self._answers(assigned.task)
        )
        if assigned.task == "talking-head-synthesis":
            scene = self._with_speech(scene)
        arguments = build_arguments(assigned.task, scene)
        if arguments.missing and self.missing_task is None:
            self.missing, self.missing_task = arguments.missing, assigned.task
        self._append(assigned, arguments)

    def _answers(self, task: str) -> Mapping[str, Any]:
        return self.answers if self.answers.get("task", task) == task else {}

    def _with_speech(self, scene: Scene) -> Scene:
        """Speak a text first where a face is to say it and there is no audio of it."""
        text = spoken_text(scene.clause, scene.masked)
        if text is not None:
            self._append(Assigned(Clause(scene.clause, "command"), "text-to-speech"), Arguments(({"text": text},)))
        return scene

    def _append(self, assigned: Assigned, arguments: Arguments) -> None:
        several = len(arguments.variants) > 1
        first = len(self.steps) + 1
        for place, variant in enumerate(arguments.variants):
            if len(self.steps) >= MAX_STEPS:
                return
            step = Step(id=f"s{len(self.steps) + 1}", task=assigned.task, arguments=variant)
            self.steps.append(step)
            source = arguments.sources[place] if place < len(arguments.sources) else None
            self.sources.add_step(
                step, group=f"each.s{first}" if several else _inherited(source), words=assigned.clause.text
            )

    def plan(self) -> Plan:
        """Return the plan."""
        return Plan(steps=tuple(self.steps))


def _inherited(source: Source | None) -> str:
    return ""


def assemble(
    assigned: Sequence[Assigned], masked: Masked, sources: Sources, answers: Mapping[str, Any] | None = None
) -> Draft:
    """Wire the tasks of a request in the order of its clauses."""
    draft = Draft(sources, masked, answers or {})
    for item in assigned:
        draft.add(item)
    return draft
