"""From routed clauses to a plan: steps in order, their inputs wired, what is missing named."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_planner.offline.arguments.build import build_arguments
from llm_planner.offline.arguments.contents import PLACED
from llm_planner.offline.arguments.scene import Arguments, Scene
from llm_planner.offline.arguments.speech_arguments import SPOKEN, task_of_words
from llm_planner.offline.rules.clauses import Clause
from llm_planner.offline.rules.prerequisites import implied_steps
from llm_planner.offline.sources.collected import Sources
from llm_planner.offline.words.language_names import find_languages
from llm_planner.offline.words.lexicon import strip_prefix, words
from llm_planner.offline.words.masking import Masked
from llm_planner.plans.plan import MAX_STEPS, Plan, Step
from model_wrappers.contract.tasks import TASKS

VERSIONS = words(
    "speech-enhancement audio-inpainting mono-to-binaural sound-extraction speech-separation style-transfer"
)
MADE_ANEW = words("text-to-audio image-to-audio text-to-speech singing-synthesis")
_ALOUD = re.compile(r"^(?:read|say|speak|pronounce|announce|recite|narrate)\b(?! (?:what|how))", re.IGNORECASE)
_WORDS = re.compile(
    r"\b(?:words|wording|transcripts?|text|in writing|(?<!who )(?:says?|said)(?! at once| at the same)|"
    r"written)\b",
    re.IGNORECASE,
)
_BARE_PRODUCT = re.compile(
    r"^(?:(?:make|create|generate|produce|do)\s+)?the (?:voice|speech|audio|sound|video|clip)(?: (?:first|second|"
    r"next|last))?[\s.!]*$",
    re.IGNORECASE,
)
""""First the voice, then the video": the parts of what was asked for already."""
_WRITE_IT = re.compile(
    r"^(?:just |only )?(?:write|type|put|give|print|show) (?:me )?(?:it|that|this|them)\b", re.IGNORECASE
)
""""Write it": what a step that yields a text does anyway."""
_VOICE = re.compile(
    r"^(?:use|using|with|in|take|imitate|mimic|clone|copy|match|borrow|make it sound like)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Assigned:
    """A clause and the task it asks for."""

    clause: Clause
    task: str


@dataclass(frozen=True)
class Part:
    """What one clause added to a draft, and how long steps and sources were before."""

    assigned: Assigned
    arguments: Arguments
    steps_before: int
    sources_before: int


@dataclass
class Draft:
    """A plan in the making."""

    sources: Sources
    masked: Masked
    answers: Mapping[str, Any] = field(default_factory=dict)
    earlier: Sequence[Step] = ()
    steps: list[Step] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    @property
    def lacking(self) -> Part | None:
        """The first part with missing arguments."""
        return next((part for part in self.parts if part.arguments.missing), None)

    def add(self, assigned: Assigned) -> None:
        """Add the step, or steps, a clause asks for; a clause that completes the one before is joined to it."""
        previous = self.parts[-1] if self.parts else None
        assigned = _spoken_translation(previous, assigned)
        assigned = Assigned(assigned.clause, task_of_words(assigned.task, self._scene(assigned)))
        arguments = self._arguments(assigned)
        if previous and _is_said_better(previous, assigned, arguments):
            self._drop(previous)
            arguments = self._arguments(assigned)
        elif previous and (task := _joint_task(previous, assigned, arguments)):
            self._drop(previous)
            self.add(Assigned(previous.assigned.clause.joined(assigned.clause), task))
            return
        elif previous and _repeats(previous, assigned, arguments):
            return
        self._append(assigned, arguments)
        self._add_implied_after(assigned, arguments)

    def _add_implied_after(self, assigned: Assigned, arguments: Arguments) -> None:
        """Add what a clause asks for besides: a place for a sound made, words of separated voices, a text read out."""
        if assigned.task in MADE_ANEW and (match := PLACED.search(assigned.clause.text)):
            self.add(Assigned(Clause(match[0], "command"), "mono-to-binaural"))
        if assigned.task == "speech-separation" and _WORDS.search(assigned.clause.text):
            self.add(Assigned(Clause("transcribe each of them", "command"), "speech-recognition"))
        if assigned.task == "speech-translation" and _ALOUD.match(strip_prefix(assigned.clause.text)):
            spoken = Clause("read them aloud" if len(arguments.variants) > 1 else "read it aloud", "command")
            self.add(Assigned(spoken, "text-to-speech"))

    def plan(self) -> Plan:
        """Return the plan."""
        return Plan(steps=tuple(self.steps))

    def _arguments(self, assigned: Assigned) -> Arguments:
        scene = self._scene(assigned)
        for task, arguments in implied_steps(assigned.task, scene):
            built = Arguments((arguments,)) if arguments else build_arguments(task, scene)
            self._append(Assigned(assigned.clause, task), built)
        return build_arguments(assigned.task, scene)

    def _scene(self, assigned: Assigned) -> Scene:
        clause = assigned.clause
        answers = self.answers if self.answers.get("task", assigned.task) == assigned.task else {}
        return Scene(clause.text, clause.context, self.masked, self.sources, answers, (*self.earlier, *self.steps))

    def _append(self, assigned: Assigned, arguments: Arguments) -> None:
        self.parts.append(Part(assigned, arguments, len(self.steps), len(self.sources.items)))
        several = f"each.s{len(self.steps) + 1}" if len(arguments.variants) > 1 else ""
        for place, variant in enumerate(arguments.variants[: MAX_STEPS - len(self.steps)]):
            step = Step(id=f"s{len(self.steps) + 1}", task=assigned.task, arguments=variant)
            self.steps.append(step)
            source = arguments.sources[place] if place < len(arguments.sources) else None
            root = source.root if source and assigned.task in VERSIONS else ""
            self.sources.add_step(step, group=several, words=assigned.clause.text, root=root)

    def _drop(self, part: Part) -> None:
        del self.steps[part.steps_before :]
        del self.sources.items[part.sources_before :]
        self.parts.remove(part)


def _spoken_translation(previous: Part | None, assigned: Assigned) -> Assigned:
    """Read "as English text and then as English audio" as one translation, spoken."""
    if previous is None or {previous.assigned.task, assigned.task} != {"speech-translation"}:
        return assigned
    language = find_languages(assigned.clause.text).target
    same = language and language == previous.arguments.variants[0].get("target_language")
    text = assigned.clause.text
    spoken = SPOKEN.search(text) or _ALOUD.match(strip_prefix(text))
    return Assigned(assigned.clause, "text-to-speech") if same and spoken else assigned


def _is_said_better(previous: Part, assigned: Assigned, arguments: Arguments) -> bool:
    """Tell whether a clause asks again, and completely, for what the one before left open."""
    same = previous.assigned.task == assigned.task
    return same and bool(previous.arguments.missing) and not arguments.missing


def _joint_task(previous: Part, assigned: Assigned, arguments: Arguments) -> str | None:
    """Return the task two clauses ask for together, or None where they are two things."""
    before, now = previous.assigned.task, assigned.task
    if before == now and set(previous.arguments.missing) - {"audio", "image"}:
        return now
    voices = {"style-transfer", "text-to-speech"}
    if before == "style-transfer" and now in voices and "text" in previous.arguments.missing:
        return "style-transfer"
    if before == "text-to-speech" and now == "style-transfer" and "text" in arguments.missing:
        return "style-transfer"
    if before == "text-to-speech" and now == "style-transfer" and _VOICE.match(assigned.clause.text):
        return "style-transfer"
    return None


def _repeats(previous: Part, assigned: Assigned, arguments: Arguments) -> bool:
    """Tell whether a clause says again what the one before said: "is there a dog, and if so, when?"."""
    if previous.assigned.task == "sound-detection" and assigned.task == "target-sound-detection":
        return "target" in arguments.missing
    writes = TASKS[previous.assigned.task].primary_output == "text" and not previous.arguments.variants[0].get("speak")
    if writes and assigned.task == "speech-recognition" and _WRITE_IT.match(strip_prefix(assigned.clause.text)):
        return True
    if _BARE_PRODUCT.match(strip_prefix(assigned.clause.text)) and previous.assigned.task == "talking-head-synthesis":
        return True
    if previous.assigned.task != assigned.task:
        return False
    if assigned.task == "speech-separation" or (arguments.missing and not previous.arguments.missing):
        return True
    return arguments.variants == previous.arguments.variants or "target" in arguments.missing


def assemble(
    assigned: Sequence[Assigned],
    masked: Masked,
    sources: Sources,
    answers: Mapping[str, Any] | None = None,
    earlier: Sequence[Step] = (),
) -> Draft:
    """Wire the tasks of a request in the order of its clauses.

    Args:
        assigned: Clauses with their tasks.
        masked: The request they come from.
        sources: What they can refer to; grows with every step.
        answers: Arguments that were asked for and given.
        earlier: Steps of the last plan of the session.
    """
    draft = Draft(sources, masked, answers or {}, earlier)
    for item in assigned:
        draft.add(item)
    return draft
