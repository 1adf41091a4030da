"""The stream of training examples: generated, written and single requests, in fixed shares."""

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from training.clauses.corpus import generate
from training.clauses.slots import SLOTS
from training.planner.examples import (
    CODES,
    NAMING,
    Example,
    files_of,
    from_cases,
    marked,
    naming,
    read_writer,
    unmarked,
)
from training.planner.generator import Generator
from training.planner.near_copies import NearCopies, measured_texts
from training.planner.phrases import PHRASES, TAKES_AUDIO
from training.planner.shapes import fits
from training.planner.variation import Variation

SHARES = {
    "generated": 0.12,
    "chains": 0.14,
    "cases": 0.10,
    "clauses": 0.06,
    "impossible": 0.03,
    "mixed": 0.05,
    "written": 0.50,
}
STORY = {
    "generated": 0.25,
    "chains": 0.25,
    "cases": 0.25,
    "clauses": 0.4,
    "impossible": 0.15,
    "mixed": 0.1,
    "written": 0.15,
}
CLAUSES = 260  # generated for each task by the clause corpus
MARKED_WORDS = 25  # a single wish in fewer words is taken to be all of the text
_STATEMENT = re.compile(
    "|".join(
        rf"(?:{'|'.join(map(re.escape, sorted(first, key=len)[::-1]))})(?:{'|'.join(map(re.escape, then))})"
        for first, then in (
            (SLOTS["STATEMENT"], ("",)),
            (SLOTS["SUBJECT"], [f" {words}".lower() for words in SLOTS["PREDICATE"]]),
        )
    )
)
_AND = (
    ". Another thing: ",
    ". And, independently, ",
    ". Also: ",
    ". Besides that, ",
    "\n\n",
    ". Second request: ",
    ". ",
)


class Mixture:
    """An endless stream of examples."""

    def __init__(self, seed: int, written: Mapping[str, Sequence[Example]], cases: Sequence[Path]) -> None:
        """Read what is written, by writer, and generate the single clauses."""
        self._rng = random.Random(seed)  # noqa: S311  (a corpus, not a secret)
        self._generator = Generator(seed + 1)
        self._variation = Variation(random.Random(seed + 2), self._generator.excluded)  # noqa: S311
        copies = NearCopies(measured_texts())
        known = [example for example in from_cases(list(cases)) if fits(example.tasks or ()) and example not in copies]
        clauses = list(_clauses(random.Random(seed)))  # noqa: S311
        self._pools: dict[str, list[Example]] = {
            "chains": [e for e in known if len(e.tasks or ()) > 1],
            "cases": [e for e in known if len(e.tasks or ()) < 2],
            "clauses": [e for e in clauses if e.behaviour in ("plan", "chat")],
            "impossible": [e for e in clauses if e.behaviour == "unsupported"],
        }
        self._pools |= {
            name: [e for e in by if fits(e.tasks or ()) and e not in copies] for name, by in written.items()
        }
        self._writers = {name: math.sqrt(len(self._pools[name])) for name in written}  # no hand speaks for all
        self._queues: dict[str, list[Example]] = {}

    def __iter__(self) -> "Mixture":
        """Return itself, which never ends."""
        return self

    def __next__(self) -> Example:
        """Return one more example."""
        name = self._rng.choices(list(SHARES), list(SHARES.values()))[0]
        return self._variation.vary(_with_mark(self._draw(name)), STORY[name])

    def _draw(self, name: str) -> Example:
        if name == "generated":
            return self._generator.example()
        if name == "mixed":
            return self._impossible_end()
        if name != "written":
            return self._next(name)
        example = self._next(self._writer())
        return self._joined(example) if self._rng.random() < 0.1 else example

    def _writer(self) -> str:
        return self._rng.choices(list(self._writers), list(self._writers.values()))[0]

    def _next(self, name: str) -> Example:
        """Go through a pool in random order, again and again."""
        queue = self._queues.setdefault(name, [])
        if not queue:
            queue.extend(self._rng.sample(self._pools[name], len(self._pools[name])))
        return queue.pop()

    def _impossible_end(self) -> Example:
        """Let something impossible follow what is possible, which is then done alone."""
        possible, impossible = self._generator.example(), self._next("impossible")
        text = (
            possible.text.rstrip(".! ") + self._rng.choice((". Then ", " and ", ". Also ", ", then ")) + impossible.text
        )
        return replace(possible, text=text)

    def _joined(self, example: Example) -> Example:
        """Put two written requests about different files into one."""
        other = self._rng.choice(self._pools[self._writer()])
        tasks = (example.tasks or ()) + (other.tasks or ())
        named = all(name in one.text for one in (example, other) for _, name in one.files)
        plans = example.behaviour == other.behaviour == "plan"
        if not plans or not named or set(example.files) & set(other.files) or not fits(tasks) or len(tasks) > 7:
            return example
        shift = len(example.tasks or ())
        edges = example.edges + tuple((a + shift, b + shift) for a, b in other.edges)
        text = example.text.rstrip(" .") + self._rng.choice(_AND) + other.text
        return Example(text, example.files + other.files, "plan", None, tasks, edges)


def _with_mark(example: Example) -> Example:
    """Mark the words of a short single wish: all of them."""
    alone = len(example.tasks or ()) == 1 and not unmarked(example.text).words
    short = len(example.text.split()) < MARKED_WORDS
    return replace(example, text=marked(0, example.text)) if alone and short else example


def _clauses(rng: random.Random) -> Iterator[Example]:
    """Yield the clause corpus as whole requests with the files they need."""
    for text, label in generate(CLAUSES, 3):
        if label == "unsupported":
            yield Example(
                text, rng.choice(((), (), _file(rng, "wav"), _file(rng, "mp3"), _file(rng, "png"))), "unsupported"
            )
        elif label == "chat":
            yield Example(text, rng.choice(((), (), (), _file(rng, "wav"))), "chat", tasks=())
        elif label != "nothing":
            yield Example(_with_name(text, label), _needed(label, rng), "plan", None, (label,))


def _with_name(text: str, task: str) -> str:
    """Mark the longest sound of the corpus that a clause names, or the statement that it wants said."""
    lower = text.lower()
    if task in {CODES[code] for code in NAMING}:
        found = max((sound for sound in SLOTS["V"] if sound.lower() in lower), key=len, default="")
    elif task in (CODES["ts"], CODES["vc"]):
        found = said[0] if (said := _STATEMENT.search(lower)) else ""
    else:
        return text
    begin = lower.find(found.lower())
    return text[:begin] + naming(0, text[begin : begin + len(found)]) + text[begin + len(found) :] if found else text


def _needed(task: str, rng: random.Random) -> tuple[tuple[str, str], ...]:
    files: tuple[tuple[str, str], ...] = _file(rng, "wav") if task in TAKES_AUDIO else ()
    if task == CODES["vc"] and rng.random() < 0.5:
        files += _file(rng, "mp3")
    if task == CODES["st"] and rng.random() < 0.3:
        files = ()
    if task in (CODES["th"], CODES["ia"]):
        files += _file(rng, "jpg")
    if task == CODES["sg"] and rng.random() < 0.5:
        files += _file(rng, "mid")
    return files


def _file(rng: random.Random, suffix: str) -> tuple[tuple[str, str], ...]:
    return files_of(f"{rng.choice(PHRASES['file'])}{rng.randrange(9)}.{suffix}")


def read_written(folder: Path) -> dict[str, list[Example]]:
    """Return the requests of all writers of a folder, by writer."""
    return {path.stem: list(read_writer(path)) for path in sorted(folder.glob("*.txt"))}
