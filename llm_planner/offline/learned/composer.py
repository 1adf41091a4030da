"""From what the parser understood to a plan: every wish with the arguments its words give, wired to its source."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from llm_planner.offline.arguments.build import build_arguments
from llm_planner.offline.arguments.scene import Arguments, Scene
from llm_planner.offline.arguments.speech_arguments import task_of_words
from llm_planner.offline.learned.parser import FLOWS, TARGETED, Wish
from llm_planner.offline.learned.wordings import Wording
from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.sources.references import named
from llm_planner.offline.words.lists import phrases
from llm_planner.offline.words.masking import Masked
from llm_planner.plans.plan import FromStep, Plan, Step
from llm_planner.plans.ports import ports
from model_wrappers.contract.tasks import TASKS

_QUOTE = re.compile(r"QUOTE\d{1,9}")
MEDIA = frozenset({"audio", "image"})
SPEAKS = frozenset({"text-to-speech", "style-transfer", "singing-synthesis", "text-to-audio", "speech-translation"})
SEPARATION = "speech-separation"


@dataclass
class Composition:
    """A plan in the making, and the first wish that lacks something."""

    steps: list[Step] = field(default_factory=list)
    lacking: tuple[str, tuple[str, ...]] | None = None

    def plan(self) -> Plan:
        """Return the plan."""
        return Plan(steps=tuple(self.steps))


class Composer:
    """Compose one plan."""

    def __init__(
        self,
        wishes: Sequence[Wish],
        words: Sequence[Wording],
        masked: Masked,
        sources: Sources,
        answers: Mapping[str, Any],
        earlier: Sequence[Step] = (),
    ) -> None:
        """Take what was understood, and what there is to work on."""
        self._wishes, self._words = list(wishes), words
        self._masked, self._sources = masked, sources
        self._answers, self._earlier = answers, tuple(earlier)
        self._made: dict[int, list[Source]] = {}

    def compose(self) -> Composition:
        """Return the steps, those that others work on first."""
        done = Composition()
        for wish in self._in_order():
            arguments = self._arguments(wish, done.steps)
            if arguments.missing and done.lacking is None:
                done.lacking = (self._wishes[wish].task, arguments.missing)
            place = min(self._alike(wish).index(wish), len(arguments.variants) - 1)
            step = Step(id=f"s{len(done.steps) + 1}", task=self._wishes[wish].task, arguments=arguments.variants[place])
            done.steps.append(step)
            source = arguments.sources[place] if place < len(arguments.sources) else None
            made = Sources()
            made.add_step(step, words=self._words[wish].text, root=source.root if source else "")
            self._made[wish] = made.items
        return done

    def _in_order(self) -> list[int]:
        """Return the wishes as they stand in the request, none before what it works on."""
        waiting = sorted(range(len(self._wishes)), key=lambda wish: (self._words[wish].begin, wish))
        order: list[int] = []
        while waiting:
            ready = next(w for w in waiting if self._wishes[w].parent is None or self._wishes[w].parent in order)
            waiting.remove(ready)
            order.append(ready)
        return order

    def _alike(self, wish: int) -> list[int]:
        """Return the wishes for the same of the same source in the same words."""
        mine, begin = self._wishes[wish], self._words[wish].begin
        return [
            w
            for w, other in enumerate(self._wishes)
            if (other.task, other.parent) == (mine.task, mine.parent) and self._words[w].begin == begin
        ]

    def _arguments(self, wish: int, steps: Sequence[Step]) -> Arguments:
        task, words = self._wishes[wish].task, self._words[wish]
        answers = self._answers if self._answers.get("task", task) == task else {}
        scene = Scene(
            self._clause(wish),
            words.context,
            self._masked,
            self._seen(wish),
            answers,
            (*self._earlier, *steps),
            words.content,
        )
        if self._wishes[wish].parent is None and task_of_words(task, scene) != task:
            task = task_of_words(task, scene)
            self._wishes[wish] = replace(self._wishes[wish], task=task)
        arguments = build_arguments(task, scene)
        for wider in self._wider(wish):
            if not set(arguments.missing) - MEDIA:
                break
            arguments = build_arguments(task, replace(scene, clause=wider))
        parent = self._wishes[wish].parent
        return arguments if parent is None else _fed(task, arguments, scene.sources.steps("audio", "text"))

    def _clause(self, wish: int) -> str:
        """Return the words of a wish: of two in the same words, those about it, and of a sound none that are spoken."""
        text, alike = self._words[wish].text, self._alike(wish)
        parts = phrases("another").split(text)
        if len(parts) == len(alike):
            text = parts[alike.index(wish)]
        speaking = sum(other.task in ("text-to-speech", "style-transfer") for other in self._wishes)
        if self._wishes[wish].task != "text-to-audio" or len(self._masked.quotes) > speaking:
            return text
        return _QUOTE.sub("", text)

    def _wider(self, wish: int) -> Iterator[str]:
        """Yield what may say what the words of a wish leave open: a quote nobody claims, then all that is free."""
        words, task = self._words[wish], self._wishes[wish].task
        if task in SPEAKS and (quote := self._left_quote(wish)):
            yield f"{words.text} {quote}"
        if words.context:
            yield f"{words.text} {words.context}"
        if sum(other.task == task for other in self._wishes) == 1:
            yield self._masked.text

    def _left_quote(self, wish: int) -> str | None:
        """Return the first quote that no other wish for words claims."""
        claimed = " ".join(self._words[w].text for w, o in enumerate(self._wishes) if w != wish and o.task in SPEAKS)
        return next((f"QUOTE{n}" for n in range(len(self._masked.quotes)) if f"QUOTE{n}" not in claimed), None)

    def _seen(self, wish: int) -> Sources:
        """Return what a wish may work on: what its source has made, or what came with the request and before."""
        mine = self._wishes[wish]
        if mine.parent is None:
            return Sources(list(self._sources.items))
        made = self._made[mine.parent]
        if self._wishes[mine.parent].task == SEPARATION:
            made = [self._voice(wish, made)]
        flows = {source.kind for source in made}
        beside = [
            s
            for s in self._sources.items
            if s.kind not in flows or (mine.task == "style-transfer" and s.kind == "audio")
        ]
        if mine.task == "talking-head-synthesis":
            beside = [s for s in self._sources.items if s.kind == "image"]
        elif mine.task in TARGETED and self._wishes[mine.parent].task == "sound-extraction":
            beside = list(self._sources.items)  # another sound is not in what was taken out
        elif mine.task != "style-transfer":
            beside = [s for s in beside if s.kind not in ("audio", "text")]
        return Sources([*beside, *made])

    def _voice(self, wish: int, voices: Sequence[Source]) -> Source:
        """Return the one of several voices a wish means: the one it names, or the next in order."""
        mine = self._wishes[wish]
        siblings = [w for w, other in enumerate(self._wishes) if other.parent == mine.parent]
        alike = [w for w in siblings if self._wishes[w].task == mine.task]
        pointed = named(self._words[wish].text, self._masked, Sources(list(voices)), "audio")
        if len(pointed) == 1 and len(alike) == 1:
            return pointed[0]
        order = alike if len(alike) > 1 else sorted(siblings, key=lambda w: self._words[w].begin)
        return voices[order.index(wish) % len(voices)]


def _fed(task: str, arguments: Arguments, made: Sequence[Source]) -> Arguments:
    """Wire a step to what it works on where its words seemed to name something else."""
    variant = arguments.variants[0]
    if task in TARGETED and not arguments.missing:
        return arguments
    if any(isinstance(value, FromStep) for value in variant.values()):
        return arguments
    taken = ports(TASKS[task].request)
    source = next((s for s in reversed(made) if any(n in taken and taken[n].kind == s.kind for n in FLOWS)), None)
    if source is None:
        return arguments
    name = next(n for n in FLOWS if n in taken and taken[n].kind == source.kind)
    kept = {key: value for key, value in variant.items() if key not in FLOWS}
    missing = tuple(lack for lack in arguments.missing if lack not in FLOWS)
    return Arguments(({**kept, name: source.value},), missing, (source,))
