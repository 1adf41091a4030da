"""No regular expression takes more than linear time on any text."""

import re
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.hostile.patterns import Found, attacks, patterns

SIZES = (16, 20, 24, 32, 64, 256, 4_000)  # characters
SLOW_S = 0.02  # of computing at the last size; a pattern that looks at each character a few times takes 0.2 ms
GROWTH = 3.2  # from one size to its double; linear is 2, quadratic 4

FOUND = patterns()


def cost_s(pattern: re.Pattern[str], text: str) -> float:
    """Return the seconds of computing that finding a pattern in a text takes."""
    begun = time.thread_time()
    for _ in pattern.finditer(text):
        pass
    pattern.fullmatch(text)
    return time.thread_time() - begun


def slow(found: Found, sizes: Sequence[int] = SIZES) -> Iterator[str]:
    """Yield the texts that a pattern takes more than linear time for."""
    pattern = re.compile(found.pattern, found.flags)
    for head, body, end in attacks(found.pattern, found.flags):
        for size in sizes:
            count = size // len(body) + 1
            if cost_s(pattern, head + body * count + end) > SLOW_S:
                half, whole = (
                    min(cost_s(pattern, head + body * n + end) for _ in range(3)) for n in (count // 2, count)
                )
                if whole > SLOW_S / 2 and whole > GROWTH * half:
                    yield f"{head!r} + {body!r} * {count} + {end!r}: {half:.3f} s, {whole:.3f} s for twice the length"
                break


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.where)
def test_pattern_takes_linear_time(found: Found) -> None:
    assert next(slow(found), None) is None


@pytest.mark.parametrize("pattern", [r"(?:(?:an?|a)\s+)+s", r"(a|a)*b", r"\s*\n", r"\d+x", r"(\w+\s?)+$"])
def test_patterns_that_grow_faster_are_found(pattern: str) -> None:
    assert next(slow(Found("here", pattern, 0), (*SIZES, 4 * SIZES[-1])), None) is not None  # also on a fast machine
