"""`audiogpt tasks` and `audiogpt models`: what the server can do now."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from audiogpt_cli.connection import ServerUrl
from audiogpt_client import AudioGPT
from audiogpt_client.client import DEFAULT_URL

LISTED_LANGUAGES = 5  # the others are counted


def tasks(server: ServerUrl = DEFAULT_URL) -> None:
    """List the sixteen tasks, which models serve them, and why some are off."""
    table = Table("task", "live", "models, or why it is off", "what it does")
    with AudioGPT(server) as client:
        for task in client.tasks():
            live = task["live"]
            table.add_row(
                task["id"],
                "[green]yes[/]" if live else "[yellow]no[/]",
                ", ".join(task["models"]) if live else task["reason"],
                task["summary"],
            )
    Console().print(table)


def models(server: ServerUrl = DEFAULT_URL) -> None:
    """List the models with their state and all they declare."""
    table = Table("model", "tasks", "licence, source, revision", "takes", "memory MiB", show_lines=True)
    with AudioGPT(server) as client:
        for model in client.models():
            table.add_row(
                f"{model['id']}\n{_state(model)}",
                "\n".join(model["tasks"]),
                f"{model['licence']}\n{model['source']}\n{model['revision']}",
                "\n".join(_takes(model)),
                f"{model['memory_mb']:,}" + (f"\nGPU {model['gpu_memory_mb']:,}" if model["gpu_memory_mb"] else ""),
            )
    Console().print(table)


def _state(model: dict[str, Any]) -> str:
    colour = {"live": "green", "starting": "cyan"}.get(model["state"], "yellow")
    return f"[{colour}]{model['state']}[/]" + (f": {escape(model['reason'])}" if model["reason"] else "")


def _takes(model: dict[str, Any]) -> Iterator[str]:
    """Yield languages, sample rate and limits."""
    heard, made = (model[f"{side}_languages"] for side in ("input", "output"))
    if heard or made:
        languages = sorted({*(heard or ()), *(made or ())})
        named = ", ".join(languages[:LISTED_LANGUAGES])
        yield named + (f" and {more} languages more" if (more := len(languages) - LISTED_LANGUAGES) > 0 else "")
    if model["sample_rate"]:
        yield f"{model['sample_rate'] / 1000:g} kHz"
    for name, limit in model["limits"].items():
        if limit:
            yield f"{name} {', '.join(limit) if isinstance(limit, list) else f'{limit:g}'}"
