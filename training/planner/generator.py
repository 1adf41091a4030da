"""Requests put together from phrases and frames for plans drawn at random, each step's words marked."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

from training.planner.examples import CODES, MARKS, Edges, Example, Tasks
from training.planner.lacks import lacking
from training.planner.phrases import PHRASES, Speaker
from training.planner.shapes import branches, fits, speakers, tree


def _read_frames() -> dict[str, list[str]]:
    """Read lines of the form `kind|frame|`."""
    frames: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("frames.txt").read_text(encoding="utf-8").splitlines():
        kind, frame = line.removesuffix("|").split("|", 1)
        frames.setdefault(kind, []).append(frame.replace("\\n", "\n"))
    return frames


FRAMES = _read_frames()
STORIES = Path(__file__).with_name("stories.txt").read_text(encoding="utf-8").splitlines()
_FIELD = re.compile(r"\{([AB])\.([A-Za-z])0?\}")
_CAPITAL = re.compile(f"(^|[.!?]\\s+)([{MARKS}]*)([a-z])")
_COURTESY = ("Please ", "Could you ", "Can you please ", "I would like you to ", "hey, ", "Kindly ", "Would you mind: ")


class Generator:
    """An endless source of examples."""

    def __init__(self, seed: int) -> None:
        """Start from a seed."""
        self.rng = random.Random(seed)  # noqa: S311  (a corpus, not a secret)

    def example(self) -> Example:
        """Return one more request with its plan."""
        rng = self.rng
        if rng.random() < 0.12:
            return lacking(rng, self.join)
        kinds = (
            self._chain,
            self._branching,
            self._unrelated,
            self._voices,
            self._one_voice,
            self._parallel,
            self._later,
        )
        while True:
            example = rng.choices(kinds, (36, 24, 12, 10, 5, 8, 12))[0]()
            if example and fits(example.tasks or ()):
                break
        text = example.text
        if rng.random() < 0.3:
            text = capitalized(self._told(text), rng)
        else:
            text = capitalized(text, rng)
            if rng.random() < 0.3:
                text = rng.choice(_COURTESY) + re.sub(f"^([{MARKS}]*)([A-Z])", lambda m: m[1] + m[2].lower(), text)
        return Example(text, example.files, "plan", None, example.tasks, example.edges, example.earlier)

    def excluded(self, avoid: Sequence[str]) -> str:
        """Return a sentence that names a task in order not to ask for it."""
        rng = self.rng
        code = rng.choice(
            [c for c in ["sr", "st", "se", "ts", "ss", "mb", "ac", "sd"] if CODES[c] not in avoid] or ["sd"]
        )
        speaker = Speaker(rng, (CODES[code],), ())
        frame = rng.choice(PHRASES["excluded"])
        sentence = re.sub(
            r"\{([NIGP])\}",
            lambda m: speaker.phrase(CODES[code], m[1], rng.choice(("it", "the recording", "this"))),
            frame,
        )
        return sentence[0].upper() + sentence[1:]

    def join(self, parts: Sequence[str]) -> str:
        """Put commands one after the other."""
        rng = self.rng
        if len(parts) == 1:
            return parts[0] + "."
        way = rng.random()
        if way < 0.1:
            return ", ".join(parts[:-1]) + " and " + parts[-1] + "."
        if way < 0.16:
            return "\n".join(f"{place}. {part}" for place, part in enumerate(parts, start=1))
        if way < 0.2:
            return " -> ".join(parts)
        if way < 0.26:
            return ". ".join(parts) + "."
        text = parts[0]
        for part in parts[1:]:
            text += rng.choice(FRAMES["then"]) + part
        return text + rng.choice((".", "", ".", "!"))

    def _told(self, text: str) -> str:
        """Put sentences of a story between those of a request."""
        rng = self.rng
        told: list[str] = []
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            told += [*rng.choices(STORIES, k=rng.choice((0, 1, 1, 2))), sentence]
        return " ".join(told + ([rng.choice(STORIES)] if rng.random() < 0.5 else []))

    def _framed(self, frame: str, speaker: Speaker, first: int, second: int, shared: str | None = None) -> str:
        sources = {"A": shared or speaker.source(first), "B": shared or speaker.source(second)}
        steps = {"A": first, "B": second}

        def fill(field: re.Match[str]) -> str:
            name, form = field[1], field[2].upper()
            return speaker.refer(steps[name]) if form == "R" else speaker.say(steps[name], form, sources[name])

        return _FIELD.sub(fill, frame)

    def _chain(self) -> Example:
        rng = self.rng
        tasks, edges = tree(rng)
        speaker = Speaker(rng, tasks, edges)
        commands = [speaker.say(step, "I") for step in range(len(tasks))]
        if edges[:1] != ((0, 1),) or rng.random() < 0.35:
            form = rng.choices("ING", (8, 1, 1))[0]
            text = self.join([speaker.say(step, form) for step in range(len(tasks))] if form != "I" else commands)
        else:
            text = self._framed(rng.choice(FRAMES["two"]), speaker, 0, 1)
            if len(tasks) > 2:
                link = rng.choice(
                    (". Then ", ". After that, ", ". Finally ", ", and finally ", ". And then ", ". The next step: ")
                )
                text = text.rstrip(". ") + link + self.join(commands[2:])
        return Example(text, speaker.files, "plan", None, tasks, edges)

    def _later(self) -> Example | None:
        """Ask for what follows a step that an earlier turn has done."""
        tasks, edges = tree(self.rng, self.rng.choice((2, 2, 3)))
        if edges[:1] != ((0, 1),) or len(tasks) < 2 or any(parent == 0 for parent, _ in edges[1:]):
            return None
        speaker = Speaker(self.rng, tasks, edges)
        kind = "text" if tasks[0] in (CODES["sr"], CODES["st"], CODES["ac"]) else "audio"
        rest = tuple((a - 1, b - 1) for a, b in edges if a > 0)
        text = self.join([speaker.say(step, "I") for step in range(1, len(tasks))])
        text = re.sub(f"[{MARKS}]", lambda m: chr(ord(m[0]) - 1), text)
        files = tuple(file for file in speaker.files if file[1] != speaker.audio)
        return Example(text, files, "plan", None, tasks[1:], rest, ((kind, tasks[0]),))

    def _parallel(self) -> Example:
        rng = self.rng
        tasks: Tasks = tuple(
            CODES[code] for code in rng.sample(["sr", "sd", "td", "ac", "st", "mb", "se", "sx", "ss", "vc"], 2)
        )
        speaker = Speaker(rng, tasks, ())
        shared = speaker.source(0) if CODES["vc"] not in tasks and rng.random() < 0.6 else None
        return Example(
            self._framed(rng.choice(FRAMES["both"]), speaker, 0, 1, shared), speaker.files, "plan", None, tasks, ()
        )

    def _unrelated(self) -> Example | None:
        """Put two or three requests about different files into one."""
        rng = self.rng
        parts: list[str] = []
        files: tuple[tuple[str, str], ...] = ()
        tasks: Tasks = ()
        edges: Edges = ()
        for _ in range(rng.choice((2, 2, 3))):
            more, links = tree(rng, rng.choice((1, 1, 2, 3)))
            speaker = Speaker(rng, more, links)
            if set(files) & set(speaker.files) or len(tasks) + len(more) > 7:
                return None
            shift = len(tasks)
            named = speaker.audio if speaker.audio and CODES["vc"] not in more[:1] else None
            said = self.join([speaker.say(step, "I", named if step == 0 else None) for step in range(len(more))])
            parts.append(re.sub(f"[{MARKS}]", lambda m, by=shift: chr(ord(m[0]) + by), said.rstrip(".")))
            files, tasks = files + speaker.files, tasks + more
            edges += tuple((a + shift, b + shift) for a, b in links)
        links_between = (
            ". Independently, ",
            ". Separately, ",
            ". Another thing: ",
            ". Besides, ",
            ". And ",
            "\n\n",
            "; ",
        )
        mixed = list(files)
        rng.shuffle(mixed)
        return Example(rng.choice(links_between).join(parts) + ".", tuple(mixed), "plan", None, tasks, edges)

    def _voices(self) -> Example:
        rng = self.rng
        tasks, edges, common = speakers(rng)
        speaker = Speaker(rng, tasks, edges)
        parts = [speaker.say(step, "I") for step in range(common)]
        each = (len(tasks) - common) // 2
        for place in range(each):
            source = (
                None
                if place == 0
                else rng.choice(("each transcript", "each text", "each result", "both texts", "every one", "each"))
            )
            said = speaker.say(common + place, "I", source or speaker.refer(common - 1))
            twin = common + each + place
            parts.append(re.sub("([\ue000-\ue0ff])|([\ue100-\ue1ff])", lambda m, t=twin: _doubled(m, t), said))
        return Example(self.join(parts), speaker.files, "plan", None, tasks, edges)

    def _one_voice(self) -> Example:
        rng = self.rng
        tasks: Tasks = (CODES["ss"], CODES[rng.choice(["sr", "st", "mb", "th", "se", "ac"])])
        speaker = Speaker(rng, tasks, ((0, 1),))
        which = rng.choice(
            (
                "the first",
                "the second",
                "only the first",
                "speaker one",
                "the woman",
                "the louder one",
                "the second speaker",
            )
        )
        text = self.join([speaker.say(0, "I"), speaker.say(1, "I", which)])
        return Example(text, speaker.files, "plan", None, tasks, ((0, 1),))

    def _branching(self) -> Example | None:
        rng = self.rng
        tasks, edges, heads = branches(rng)
        if len(heads) < 2:
            return None
        speaker = Speaker(rng, tasks, edges)
        hub = min(head[0] for head in heads) - 1
        intro = self.join([speaker.say(step, "I") for step in range(hub + 1)]).rstrip(".! ")

        def branch(steps: Sequence[int], form: str) -> str:
            text = speaker.say(steps[0], form, speaker.refer(hub) if rng.random() < 0.6 else rng.choice(("it", "that")))
            return text + "".join(
                rng.choice((", and then ", " then ", " and ", ", then ")) + speaker.say(s, "I") for s in steps[1:]
            )

        result = speaker.refer(hub)
        announced = rng.choice(
            ("Then two branches from that", "What we get is needed more than once", f"With {result} do the following")
        )
        ways = (
            lambda: (
                f"{intro}. From {result} {rng.choice(('I want', 'I need', 'give me'))} "
                + ", and ".join(branch(head, "N") for head in heads)
            ),
            lambda: f"{intro}. Use {result} for " + " and for ".join(branch(head, "G") for head in heads),
            lambda: (
                f"{intro}. {announced}: "
                + "; ".join(
                    rng.choice(("", "on the one hand ", "also ", "for one thing ")) + branch(head, "I")
                    for head in heads
                )
            ),
            lambda: (
                f"{intro}. "
                + ". ".join(
                    rng.choice(("For one purpose, ", "For the other, ", "Besides, ", "Also ", "Moreover, "))
                    + branch(head, "I")
                    for head in heads
                )
            ),
            lambda: (
                f"{intro}\n" + "\n".join(rng.choice(("- ", "* ")) + branch(head, rng.choice("IN")) for head in heads)
            ),
            lambda: (
                intro
                + rng.choice((", then ", ". Then ", "; afterwards "))
                + rng.choice((" and also ", ", and ", " as well as ")).join(branch(head, "I") for head in heads)
            ),
            lambda: f"I need {' and '.join(branch(head, 'N') for head in heads)}, all of {result}, so {intro} first",
        )
        return Example(rng.choice(ways)() + ".", speaker.files, "plan", None, tasks, edges)


def _doubled(mark: re.Match[str], twin: int) -> str:
    """Mark the same words for two steps."""
    return mark[0] + chr(0xE000 + twin) if mark[1] else chr(0xE100 + twin) + mark[0]


def capitalized(text: str, rng: random.Random) -> str:
    """Begin sentences with a capital, mostly."""
    return _CAPITAL.sub(lambda m: m[1] + m[2] + m[3].upper(), text) if rng.random() < 0.8 else text
