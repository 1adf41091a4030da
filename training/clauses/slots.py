"""What the templates' slots may hold, and sentences used as content that must not decide anything."""

import random
from pathlib import Path

STATEMENT_MADE_UP = 0.7  # of the statements; the fixed ones are few


def _read(path: Path) -> dict[str, tuple[str, ...]]:
    """Read lines of the form `SLOT: one; another`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = (line.split(": ", 1) for line in lines if line)
    return {name: tuple(values.split("; ")) for name, values in rows}


SLOTS = _read(Path(__file__).with_name("slots.txt"))
SLOTS |= {"LANG2": SLOTS["LANG"], "V2": SLOTS["V"]}


def fill(name: str, rng: random.Random) -> str:
    """Return one filling of a slot; most statements are put together from subject and predicate."""
    if name == "STATEMENT" and rng.random() < STATEMENT_MADE_UP:
        return f"{rng.choice(SLOTS['SUBJECT'])} {rng.choice(SLOTS['PREDICATE'])}"
    return rng.choice(SLOTS[name])
