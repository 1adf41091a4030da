"""Generate labelled clauses from the templates: varied wording, content that varies independently of the task."""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.clauses.slots import SLOTS, fill

TEMPLATES = Path(__file__).parent / "templates"
REQUESTS = Path(__file__).parent / "requests"
FRAGMENTS = Path(__file__).parent / "fragments"
MISSPELT = 0.1  # of the clauses
FRAGMENT_SHARE = 0.3  # of the clauses of a label, besides: "in writing", "the same in Greek"
_GROUP = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{([A-Z0-9]+)\}")


def templates(label: str, *folders: Path) -> list[str]:
    """Return the templates of a label, one a line: clauses and whole requests, unless other folders are named."""
    files = [folder / f"{label}.txt" for folder in folders or (TEMPLATES, REQUESTS)]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files if path.exists())
    return [line for line in text.splitlines() if line.strip()]


def labels() -> list[str]:
    """Return the labels that have templates, sorted."""
    return sorted({path.stem for folder in (TEMPLATES, REQUESTS) for path in folder.glob("*.txt")})


def vocabulary() -> list[str]:
    """Return the words of all templates and slots, sorted: what misspelt words are corrected into."""
    texts = [line for label in labels() for line in templates(label, TEMPLATES, REQUESTS, FRAGMENTS)] + [
        text for row in SLOTS.values() for text in row
    ]
    return sorted({word for text in texts for word in re.findall(r"[a-z]{3,}", text)})


def expand(template: str, rng: random.Random) -> str:
    """Choose one alternative of every group, from the inside out, then fill the slots."""
    while match := _GROUP.search(template):
        choice = rng.choice(match[1].split("|"))
        template = template[: match.start()] + choice + template[match.end() :]
    text = _SLOT.sub(lambda m: fill(m[1], rng), template)
    return re.sub(r"\s+([,.?!])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,|")


def _dress(text: str, label: str, rng: random.Random) -> str:
    """Add politeness and background, which must not decide anything."""
    if (
        label != "chat"
        and re.match(r"[a-z-]+", text)
        and not re.match(r"(what|when|where|who|how|i |the |a |is |there)", text)
    ):
        if rng.random() < 0.35:
            text = f"{fill('PREFIX', rng)} {text}"
        if rng.random() < 0.2:
            text = f"{text} {fill('SUFFIX', rng)}"
    if label != "chat" and rng.random() < 0.06:
        text = f"{fill('BACKGROUND', rng)}. {text}"
    if rng.random() < 0.3 and re.search(r"\b(what|when|where|who|how|which|can you|could you|is there)\b", text):
        text = f"{text}?"
    return text


def misspell(text: str, rng: random.Random) -> str:
    """Swap, drop or double one letter inside one of the longer words."""
    words = list(re.finditer(r"[a-z]{4,}", text))
    if not words:
        return text
    word = rng.choice(words)
    place = rng.randrange(word.start() + 1, word.end() - 1)
    first, second = text[place], text[place + 1]
    return text[:place] + rng.choice((second + first, second, first + first + second)) + text[place + 2 :]


def generate(per_label: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield `(text, label)` pairs without repeats, the same number of every label, and a share of fragments besides.

    `unsupported` gets twice as many: the world outside is wider than any task.
    """
    for label in labels():
        rng = random.Random(f"{seed}/{label}")  # noqa: S311  (a corpus, not a secret; a label's lines change its own only)
        wanted = per_label * 2 if label == "unsupported" else per_label
        yield from _expanded(label, templates(label), wanted, rng)
        if lines := templates(label, FRAGMENTS):
            yield from _expanded(label, lines, round(per_label * FRAGMENT_SHARE), rng)


def _expanded(label: str, lines: Sequence[str], wanted: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    attempts = 0
    while len(seen) < wanted and attempts < wanted * 20:
        text = _dress(expand(lines[attempts % len(lines)], rng), label, rng)
        if rng.random() < MISSPELT:
            text = misspell(text, rng)
        attempts += 1
        if text and text not in seen:
            seen.add(text)
            yield text, label
