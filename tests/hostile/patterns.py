"""Every regular expression of the repository, and strings made to keep each of them busy."""

import ast
import builtins
import importlib
import re
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "model_wrappers", "llm_planner", "router", "deployments", "audiogpt_cli", "audiogpt_client", "audiogpt_mcp",
    "webui",
)  # fmt: skip
FUNCTIONS = ("compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")
SPECIAL = tuple(" \u00a0\t\na1.,-'\"!:_/(")  # what people repeat
COMMON = (" ", "\u00a0", "a ")
ENDS = ("", "\0", "!\nx")
MANY = 20  # a repetition up to fewer than this cannot cost much


@dataclass(frozen=True)
class Found:
    """A pattern and where it stands."""

    where: str
    pattern: str
    flags: int


def patterns() -> list[Found]:
    """Return the patterns of all packages, each once; a word stands for what only a running function knows."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    found = [item for path in paths if "re." in (text := path.read_text()) for item in _in_file(path, ast.parse(text))]
    return list({(item.pattern, item.flags & ~re.UNICODE): item for item in found}.values())


def _in_file(path: Path, tree: ast.Module) -> Iterator[Found]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_pattern(node)]
    if not calls:
        return
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    for name, compiled in _compiled(vars(module)):
        yield Found(f"{path.relative_to(ROOT)}:{name}", _text(compiled.pattern), compiled.flags)
    for call in calls:
        pattern = _value(call.args[0], module)
        flags = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
        flags += call.args[1:2] if isinstance(call.func, ast.Attribute) and call.func.attr == "compile" else []
        if isinstance(pattern, str | bytes) and not isinstance(pattern, _Word):
            where = f"{path.relative_to(ROOT)}:{call.lineno}"
            yield Found(where, _text(pattern), int(_value(flags[0], module)) if flags else 0)


def _text(pattern: str | bytes) -> str:
    """Return a pattern over bytes as one over the characters of the same numbers, which takes as long."""
    return pattern if isinstance(pattern, str) else pattern.decode("latin-1")


def _compiled(values: Mapping[Any, Any]) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Yield the patterns a module holds, in tables too."""
    for name, value in list(values.items()):
        if isinstance(value, re.Pattern):
            yield str(name), value
        elif isinstance(value, (tuple, list)):
            yield from ((str(name), found) for _, found in _compiled(dict(enumerate(value))))
        elif isinstance(value, dict) and not str(name).startswith("__"):
            yield from ((str(name), found) for _, found in _compiled(value))


def _is_pattern(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in FUNCTIONS
        and bool(call.args)
    )


def _value(node: ast.expr, module: ModuleType) -> Any:
    try:
        return eval(compile(ast.Expression(node), module.__name__, "eval"), vars(module), _Locals(vars(module)))
    except TypeError:  # words among bytes; where a module compiles such a pattern, it holds it, too
        return _Word()


class _Locals(dict[str, Any]):
    """Knows a module's names, and any other as some word."""

    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, _Word("some words"))


class _Word(str):
    """A text that can be asked for anything."""

    def __getattr__(self, name: str) -> "_Word":
        return self

    def __getitem__(self, key: Any) -> "_Word":
        return self

    def __call__(self, *arguments: Any, **named: Any) -> "_Word":
        return self


def attacks(pattern: str, flags: int) -> Iterator[tuple[str, str, str]]:
    """Yield beginnings, what to repeat after them, and ends: the way to a repetition, what it repeats, a misfit."""
    seen = set()
    for before, bodies in _repetitions(parser.parse(pattern, flags), ""):
        for body in (*bodies, *COMMON):
            for repeated in (body, before + body):
                for end in ENDS:
                    attack = (before[-200:], repeated[-200:], end)
                    if repeated and attack not in seen:
                        seen.add(attack)
                        yield attack


def _repetitions(tree: Any, before: str) -> Iterator[tuple[str, list[str]]]:
    for code, value in tree:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            low, high, body = value
            if high >= MANY:
                yield before, _samples(body)
            yield from _repetitions(body, before)
            before += (_samples(body) or [""])[0] * max(low, min(1, high))
            continue
        for inner in _inner(code, value):
            yield from _repetitions(inner, before)
        before += (_samples([(code, value)]) or [""])[0]


def _inner(code: Any, value: Any) -> list[Any]:
    if code is codes.BRANCH:
        return list(value[1])
    if code in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
        return [value[-1] if code is codes.SUBPATTERN else value]
    return [value[1]] if code in (codes.ASSERT, codes.ASSERT_NOT) else []


def _samples(tree: Any, most: int = 6) -> list[str]:
    """Return some strings that a part of a pattern matches."""
    found = [""]
    for code, value in tree:
        options = _options(code, value)[:most]
        found = [text + option for text in found for option in options][:most]
    return found


def _options(code: Any, value: Any) -> list[str]:
    match code:
        case codes.LITERAL:
            return [chr(value)]
        case codes.NOT_LITERAL:
            return ["a" if value != ord("a") else "b"]
        case codes.ANY:
            return ["a", " "]
        case codes.IN:
            return _members(value)
        case codes.BRANCH:
            return [text for branch in value[1] for text in _samples(branch, 2)]
        case codes.SUBPATTERN:
            return _samples(value[-1])
        case codes.ATOMIC_GROUP:
            return _samples(value)
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            low, high, body = value
            return [text * max(low, min(1, high)) for text in _samples(body)]
    return [""]


def _members(items: Any) -> list[str]:
    negated = items[0][0] is codes.NEGATE
    allowed = [text for text in (*SPECIAL, "b", "z", "A", "é", "0") if _holds(items, text)]
    if negated:
        return allowed or ["\u4e00"]
    named = [
        chr(value if code is codes.LITERAL else value[0])
        for code, value in items
        if code in (codes.LITERAL, codes.RANGE)
    ]
    return list(dict.fromkeys((*allowed, *named)))


def _holds(items: Any, text: str) -> bool:
    categories = {codes.CATEGORY_DIGIT: str.isdigit, codes.CATEGORY_SPACE: str.isspace}
    categories[codes.CATEGORY_WORD] = lambda char: char.isalnum() or char == "_"
    opposites = {
        codes.CATEGORY_NOT_DIGIT: codes.CATEGORY_DIGIT,
        codes.CATEGORY_NOT_SPACE: codes.CATEGORY_SPACE,
        codes.CATEGORY_NOT_WORD: codes.CATEGORY_WORD,
    }
    inside = False
    for code, value in items:
        if code is codes.LITERAL:
            inside |= ord(text) == value
        elif code is codes.RANGE:
            inside |= value[0] <= ord(text) <= value[1]
        elif code is codes.CATEGORY:
            inside |= categories[value](text) if value in categories else not categories[opposites[value]](text)
    return inside != (items[0][0] is codes.NEGATE)
