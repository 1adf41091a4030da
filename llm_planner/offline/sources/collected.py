"""Everything a step may take as input: uploads, earlier outputs of the session, outputs of the plan's own steps."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from llm_planner.plans.plan import FromArtifact, FromStep, Step
from llm_planner.plans.request import PlanRequest
from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.sessions import Session, SessionArtifact, Turn
from model_wrappers.contract.tasks import TASKS

Origin = Literal["earlier", "attachment", "step"]


@dataclass(frozen=True)
class Source:
    """One thing that can be referred to.

    `group` is shared by outputs that came together, such as the speakers of one separation; `text` is the text itself
    where it is known already; `language` is that of a text that was translated; `root` names the upload that it is, or
    is a version of.
    """

    kind: Kind
    value: FromStep | FromArtifact | str
    origin: Origin
    task: str | None = None
    turn: int = 0
    group: str = ""
    name: str = ""
    words: str = ""
    language: str | None = None
    root: str = ""
    duration_s: float | None = None


@dataclass
class Sources:
    """The sources in order of appearance; the latest last."""

    items: list[Source] = field(default_factory=list)

    def of_kind(self, *kinds: Kind) -> list[Source]:
        """Return the sources of some kinds, in order."""
        return [source for source in self.items if source.kind in kinds]

    def attachments(self, *kinds: Kind) -> list[Source]:
        """Return the uploads of this request of some kinds, in order."""
        return [source for source in self.of_kind(*kinds) if source.origin == "attachment"]

    def steps(self, *kinds: Kind) -> list[Source]:
        """Return the outputs of the plan's own steps of some kinds, in order."""
        return [source for source in self.of_kind(*kinds) if source.origin == "step"]

    def group_of(self, source: Source) -> list[Source]:
        """Return a source and those that came with it."""
        return [other for other in self.items if other.group == source.group] if source.group else [source]

    def newest_of(self, source: Source) -> list[Source]:
        """Return what this plan has made of an upload so far, or the source itself."""
        versions = [other for other in self.steps(source.kind) if source.root and other.root == source.root]
        return self.group_of(versions[-1]) if versions else [source]

    def add_step(self, step: Step, *, group: str = "", words: str = "", root: str = "") -> None:
        """Make a step's outputs available to later steps.

        Args:
            step: The step.
            group: Name shared with the steps that do the same to other things.
            words: The clause that asked for it.
            root: The upload it was made from, where it is a version of one.
        """
        self.items.extend(replace(source, root=root) for source in _outputs(step, group, words))


def collect(request: PlanRequest, extra_turns: Iterable[int] = ()) -> Sources:
    """Return what a request can refer to.

    Args:
        request: The request in its session.
        extra_turns: Earlier turns whose uploads count as attached now, because their request is being completed.
    """
    current = {request.turn, *extra_turns}
    made = {(turn.index, step): of for turn in request.session.turns for step, (_, of) in _steps_of(turn).items()}
    items = [
        *_earlier_texts(request.session),
        *(
            _stored(artifact, current, made.get((artifact.turn, artifact.step or "")))
            for artifact in request.session.artifacts
            if artifact.origin != "speech"
        ),
    ]
    return Sources(sorted(items, key=lambda s: (s.origin == "attachment", s.turn, s.task is not None)))


def _stored(artifact: SessionArtifact, current: set[int], language: str | None) -> Source:
    attached = artifact.turn in current and artifact.origin == "upload"
    group = f"{artifact.turn}.{artifact.step}" if artifact.output and "." in artifact.output else ""
    return Source(
        kind=artifact.ref.kind,
        value=FromArtifact(artifact=artifact.name),
        origin="attachment" if attached else "earlier",
        task=artifact.task,
        turn=artifact.turn,
        group=group,
        name=artifact.file_name or artifact.name,
        words=f"{artifact.description} {artifact.file_name or ''}",
        duration_s=artifact.ref.duration_s,
        root=artifact.name if artifact.task is None else "",
        language=language if artifact.ref.kind == "text" else None,
    )


def _earlier_texts(session: Session) -> Iterator[Source]:
    """Yield the text outputs of earlier turns that no artifact holds."""
    stored = {(artifact.turn, artifact.step, artifact.output) for artifact in session.artifacts}
    for turn in session.turns:
        steps = _steps_of(turn)
        for key, text in turn.outputs.items():
            step, _, output = key.partition(".")
            if (turn.index, step, output) not in stored and text.strip() and output == "text":
                task, language = steps.get(step, (None, None))
                yield Source("text", text, "earlier", task=task, turn=turn.index, words=turn.text, language=language)


def _steps_of(turn: Turn) -> dict[str, tuple[str, str | None]]:
    """Return task and target language of the steps a turn planned."""
    steps = turn.plan.get("steps") if turn.plan else None
    if not isinstance(steps, list | tuple):
        return {}
    return {
        str(step["id"]): (str(step["task"]), _language(step.get("arguments")))
        for step in steps
        if isinstance(step, dict) and "id" in step and "task" in step
    }


def _language(arguments: object) -> str | None:
    language = arguments.get("target_language") if isinstance(arguments, Mapping) else None
    return language if isinstance(language, str) else None


def _outputs(step: Step, group: str, words: str) -> Iterator[Source]:
    task = TASKS[step.task]
    spoken_language = _language(step.arguments)
    if task.primary_output == "text":
        value = FromStep.model_validate({"from": f"{step.id}.text"})
        yield Source("text", value, "step", task=step.task, group=group, words=words, language=spoken_language)
    for name, medium in task.outputs.items():
        if medium.kind == "data" or (
            name == "audio" and step.task == "speech-translation" and not step.arguments.get("speak")
        ):
            continue
        count = _count(step) if medium.many else 1
        for index in range(count):
            path = f"{step.id}.{name}.{index}" if medium.many else f"{step.id}.{name}"
            yield Source(
                medium.kind,
                FromStep.model_validate({"from": path}),
                "step",
                task=step.task,
                group=f"step.{step.id}" if medium.many else group,
                words=words,
            )


def _count(step: Step) -> int:
    default = TASKS[step.task].request.model_fields["speakers"].default
    count = step.arguments.get("speakers", default)
    return count if isinstance(count, int) else int(default)
