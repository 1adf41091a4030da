"""`audiogpt status`: why requests are slow; for operators."""

import json
from typing import Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from audiogpt_cli.terminal.connection import ApiKey, AsJson, ServerUrl, connect, table_console
from audiogpt_client.client import DEFAULT_URL


def status(server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Tell what requests wait for: queues by model and tenant, models to be loaded, runs, GPU memory."""
    with connect(server, api_key) as client:
        found = client.status()
    if as_json:
        typer.echo(json.dumps(found))
        return
    console = table_console()
    for reason in found["slow_because"] or ["Nothing waits."]:
        console.print(f"- {escape(reason)}")
    console.print(_models(found["models"]))
    runs = found["runs"]
    console.print(f"Runs: {_by_tenant(runs['queued'])} queued, {_by_tenant(runs['running'])} in work.", highlight=False)
    for gpu in found["gpus"]:
        used = f"{gpu['used_mib']:,.0f} of {gpu['total_mib']:,.0f} MiB used"
        console.print(f"GPU {gpu['index']} of {gpu['node']}: {used}.", highlight=False)
    for model, reason in found["off"].items():
        console.print(f"Off: {escape(model)}: {escape(reason)}", highlight=False)


def _models(models: list[dict[str, Any]]) -> Table:
    table = Table(
        Column("model", no_wrap=True), "state", "replicas", "calls at once", "calls out", "wait s", "load s", "GPU MiB"
    )
    for model in models:
        table.add_row(
            model["id"],
            model["state"],
            str(model["replicas"]),
            str(model["at_once"]),
            _by_tenant(model["calls"]),
            _seconds(model["expected_wait_s"]),
            _seconds(model["load_s"]),
            str(model["gpu_reserved_mib"] or ""),
        )
    return table


def _by_tenant(counts: dict[str, int]) -> str:
    """Return a total and whose they are."""
    whose = ", ".join(f"{tenant} {count}" for tenant, count in counts.items())
    return f"{sum(counts.values())} ({whose})" if counts else "0"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
