"""Requests with the plan they ask for: the one-line notation of the writers, and the evaluation's development cases."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evaluation.planner_cases import Case, read_cases
from llm_planner.offline.learned.queries import LACKS
from model_wrappers.contract.tasks import TASKS

WRITERS = Path(__file__).with_name("writers")
KEPT = Path(__file__).with_name("kept")  # writers kept whole, never trained on
CODES = {
    "sr": "speech-recognition",
    "st": "speech-translation",
    "vc": "style-transfer",
    "se": "speech-enhancement",
    "ss": "speech-separation",
    "mb": "mono-to-binaural",
    "ai": "audio-inpainting",
    "sx": "sound-extraction",
    "sd": "sound-detection",
    "td": "target-sound-detection",
    "th": "talking-head-synthesis",
    "ts": "text-to-speech",
    "ta": "text-to-audio",
    "ac": "audio-captioning",
    "ia": "image-to-audio",
    "sg": "singing-synthesis",
}
KINDS = {
    **dict.fromkeys(["wav", "mp3", "m4a", "ogg", "flac", "opus", "aac", "wma", "webm"], "audio"),
    **dict.fromkeys(["png", "jpg", "jpeg", "webp", "gif"], "image"),
    **dict.fromkeys(["mp4", "mov"], "video"),
    **dict.fromkeys(["mid", "midi", "musicxml", "xml"], "score"),
    "txt": "text",
}
Tasks = tuple[str, ...]
Edges = tuple[tuple[int, int], ...]
MARKS = "\ue000-\ue3ff"  # a character class of all marks
_TOKEN = re.compile(r"[23]|[a-z]{2}|[>(),;]")
_MARK = re.compile(f"[{MARKS}]")
_CLOSING = 0x100  # between the mark that opens a stretch of words and the one that closes it
_CONTENT = 0x200  # between the mark around all words of a step and that around what they name
_BRACES = re.compile(r"\{(?:([a-z]{2}):)?([^{}]*)\}")
NAMING = ("ta", "sx", "td")  # steps that work on what their words name, a sound


@dataclass(frozen=True)
class Example:
    """A request and what it asks for.

    `text` may carry marks around the words that ask for each step, and around those that name what it works on.
    """

    text: str
    files: tuple[tuple[str, str], ...]
    behaviour: str
    lack: str | None = None
    tasks: Tasks | None = None
    edges: Edges = ()
    earlier: tuple[tuple[str, str], ...] = ()


def marked(step: int, text: str) -> str:
    """Mark words as those that ask for a step."""
    return f"{chr(0xE000 + step)}{text}{chr(0xE000 + _CLOSING + step)}"


def naming(step: int, text: str) -> str:
    """Mark words as those that name what a step works on: the sound to make, the words to say."""
    return f"{chr(0xE000 + _CONTENT + step)}{text}{chr(0xE000 + _CONTENT + _CLOSING + step)}"


@dataclass(frozen=True)
class Unmarked:
    """A text without its marks, and where the words of every marked step, and what they name, stand in it."""

    text: str
    words: Mapping[int, tuple[int, int]]
    contents: Mapping[int, tuple[int, int]]


def unmarked(text: str) -> Unmarked:
    """Take the marks out of a text."""
    spans: dict[int, tuple[int, int]] = {}
    opened: dict[int, int] = {}
    length = 0
    for character in text:
        code = ord(character) - 0xE000
        if not 0 <= code < 2 * _CONTENT:
            length += 1
        elif code % _CONTENT < _CLOSING:
            opened[code] = length
        else:
            spans[code - _CLOSING] = (opened[code - _CLOSING], length)
    return Unmarked(
        _MARK.sub("", text),
        words={code: span for code, span in spans.items() if code < _CONTENT},
        contents={code - _CONTENT: span for code, span in spans.items() if code >= _CONTENT},
    )


def parse_plan(notation: str) -> tuple[Tasks, Edges]:
    """Read `se>ss>2(sr>st);ta`: `>` hands on, `()` branches, `2` and `3` repeat, `;` starts anew.

    Raises:
        ValueError: If it is no plan.
    """
    tokens = _TOKEN.findall(notation)
    if "".join(tokens) != notation:
        raise ValueError(f"'{notation}' is no plan")
    tasks: list[str] = []
    edges: list[tuple[int, int]] = []

    def read(place: int, parent: int | None) -> int:
        times = int(tokens[place]) if tokens[place].isdigit() else 1
        begin = place + (tokens[place].isdigit())
        for _ in range(times):
            place = begin
            if tokens[place] == "(":
                while tokens[place] in "(,":
                    place = read(place + 1, parent)
                place += 1
                continue
            tasks.append(CODES[tokens[place]])
            step = len(tasks) - 1
            edges.extend([(parent, step)] if parent is not None else [])
            place += 1
            if place < len(tokens) and tokens[place] == ">":
                place = read(place + 1, step)
        return place

    place = read(0, None)
    while place < len(tokens):
        place = read(place + 1, None)
    return tuple(tasks), tuple(edges)


def files_of(names: str) -> tuple[tuple[str, str], ...]:
    """Return kind and name of files named one after the other."""
    return tuple((KINDS[name.rsplit(".", 1)[-1].lower()], name) for name in names.split() if name[0] != "^")


def earlier_of(names: str) -> tuple[tuple[str, str], ...]:
    """Return kind and task of earlier results: `^se` of a step, `^wav` of an upload."""
    found = [name[1:] for name in names.split() if name[0] == "^"]
    return tuple((TASKS[CODES[n]].output_kind, CODES[n]) if n in CODES else (KINDS[n], "upload") for n in found)


def read_writer(path: Path) -> Iterator[Example]:
    """Read the requests of one writer: `plan|files|text` a line.

    Raises:
        ValueError: If a line is none.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                plan, files, text = (part.strip() for part in line.split("|", 2))
                yield replace(_example(plan, files_of(files), text.replace("\\n", "\n")), earlier=earlier_of(files))
            except (ValueError, KeyError, IndexError) as exc:
                raise ValueError(f"{path.name}, line {number}: {exc}: {line[:60]}") from exc


