"""`audiogpt config`: whether a serve config fits onto its machines, and how it is sent to a cluster."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from audiogpt_cli.machine.sizing import size
from audiogpt_cli.terminal.connection import AsJson, table_console

if TYPE_CHECKING:
    from deployments.placement.config_check import ConfigCheck
    from deployments.placement.packing import Demand

CLUSTER = "cluster.yaml"

app = typer.Typer(no_args_is_help=True, help="Look at serve configs.")


@app.callback()
def config() -> None:
    """Look at serve configs."""


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="Serve config to check")],
    cluster: Annotated[
        Path | None, typer.Option(help="Cluster launcher file; cluster.yaml beside the config unless given")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print which model runs on which GPU, with its memory, and refuse what cannot fit."""
    from deployments.placement.config_check import check_config, refuse

    beside = file.parent / CLUSTER
    found = check_config(file, cluster or (beside if beside.exists() else None))
    if as_json:
        typer.echo(json.dumps(_described(found)))
    else:
        _show(found)
    refuse(found)
    if not as_json:
        Console().print(f"[green]{file} is valid and fits.[/]", highlight=False)


app.command("size")(size)


@app.command("render")
def render(
    file: Annotated[Path, typer.Argument(help="Serve config to render")],
    version: Annotated[str | None, typer.Option(help="Version of the code; a hash of it unless given")] = None,
) -> None:
    """Print a config for `serve deploy`: with the version of the code, so that Serve rolls it out."""
    from deployments.placement.rendering import code_version, rendered

    typer.echo(rendered(file, version or code_version()), nl=False)


def _described(found: "ConfigCheck") -> dict[str, Any]:
    """Return what was found as plain values."""
    return {
        "models": [asdict(demand) for demand in found.demands],
        "gpus": [
            {"group": gpu.group.name, "models": [replica.model for replica in gpu.replicas], "needed_mb": gpu.needed_mb}
            for gpu in found.one_of_each.gpus
        ],
        "notes": found.notes,
        "problems": found.problems,
    }


def _show(found: "ConfigCheck") -> None:
    console = table_console()
    if any(demand.num_gpus for demand in found.demands):
        console.print(_models_table(found))
        console.print(_packing_table(found))
        console.print(_groups_table(found))
        console.print(_hosts_table(found))
    else:
        total = sum(demand.memory_mb * demand.max_replicas for demand in found.demands)
        console.print(
            f"{len(found.demands)} models on CPUs, no GPU; {total:,} MiB of host memory with all of them loaded.",
            highlight=False,
        )
    for note in found.notes:
        console.print(f"[yellow]Note:[/] {note}", highlight=False)


def _models_table(found: "ConfigCheck") -> Table:
    table = Table(title="Models on GPUs", title_justify="left")
    for column in ("model", "GPU type", "declared MiB", "fraction", "least", "replicas"):
        table.add_column(column, no_wrap=True)
    for demand in found.demands:
        if demand.num_gpus:
            table.add_row(
                demand.model,
                demand.gpu_type or "any",
                f"{demand.gpu_memory_mb:,}",
                f"{demand.num_gpus:g}",
                _least(found, demand),
                f"{demand.min_replicas} to {demand.max_replicas}",
            )
    return table


def _least(found: "ConfigCheck", demand: "Demand") -> str:
    """Return the least fraction on every GPU type the model may be placed on."""
    from deployments.serve.gpus import least_fraction

    types = {group.gpu_type for group in found.groups if group.gpu_type and demand.gpu_type in (None, group.gpu_type)}
    return "\n".join(f"{kind} {least_fraction(demand.gpu_memory_mb, kind):g}" for kind in sorted(types))


def _packing_table(found: "ConfigCheck") -> Table:
    table = Table(title="One replica of each on as few GPUs as hold them", title_justify="left")
    for column in ("GPU", "models", "fraction", "needed of MiB"):
        table.add_column(column, no_wrap=True)
    for number, gpu in enumerate(found.one_of_each.gpus):
        table.add_row(
            f"{gpu.group.name} #{number} ({gpu.group.gpu_type})",
            "\n".join(f"{replica.model} {replica.num_gpus:g}" for replica in gpu.replicas),
            f"{gpu.fraction:.2f}",
            f"{gpu.needed_mb:,} of {gpu.capacity_mb:,}",
        )
    return table


def _groups_table(found: "ConfigCheck") -> Table:
    table = Table(title="GPUs of the worker groups", title_justify="left")
    for column in ("group", "type", "always", "largest rolled out", "all at their bounds", "allowed"):
        table.add_column(column)
    for group in found.groups:
        if group.gpus_per_node:
            counts = [packing.count(group) for packing in (found.at_minimum, found.rolling_out, found.at_maximum)]
            table.add_row(group.name, group.gpu_type, *map(str, counts), str(group.max_gpus))
    return table


def _hosts_table(found: "ConfigCheck") -> Table:
    """Return how many nodes without GPUs are needed for what needs none."""
    from deployments.placement.hosts import pack_hosts
    from deployments.placement.packing import at_maximum, at_minimum

    everyone = [*found.demands, *found.services]
    packings = [pack_hosts(replicas(everyone), found.groups) for replicas in (at_minimum, at_maximum)]
    table = Table(title="Nodes without GPUs", title_justify="left")
    for column in ("group", "CPUs", "always", "all at their bounds", "allowed"):
        table.add_column(column)
    for group in found.groups:
        if not group.gpus_per_node and group.cpus_per_node:
            counts = (str(packing.count(group)) for packing in packings)
            table.add_row(group.name, f"{group.cpus_per_node:g}", *counts, str(group.max_nodes))
    return table
