"""What must decide nothing: file names, stories, excluded tasks, slips of the keyboard, missing punctuation."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from model_wrappers.contract.tasks import TASKS
from training.clauses.slots import fill
from training.planner.examples import CODES, MARKS, Example
from training.planner.generator import STORIES
from training.planner.phrases import PHRASES

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {
    key: row[max(0, place - 1) : place] + row[place + 1 : place + 2] for row in _KEYS for place, key in enumerate(row)
}
MISSPELT = 0.2  # of the requests
IN_A_TALK = 0.2  # of the requests follow turns that have nothing to do with them
NEEDS = ("audio", "image", "text", "reference")  # what an earlier turn may have made
MAKES = frozenset(CODES[code] for code in ("ts", "ta", "sg"))  # what needs no file, so that none is missed
_RESULTS = ("se", "sr", "st", "ts", "ta", "mb", "ss", "sx", "ac", "vc", "sd")
EARLIER_RESULTS = (
    *((TASKS[CODES[code]].output_kind, CODES[code]) for code in _RESULTS),
    ("audio", "upload"),
    ("image", "upload"),
)
FILLERS = ("um", "uh", "like", "so", "well", "you know")
_END = re.compile(f"[.!?][{MARKS}]*\\s*$")


class Variation:
    """Vary an example without changing what it asks for."""

    def __init__(self, rng: random.Random, excluded: Callable[[Sequence[str]], str]) -> None:
        """Take the source of chance and of sentences that name tasks without asking for them."""
        self._rng = rng
        self._excluded = excluded

    def vary(self, example: Example, story: float) -> Example:
        """Return an example in other clothes; a share of them inside a story."""
        rng = self._rng
        example = self._renamed(example) if rng.random() < 0.35 else example
        example = self._sent_earlier(example) if rng.random() < 0.04 else example
        example = self._in_a_talk(example) if rng.random() < IN_A_TALK else example
        text = example.text
        if example.tasks and "speech-translation" in example.tasks and rng.random() < 0.35:
            text = self._other_language(text)
        if example.behaviour != "chat" and rng.random() < story:
            for _ in range(rng.choice((1, 1, 2, 3))):
                text = self._with_story(text, example)
        if rng.random() < 0.08:
            text = re.sub(r"[.,;:!?']", "", text).lower()
        elif rng.random() < 0.12:
            text = text.lower()
        text = misspelt(text, rng) if rng.random() < MISSPELT else text
        if rng.random() < 0.04:
            words = text.split(" ")
            for _ in range(3):
                words.insert(rng.randrange(len(words) + 1), rng.choice(FILLERS))
            text = " ".join(words)
        return replace(example, text=text)

    def _renamed(self, example: Example) -> Example:
        rng = self._rng
        names = {
            name: rng.choice(PHRASES["file"])
            + rng.choice(("", "1", "_x", "-2", "final"))
            + "."
            + name.rsplit(".", 1)[1]
            for _, name in example.files
        }
        if len(set(names.values())) < len(names):
            return example
        text = example.text
        for before, after in names.items():
            text = text.replace(before, after)
        return replace(example, text=text, files=tuple((kind, names[name]) for kind, name in example.files))

    def _sent_earlier(self, example: Example) -> Example:
        """Move a recording nobody names to an earlier turn."""
        if len(example.files) != 1 or example.files[0][1] in example.text or example.behaviour == "clarify":
            return example
        return replace(example, files=(), earlier=((example.files[0][0], "upload"),))

    def _in_a_talk(self, example: Example) -> Example:
        """Let earlier turns have made something that the request does not need."""
        from_nothing = bool(example.tasks) and not example.files and not example.earlier
        if example.lack in NEEDS or (from_nothing and not MAKES.issuperset((example.tasks or ())[:1])):
            return example
        made = self._rng.choices(EARLIER_RESULTS, k=self._rng.choice((1, 1, 2, 3)))
        return replace(example, earlier=(*(row for row in made if row not in example.earlier), *example.earlier))

    def _other_language(self, text: str) -> str:
        for language in PHRASES["language"]:
            if re.search(rf"\b{language}\b", text):
                return re.sub(rf"\b{language}\b", self._rng.choice(PHRASES["language"]), text)
        return text

    def _with_story(self, text: str, example: Example) -> str:
        rng = self._rng
        way = rng.random()
        ended = text if _END.search(text) else text.rstrip() + "."
        if way < 0.5 or example.behaviour != "plan":
            return self._aside() + " " + text
        if way < 0.8:
            sentence = self._excluded(example.tasks or ())
            return f"{ended} {sentence}" if rng.random() < 0.5 else f"{sentence} {text}"
        return f"{ended} {rng.choice(PHRASES['after']) if rng.random() < 0.5 else self._aside()}"

    def _aside(self) -> str:
        way = self._rng.random()
        if way < 0.5:
            return self._rng.choice(STORIES)
        return self._rng.choice(PHRASES["before"]) if way < 0.7 else fill("STATEMENT", self._rng).capitalize() + "."


def misspelt(text: str, rng: random.Random) -> str:
    """Swap, double, drop or miss a letter of one to three words."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        words = list(re.finditer(r"[a-z]{4,}", text))
        if not words:
            return text
        word = rng.choice(words)
        place = rng.randrange(word.start(), word.end() - 1)
        first, second = text[place], text[place + 1]
        beside = rng.choice(_BESIDE.get(first, first))
        slips = (second + first, second + first, second, first + first + second, beside + second)
        text = text[:place] + rng.choice(slips) + text[place + 2 :]
    return text
