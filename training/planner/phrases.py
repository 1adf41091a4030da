"""Ways to say each step: phrases filled with files, languages, sounds, speakers, times and directions."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

from training.clauses.slots import SLOTS
from training.planner.examples import CODES, Edges, files_of, marked, naming

SHORT = {task: code for code, task in CODES.items()}
_SUFFIXES = {
    "audio": ["wav", "mp3", "m4a", "ogg", "flac"],
    "image": ["png", "jpg", "jpeg"],
    "score": ["mid", "musicxml", "midi"],
}
TAKES_AUDIO = frozenset(
    CODES[code] for code in ["sr", "st", "vc", "se", "ss", "mb", "ai", "sx", "sd", "td", "th", "ac"]
)


def _read(name: str) -> dict[str, tuple[str, ...]]:
    """Read lines of the form `name: one; another`."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return {key: tuple(values.split("; ")) for key, values in (line.split(": ", 1) for line in lines if line)}


PHRASES = _read("phrases.txt")
_SOUND = re.compile(r"\{V\}(?: (?:and|with) \{V2\})?")
SOUNDS = tuple(value for value in SLOTS["V"] if len(value) < 24)


class Speaker:
    """Say the steps of one request, keeping to its files, its language and its sound.

    Forms: `I` a command, `G` a gerund, `P` a participle, `N` the thing made, `R` a reference to it.
    """

    def __init__(self, rng: random.Random, tasks: Sequence[str], edges: Edges) -> None:
        """Choose what the request is about."""
        self.rng = rng
        self.tasks = tasks
        self.parents = {child: parent for parent, child in edges}
        self.language = rng.choice(PHRASES["language"])
        self.sound = rng.choice(SOUNDS)
        roots = [task for step, task in enumerate(tasks) if step not in self.parents]
        self.audio = self._name("audio") if TAKES_AUDIO & set(roots) else ""
        self.voice = self._name("audio") if CODES["vc"] in tasks else ""
        self.image = self._name("image") if {CODES["th"], CODES["ia"]} & set(tasks) else ""
        self.score = self._name("score") if CODES["sg"] in tasks and rng.random() < 0.4 else ""
        names = [name for name in (self.audio, self.voice, self.image, self.score) if name]
        rng.shuffle(names)
        self.files = files_of(" ".join(names))

    def say(self, step: int, form: str, source: str | None = None) -> str:
        """Return the marked words that ask for a step of what `source` names."""
        return marked(step, self.phrase(self.tasks[step], form, source or self.source(step), step))

    def refer(self, step: int) -> str:
        """Return words for what a step has made."""
        return self.phrase(self.tasks[step], "R", "")

    def source(self, step: int) -> str:
        """Return words for what a step works on."""
        rng, parent = self.rng, self.parents.get(step)
        if parent is None:
            return self._root(self.tasks[step])
        named = self.tasks[parent] == CODES["ss"] or parent != step - 1 or rng.random() < 0.45
        return (
            self.refer(parent)
            if named
            else rng.choice(("it", "that", "the result", "this", "it", "the output", "what you get"))
        )

    def _root(self, task: str) -> str:
        if task == CODES["ts"] or (task == CODES["vc"] and not self.audio):
            return self.quote()
        if task == CODES["ss"]:
            return self._named(self.rng.choice(PHRASES["mixture"]))
        return self._named(self.rng.choice(PHRASES["object"]))

    def quote(self) -> str:
        """Return a quoted sentence."""
        text = self.rng.choice(PHRASES["quote"])
        return self.rng.choice((f'"{text}"', f"'{text}'", f"“{text}”", f'"{text.capitalize()}."'))

    def _name(self, kind: str) -> str:
        return (
            self.rng.choice(PHRASES["file"])
            + self.rng.choice(("", "", "2", "_b", "-old"))
            + "."
            + self.rng.choice(_SUFFIXES[kind])
        )

    def _named(self, phrase: str) -> str:
        return phrase.replace("{f}", self.audio or "it").replace("{g}", self.image or "the picture")

    def phrase(self, task: str, form: str, source: str, step: int | None = None) -> str:
        """Fill a phrase of a task, the sound it names marked as what a step works on."""
        rng = self.rng
        choices = PHRASES[f"{SHORT[task]}.{form}"]
        phrase = rng.choice([p for p in choices if self.score or "{score}" not in p])
        if step is not None and form != "R":
            phrase = _SOUND.sub(lambda m: naming(step, m[0]), phrase, count=1)
        speaker = rng.choice(PHRASES["speaker"]).replace("{f}", self.voice or "it")
        fillings = {
            "o": lambda: source,
            "W": lambda: speaker,
            "f": lambda: self.audio or "it",
            "i": lambda: self._named(rng.choice(PHRASES["picture"])),
            "g": lambda: self.image or "the picture",
            "score": lambda: self.score,
            "q": self.quote,
            "NT": lambda: rng.choice(PHRASES["notes"]),
            "n": lambda: rng.choice(("2", "5", "ten", "0.5")),
            "T": lambda: stretch(rng),
            "Z": lambda: direction(rng),
            "L": lambda: self.language if rng.random() < 0.9 else rng.choice(PHRASES["language"]),
            "V": lambda: self.sound,
            "V2": lambda: rng.choice(SOUNDS),
        }
        return re.sub(r"\{(\w+)\}", lambda m: fillings[m[1]](), phrase)


def stretch(rng: random.Random) -> str:
    """Return a stretch of time in one of many notations."""
    begin = rng.uniform(0, 30)
    end = begin + rng.uniform(0.3, 4)
    a, b, unit = rng.choice(
        (
            (f"{begin:.1f}", f"{end:.1f}", "s"),
            (f"{begin:.0f}", f"{end + 1:.0f}", rng.choice((" seconds", " s", " sec", "s"))),
            (f"0:{int(begin):02d}", f"0:{int(end) + 1:02d}", ""),
            (rng.choice(("three", "one point five", "ten")), rng.choice(("eleven", "twelve point two")), " seconds"),
        )
    )
    return rng.choice(
        (
            f"from {a} to {b}{unit}",
            f"between {a} and {b}{unit}",
            f"{a}-{b}{unit}",
            f"({a} to {b}{unit})",
            f"from second {a} until second {b}",
        )
    )


def direction(rng: random.Random) -> str:
    """Return a direction in one of many notations."""
    degrees, side = rng.choice((10, 15, 20, 30, 45, 60, 75, 90)), rng.choice(("left", "right"))
    return rng.choice(
        (
            f"{degrees} degrees to the {side}",
            f"{degrees}° {side}",
            f"{degrees} degrees on the {side}",
            f"to the {side} by {degrees} degrees",
            f"hard {side}",
            f"{degrees} degrees {side} of me",
        )
    )
