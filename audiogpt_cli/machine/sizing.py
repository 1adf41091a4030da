"""`audiogpt config size`: what a number of users needs of a cluster, and why."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from audiogpt_cli.terminal.connection import AsJson, table_console
from model_wrappers.contract.errors import InvalidInput

if TYPE_CHECKING:
    from deployments.placement.sizing import Need

PAUSE_S = 120.0

Numbers = list[str] | None


def size(
    file: Annotated[Path, typer.Argument(help="Serve config with the models that are to answer")] = Path(
        "serve_config.yaml"
    ),
    users: Annotated[int, typer.Option(min=1, help="Users at the busiest time")] = 100,
    pause_s: Annotated[float, typer.Option(min=0.1, help="Mean seconds between two requests of a user")] = PAUSE_S,
    mix: Annotated[Numbers, typer.Option(help="Share of a kind of requests, such as transcription=0.3")] = None,
    seconds: Annotated[
        Numbers, typer.Option(help="Seconds a model is held by one request, where you know, such as whisper-base=0.2")
    ] = None,
    costs: Annotated[
        Path | None, typer.Option(help="What requests cost, as measured by you; as shipped unless given")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print how many replicas of everything that many users need, what these take, and what it was reckoned from."""
    from deployments.placement.config_check import check_config
    from deployments.placement.costs import MEASURED, Costs
    from deployments.placement.sizing import Users, needs, with_mix

    measured = with_mix(Costs.read(costs or MEASURED), _numbers(mix, "--mix"))
    found = needs(check_config(file), measured, Users(users, pause_s), _numbers(seconds, "--seconds"))
    if as_json:
        rows = [asdict(need) | {"cpus": need.cpus, "memory_mb": need.memory_mb, "gpus": need.gpus} for need in found]
        typer.echo(json.dumps(rows))
        return
    console = table_console()
    console.print(_table(found))
    console.print(
        f"{users:,} users with a request every {pause_s:g} s: {users / pause_s:.1f} a second. With so many replicas "
        "requests wait no longer than half the time they take, and places are taken 60 % of the time. What nodes that "
        "takes is told by `audiogpt config check`, with these replicas as min_replicas.",
        highlight=False,
    )


def _numbers(given: Sequence[str] | None, option: str) -> dict[str, float]:
    """Read options such as `name=0.5`.

    Raises:
        InvalidInput: If one is something else.
    """
    found = {}
    for text in given or ():
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            found[name.strip()] = math.nan
        if not 0 <= found[name.strip()] < math.inf:
            raise InvalidInput(f"{option} is {text[:80]!r}; write name=number, 0 or more.", param=option)
    return found


def _table(found: Sequence["Need"]) -> Table:
    table = Table("deployment", "replicas", "CPUs", "memory GiB", "GPUs", "requests/s", "s each", "wait s", "why")
    for need in found:
        asked = need.per_s > 0
        table.add_row(
            need.demand.model,
            str(need.replicas),
            f"{need.cpus:g}",
            f"{need.memory_mb / 1_024:.1f}",
            f"{need.gpus:.2f} {need.demand.gpu_type or ''}" if need.gpus else "",
            *((f"{need.per_s:.2f}", f"{need.held_s:.3f}", f"{need.wait_s:.3f}") if asked else ("", "", "")),
            need.why,
        )
    table.add_section()
    gpus: dict[str, float] = {}
    for need in found:
        if need.gpus:
            gpus[str(need.demand.gpu_type)] = gpus.get(str(need.demand.gpu_type), 0.0) + need.gpus
    table.add_row(
        "all",
        str(sum(need.replicas for need in found)),
        f"{sum(need.cpus for need in found):g}",
        f"{sum(need.memory_mb for need in found) / 1_024:.1f}",
        ", ".join(f"{share:.2f} {kind}" for kind, share in gpus.items()),
    )
    return table
