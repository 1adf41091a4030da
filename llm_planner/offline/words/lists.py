"""Lists of words and phrases by what they do in a request, read from a file."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("lists.toml")
_LISTS: Mapping[str, Mapping[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def words(table: str, name: str = "words") -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(_LISTS[table][name].split())


def names(table: str) -> tuple[str, ...]:
    """Return the names of the lists of a table, in order."""
    return tuple(_LISTS[table])


@cache
def phrases(table: str, name: str = "phrases") -> re.Pattern[str]:
    """Return a pattern that finds the phrases of a list as whole words, the longest first.

    It takes linear time: its phrases are plain text.
    """
    known = sorted(filter(None, _LISTS[table][name].splitlines()), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)


def mentions(table: str, text: str, name: str = "phrases") -> bool:
    """Tell whether a text has a phrase of a list."""
    return phrases(table, name).search(text) is not None
