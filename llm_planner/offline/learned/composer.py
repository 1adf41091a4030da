"""From what the parser understood to a plan: every wish with the arguments its words give, wired to its source."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from llm_planner.offline.arguments.build import build_arguments
from llm_planner.offline.arguments.scene import Arguments, Scene
from llm_planner.offline.learned.enumerated import each_its_quote
from llm_planner.offline.learned.queries import FLOWS, TARGETED, accepts, listens
from llm_planner.offline.learned.wishes import Wish
from llm_planner.offline.learned.wordings import Wording
from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.sources.references import named, origins_in
from llm_planner.offline.words.lexicon import is_command
from llm_planner.offline.words.lists import phrases
from llm_planner.offline.words.masking import Masked
from llm_planner.plans.plan import MAX_STEPS, FromStep, Plan, Step
from llm_planner.plans.ports import ports
from model_wrappers.contract.tasks import TASKS

_QUOTE = re.compile(r"QUOTE\d{1,9}")
MEDIA = frozenset({"audio", "image"})
SPEAKS = frozenset({"text-to-speech", "style-transfer", "singing-synthesis", "text-to-audio", "speech-translation"})
SEPARATION = "speech-separation"
QUOTING = frozenset({"text-to-speech", "style-transfer", "singing-synthesis", "text-to-audio"})
ONE_OF_SEVERAL = frozenset(
    {"style-transfer", "target-sound-detection", "talking-head-synthesis"}
)  # they take two files


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
        self._wishes, self._words = each_its_quote(fed_by_name(wishes, words, masked), words, masked)
        self._masked, self._sources = masked, sources
        self._answers, self._earlier = answers, tuple(earlier)
        self._made: dict[int, list[Source]] = {}

    def compose(self) -> Composition:
        """Return the steps, those that others work on first."""
        done = Composition()
        waiting = sorted(range(len(self._wishes)), key=self._begin)
        while waiting:
            wish = next(w for w in waiting if self._wishes[w].parent is None or self._wishes[w].parent in self._made)
            waiting.remove(wish)
            arguments = self._arguments(wish, done.steps)
            waiting = sorted([*waiting, *self._repeated(wish, arguments.variants)], key=self._begin)
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

    def _begin(self, wish: int) -> tuple[int, int]:
        return self._words[wish].begin, wish

    def _repeated(self, wish: int, variants: Sequence[Mapping[str, Any]]) -> list[int]:
        """Wish anew, with all that works on it, for every thing it is to be done to that nobody wishes it for yet."""
        alike = self._alike(wish)
        times = len([v for place, v in enumerate(variants) if v not in variants[:place]]) - len(alike)
        if wish != alike[-1] or self._wishes[wish].task in ONE_OF_SEVERAL or self._shares_files(wish, alike):
            return []
        works_on_it = [w for w, other in enumerate(self._wishes) if other.parent == wish]
        if times > 0 and len(works_on_it) == times + 1 and len({self._wishes[w].task for w in works_on_it}) == 1:
            return [self._copied_for(wish, child) for child in works_on_it[1:]]
        copies = [copy for _ in range(times) for copy in self._copied(wish, self._wishes[wish].parent)]
        return copies if len(self._wishes) <= MAX_STEPS else []

    def _copied_for(self, wish: int, child: int) -> int:
        """Wish anew for what one of the wishes works on that were all taken to work on the first."""
        self._wishes.append(self._wishes[wish])
        self._words.append(self._words[wish])
        self._wishes[child] = replace(self._wishes[child], parent=len(self._wishes) - 1)
        return len(self._wishes) - 1

    def _shares_files(self, wish: int, alike: Sequence[int]) -> bool:
        """Tell whether a file that the words of a wish name is named by those of another that starts anew, too."""
        mine = set(self._masked.files_in(self._words[wish].text))
        others = [w for w, other in enumerate(self._wishes) if other.parent is None and w not in alike]
        return any(mine & set(self._masked.files_in(self._words[w].text)) for w in others)

    def _copied(self, wish: int, parent: int | None) -> list[int]:
        self._wishes.append(replace(self._wishes[wish], parent=parent))
        self._words.append(self._words[wish])
        copy = len(self._wishes) - 1
        works_on_it = [w for w in range(copy) if self._wishes[w].parent == wish]
        return [copy, *(one for child in works_on_it for one in self._copied(child, copy))]

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
        arguments = build_arguments(task, scene)
        for wider in self._wider(wish):
            if not set(arguments.missing) - MEDIA:
                break
            arguments = build_arguments(task, replace(scene, clause=wider))
        if task == "speech-translation" and any(o.parent == wish and listens(o.task) for o in self._wishes):
            arguments = replace(arguments, variants=tuple({**variant, "speak": True} for variant in arguments.variants))
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


def fed_by_name(wishes: Sequence[Wish], words: Sequence[Wording], masked: Masked) -> list[Wish]:
    """Let every wish work on what its words name: "caption the binaural version" on what makes that, where one does."""
    fed, begins = list(wishes), [one.begin for one in words]
    for place, wish in enumerate(wishes):
        if _says_its_own(place, fed, words, masked):
            fed[place] = replace(wish, parent=None)
            continue
        if spoken := _spoken_beside(place, fed):
            fed[place] = replace(wish, parent=spoken)
            continue
        named_tasks = set().union(*origins_in(words[place].text)) - {wish.task}
        makers = [
            w
            for w, other in enumerate(fed)
            if other.task in named_tasks and accepts(other.task, wish.task) and begins[w] < begins[place]
        ]
        told_together = wish.parent is not None and (wish.parent in makers or begins[wish.parent] == begins[place])
        if len(makers) == 1 and not told_together and place not in _line(fed, makers[0]):
            fed[place] = replace(wish, parent=makers[0])
    return fed


def _writes(task: str) -> bool:
    return TASKS[task].primary_output == "text"


def _says_its_own(place: int, wishes: Sequence[Wish], words: Sequence[Wording], masked: Masked) -> bool:
    """Tell whether a wish that seems to say what another step writes has a quote of its own."""
    parent = wishes[place].parent
    if parent is None or wishes[place].task not in QUOTING or not _writes(wishes[parent].task):
        return False
    said = [quote for quote in masked.quotes_in(words[place].text) if not is_command(quote)]  # a colon quotes, too
    return bool(said) and words[parent].begin != words[place].begin


def _spoken_beside(place: int, wishes: Sequence[Wish]) -> int | None:
    """Return the wish that speaks the text which one that listens to sound seems to work on."""
    parent = wishes[place].parent
    if parent is None or not listens(wishes[place].task) or not _writes(wishes[parent].task):
        return None
    return next((w for w, o in enumerate(wishes) if o.parent == parent and o.task == "text-to-speech"), None)


def _line(wishes: Sequence[Wish], place: int) -> list[int]:
    """Return a wish and those it goes back to."""
    parent = wishes[place].parent
    return [place] if parent is None else [place, *_line(wishes, parent)]


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