def _example(plan: str, files: tuple[tuple[str, str], ...], text: str) -> Example:
    if plan == "U":
        return Example(text, files, "unsupported")
    if plan == "H":
        return Example(text, files, "chat", tasks=())
    if plan.startswith("C:"):
        lack, _, notation = plan[2:].partition(" ")
        if lack not in LACKS:
            raise ValueError(f"nothing lacks '{lack}'")
        tasks, edges = parse_plan(notation.replace(" ", ""))
        return Example(_named(text, tasks), files, "clarify", lack, tasks, edges)
    tasks, edges = parse_plan(plan.replace(" ", ""))
    return Example(_named(text, tasks), files, "plan", None, tasks, edges)


def _named(text: str, tasks: Tasks) -> str:
    """Mark what stands in braces as what the steps work on that make or look for a sound, in order, or another task."""
    places = {code: [step for step, task in enumerate(tasks) if task == CODES[code]] for code in CODES}
    sounds = [step for step, task in enumerate(tasks) if task in {CODES[code] for code in NAMING}]

    def mark(braces: re.Match[str]) -> str:
        return naming((places[braces[1]] if braces[1] else sounds).pop(0), braces[2])

    return _BRACES.sub(mark, text)


def from_cases(paths: list[Path]) -> list[Example]:
    """Return the first turns of evaluation cases."""
    return [_first_turn(case) for case in read_cases(paths)]


ARGUMENTS = {
    "target": ("sound-extraction", "target-sound-detection"),
    "text": ("text-to-audio", "text-to-speech", "style-transfer", "speech-translation"),
    "lyrics": ("singing-synthesis",),
}  # what the words of a step may name, and the tasks that take it
_QUOTED = re.compile(r"[\"'“‘«„`]$")


def _with_contents(text: str, tasks: Tasks, arguments: Mapping[str, Any]) -> str:
    """Mark what a step works on, where the text says it outside of quotes."""
    for name, takers in ARGUMENTS.items():
        step = next((place for place, task in enumerate(tasks) if task in takers), None)
        begin = text.lower().find(str(arguments.get(name, "\0")).lower())
        if step is not None and begin >= 0 and not _QUOTED.search(text[:begin]):
            end = begin + len(str(arguments[name]))
            text = text[:begin] + naming(step, text[begin:end]) + text[end:]
    return text


def _first_turn(case: Case) -> Example:
    turn = case.turns[0]
    files = tuple((file.kind, file.name) for file in turn.attachments)
    expect = turn.expect
    if not expect.plans:
        return Example(turn.text, files, expect.behaviour, expect.missing, () if expect.behaviour == "chat" else None)
    tasks, edges = expect.plans[0].tasks, expect.plans[0].edges
    return Example(_with_contents(turn.text, tasks, expect.args), files, "plan", None, tasks, edges)
