"""Long lists of the server on the terminal."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel
from rich.table import Column, Table

from audiogpt_cli.terminal.connection import table_console
from router.pages import MAX_PAGE, Page

ItemT = TypeVar("ItemT", bound=BaseModel)

DEFAULT_ITEMS = 20
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="Most things to list")]


def newest(fetch: Callable[[str | None, int], Page[ItemT]], limit: int) -> list[ItemT]:
    """Return the newest things of a list, page by page."""
    return list(islice(_all(fetch, min(limit, MAX_PAGE)), limit))


def _all(fetch: Callable[[str | None, int], Page[ItemT]], at_once: int) -> Iterator[ItemT]:
    cursor: str | None = None
    while True:
        page = fetch(cursor, at_once)
        yield from page.data
        if (cursor := page.next) is None:
            return


def show(found: Sequence[ItemT], as_json: bool, columns: Mapping[str, Callable[[ItemT], str]]) -> None:
    """Print things as JSON, or as a table whose first column is never cut.

    Args:
        found: The things.
        as_json: Whether all that is known of them is wanted.
        columns: Heading -> what stands below it for a thing.
    """
    if as_json:
        typer.echo(json.dumps([item.model_dump(mode="json") for item in found]))
        return
    first, *others = columns
    table = Table(Column(first, no_wrap=True), *others)
    for item in found:
        table.add_row(*(cell(item) for cell in columns.values()))
    table_console().print(table)


def moment(seconds: float) -> str:
    """Return a time in seconds since 1970 as date and time of this machine."""
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:%M}"
