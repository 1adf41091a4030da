"""JSON from outside: strict, of a bounded number of values, and without what databases and programs choke on."""

import codecs
from typing import Any

from pydantic_core import from_json, to_json

from model_wrappers.contract.errors import InvalidInput, TooLarge

MAX_VALUES = 20_000  # texts, numbers, lists, objects and their names
MAX_MARKS = 1_000_000  # brackets and commas, counted before anything is built; some are in texts
TOO_LARGE = 2**63
ESCAPED_NUL = b"\\u0000"


def read_json(data: bytes, what: str = "The body", param: str | None = None) -> Any:
    """Return the value of JSON, without the NUL characters of its texts.

    Raises:
        InvalidInput: If it is no JSON, nested more than 200 deep, or holds numbers that no machine has.
        TooLarge: If it has more values than any request needs.
    """
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_MARKS:
        raise _too_many(what, param)
    try:
        value = from_json(data.removeprefix(codecs.BOM_UTF8), allow_inf_nan=False)
    except ValueError as exc:
        raise InvalidInput(f"{what} is not JSON: {exc}.", param=param) from exc
    _check_values(value, what, param)
    return _without_nul(value) if ESCAPED_NUL in data else value


def checked_json(data: bytes) -> bytes:
    """Return JSON that any reader takes; raise what `read_json` raises."""
    value = read_json(data)
    return to_json(value) if ESCAPED_NUL in data else data.removeprefix(codecs.BOM_UTF8)


def _check_values(value: Any, what: str, param: str | None) -> None:
    waiting, count = [value], 0
    while waiting:
        item = waiting.pop()
        count += 1
        if isinstance(item, dict):
            waiting += (*item.keys(), *item.values())
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, (int, float)) and not abs(item) < TOO_LARGE:
            raise InvalidInput(f"{what} holds a number of 2 to the power of 63 or more; none is needed.", param=param)
        if count + len(waiting) > MAX_VALUES:
            raise _too_many(what, param)


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_without_nul(item) for item in value]
        case dict():
            return {name.replace("\0", ""): _without_nul(item) for name, item in value.items()}
    return value


def _too_many(what: str, param: str | None) -> TooLarge:
    return TooLarge(f"{what} holds more than the {MAX_VALUES:,} values allowed; ask for less at once.", param=param)
