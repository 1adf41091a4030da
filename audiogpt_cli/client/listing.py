"""`audiogpt tasks` and `audiogpt models`: what the server can do now."""

import json
from collections.abc import Iterator
from typing import Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from audiogpt_cli.terminal.connection import ApiKey, AsJson, ServerUrl, connect, table_console
from audiogpt_client.client import DEFAULT_URL

LISTED = 5  # languages and voices; the others are counted


def tasks(server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """List the sixteen tasks, which models serve them, and why some are off."""
    with connect(server, api_key) as client:
        found = client.tasks()
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table(Column("task", no_wrap=True), "live", "models, or why it is off", "what it does")
    for task in found:
        live = task["live"]
        table.add_row(
            task["id"],
            "[green]yes[/]" if live else "[yellow]no[/]",
            ", ".join(task["models"]) if live else task["reason"],
            task["summary"],
        )
    table_console().print(table)


def models(server: ServerUrl = DEFAULT_URL, api_key: str | None = None, as_json: bool = False) -> None:
    """List the models with their state and all they declare."""
    with connect(server, api_key) as client:
        found = client.models()
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table("model", "tasks", "licence, source, revision", "takes", "memory MiB", show_lines=True)
    for model in found:
        table.add_row(
            f"{model['id']}\n{_state(model)}",
            "\n".join(model["tasks"]),
            f"{model['licence']}\n{model['source']}\n{model['revision']}",
            "\n".join(_takes(model)),
            f"{model['memory_mb']:,}" + (f"\nGPU {model['gpu_memory_mb']:,}" if model["gpu_memory_mb"] else ""),
        )
    table_console().print(table)


def _state(model: dict[str, Any]) -> str:
    colour = {"live": "green", "starting": "cyan"}.get(model["state"], "yellow")
    return f"[{colour}]{model['state']}[/]" + (f": {escape(model['reason'])}" if model["reason"] else "")


def _takes(model: dict[str, Any]) -> Iterator[str]:
    """Yield languages, sample rate and limits."""
    heard, made = (model[f"{side}_languages"] for side in ("input", "output"))
    if heard or made:
        languages = sorted({*(heard or ()), *(made or ())})
        named = ", ".join(languages[:LISTED])
        yield named + (f" and {more} languages more" if (more := len(languages) - LISTED) > 0 else "")
    if voices := [name for names in model["voices"].values() for name in names]:
        named = ", ".join(voices[:LISTED])
        yield f"voices {named}" + (f" and {more} more" if (more := len(voices) - LISTED) > 0 else "")
    if model["sample_rate"]:
        yield f"{model['sample_rate'] / 1000:g} kHz"
    for name, limit in model["limits"].items():
        if limit:
            yield f"{name} {', '.join(limit) if isinstance(limit, list) else f'{limit:g}'}"
