"""Plans drawn at random: trees, several branches from one step, the speakers of one separation, unrelated wishes."""

import random
from collections.abc import Sequence

from llm_planner.offline.learned.queries import QUERIES, accepts
from training.planner.examples import CODES, Edges, Tasks

_STARTS = dict(
    zip(
        ["se", "ss", "sr", "ai", "ts", "ta", "ia", "sg", "sx", "ac", "st", "vc", "mb"],
        (14, 7, 12, 8, 8, 8, 6, 5, 9, 5, 6, 4, 1),
        strict=True,
    )
)
_LIKELY = {
    "sr": 4.0,
    "st": 3.0,
    "ts": 3.0,
    "mb": 3.0,
    "ac": 2.5,
    "th": 1.5,
    "vc": 1.2,
    "sd": 1.5,
    "td": 1.2,
    "se": 2.0,
    "ss": 1.2,
    "sx": 1.2,
    "ai": 1.0,
    "ta": 0.5,
    "sg": 0.3,
}
_USUAL = frozenset({("sr", "st"), ("st", "ts"), ("se", "sr"), ("ss", "sr"), ("ac", "ts"), ("ts", "th")})
_LAST = frozenset({"sd", "td", "th"})
_MADE = frozenset({"ta", "ia", "sx"})
_VOICED = frozenset({"ts", "sg", "vc"})


def fits(tasks: Sequence[str]) -> bool:
    """Tell whether the parser has a query for every step."""
    return all(tasks.count(task) <= QUERIES.count(task) for task in set(tasks))


def tree(rng: random.Random, size: int | None = None) -> tuple[Tasks, Edges]:
    """Return a chain that may branch once in a while; no task twice."""
    codes = [rng.choices(list(_STARTS), list(_STARTS.values()))[0]]
    edges: list[tuple[int, int]] = []
    size = size or rng.choices((2, 3, 4, 5, 6), (40, 33, 16, 7, 4))[0]
    current = 0
    while len(codes) < size:
        if len(codes) > 1 and rng.random() < 0.12:
            current = 0
        following = [code for code in _LIKELY if code not in codes and _may_follow(codes[current], code)]
        if not following or codes[current] in _LAST:
            if current == 0:
                break
            current = 0
            continue
        code = rng.choices(following, [_weight(codes[current], code) for code in following])[0]
        edges.append((current, len(codes)))
        codes.append(code)
        current = current if code in _LAST else len(codes) - 1
    return tuple(CODES[code] for code in codes), tuple(edges)


def _may_follow(before: str, code: str) -> bool:
    after_voices = before == "ss" and code in ("sd", "td", "sx", "ai")
    return accepts(CODES[before], CODES[code]) and not after_voices and before not in ("sd", "td")


def _weight(before: str, code: str) -> float:
    weight = _LIKELY[code] * (2.5 if (before, code) in _USUAL else 1)
    if before in _MADE and code in ("sr", "st", "vc", "ss", "th"):
        weight *= 0.25
    if before in _VOICED and code in ("se", "sx", "ss", "sd", "td", "ac"):
        weight *= 0.2
    return weight


def speakers(rng: random.Random) -> tuple[Tasks, Edges, int]:
    """Return a separation whose voices are treated alike, and how many steps come before the first of them."""
    each = rng.choices(
        ("sr", "st", "se", "mb", "sr st", "st ts", "ac", "sr st ts", "se sr", "sr ts"),
        (5, 3, 2, 1, 3, 1, 0.5, 0.7, 1, 1),
    )[0].split()
    codes = rng.choices(((), ("se",), ("ai",), ("ai", "se")), (6, 3, 1, 0.5))[0] + ("ss",)
    edges = [(step, step + 1) for step in range(len(codes) - 1)]
    separation, tasks = len(codes) - 1, list(codes)
    for _ in range(2):
        parent = separation
        for code in each:
            edges.append((parent, len(tasks)))
            parent = len(tasks)
            tasks.append(code)
    return tuple(CODES[code] for code in tasks), tuple(edges), len(codes)


def branches(rng: random.Random) -> tuple[Tasks, Edges, list[list[int]]]:
    """Return a plan whose last common step feeds two or three branches, and the steps of each branch."""
    before = rng.choice(((), (), ("se",), ("ai",), ("ai", "se")))
    hub = rng.choice(["se", "ai", "sr", "st", "ts", "ta", "ia", "ac", "sx", "vc", "ts", "sr", "se"])
    if hub in before or hub in ("ts", "ta", "ia"):
        before = ()
    codes = [*before, hub]
    edges = [(step, step + 1) for step in range(len(codes) - 1)]
    heads: list[list[int]] = []
    for _ in range(rng.choices((2, 3), (5, 1))[0]):
        branch, parent = [], len(before)
        for _ in range(rng.choices((1, 2), (3, 1.3))[0]):
            following = [
                code
                for code in ["sr", "st", "ts", "mb", "ac", "th", "vc", "sd", "td", "se"]
                if _may_branch(codes, parent, code, edges)
            ]
            if not following:
                break
            codes.append(rng.choice(following))
            edges.append((parent, len(codes) - 1))
            parent = len(codes) - 1
            branch.append(parent)
            if codes[-1] in _LAST:
                break
        heads += [branch] if branch else []
    return tuple(CODES[code] for code in codes), tuple(edges), heads


def _may_branch(codes: list[str], parent: int, code: str, edges: list[tuple[int, int]]) -> bool:
    before = codes[parent]
    again = code in ("ts", "st", "mb", "sr") and codes.count(code) < 2 and code != before
    sibling = any(a == parent and codes[b] == code for a, b in edges)
    made = before in ("ta", "ia") and code in ("sr", "st", "vc", "th", "se")
    return _may_follow(before, code) and (code not in codes or (again and not sibling)) and not made
