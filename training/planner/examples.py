"""Requests with the plan they ask for: the one-line notation of the writers, and the evaluation's development cases."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.planner_cases import Case, read_cases
from llm_planner.offline.parser import LACKS

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
_TOKEN = re.compile(r"[23]|[a-z]{2}|[>(),;]")
_MARK = re.compile("[\ue000-\ue1ff]")
_CLOSING = 0x100  # between the mark that opens the words of a step and the one that closes them


@dataclass(frozen=True)
class Example:
    """A request and what it asks for; `text` may carry marks around the words that ask for each step."""

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


def unmarked(text: str) -> tuple[str, Mapping[int, tuple[int, int]]]:
    """Return a text without its marks, and where the words of every marked step stand in it."""
    spans: dict[int, tuple[int, int]] = {}
    opened: dict[int, int] = {}
    length = 0
    for character in text:
        code = ord(character) - 0xE000
        if not 0 <= code < 2 * _CLOSING:
            length += 1
        elif code < _CLOSING:
            opened[code] = length
        else:
            spans[code - _CLOSING] = (opened[code - _CLOSING], length)
    return _MARK.sub("", text), spans


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
    return tuple((KINDS[name.rsplit(".", 1)[-1].lower()], name) for name in names.split())


def read_writer(path: Path) -> Iterator[Example]:
    """Read the requests of one writer: `plan|files|text` a line.

    Raises:
        ValueError: If a line is none.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                plan, files, text = (part.strip() for part in line.split("|", 2))
                yield _example(plan, files_of(files), text.replace("\\n", "\n"))
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
        return Example(text, files, "clarify", lack, tasks, edges)
    tasks, edges = parse_plan(plan.replace(" ", ""))
    return Example(text, files, "plan", None, tasks, edges)


def from_cases(paths: list[Path]) -> list[Example]:
    """Return the first turns of evaluation cases."""
    return [_first_turn(case) for case in read_cases(paths)]


def _first_turn(case: Case) -> Example:
    turn = case.turns[0]
    files = tuple((file.kind, file.name) for file in turn.attachments)
    expect = turn.expect
    if not expect.plans:
        return Example(turn.text, files, expect.behaviour, expect.missing, () if expect.behaviour == "chat" else None)
    return Example(turn.text, files, "plan", None, expect.plans[0].tasks, expect.plans[0].edges)
