"""`audiogpt models`: list them, fetch their published weights, and verify these."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Column, Table

from audiogpt_cli.client import listing
from audiogpt_cli.terminal.connection import ApiKey, AsJson, ServerUrl, progress_console, table_console
from audiogpt_client.client import DEFAULT_URL
from model_wrappers.contract.errors import InvalidInput, ModelUnavailable
from model_wrappers.weights.hub import NOT_PINNED, Checkpoint
from model_wrappers.weights.hub_checksums import Checksums

PRODUCTION = Path("serve_config.yaml")
COLUMNS = ("model", "checkpoint", "state", "commit", "folder")

app = typer.Typer(invoke_without_command=True)

ConfigFile = Annotated[Path, typer.Option("--config", help="Serve config that says which checkpoints")]
Chosen = Annotated[list[str] | None, typer.Argument(help="Ids of models; all of the config unless given")]
Update = Annotated[bool, typer.Option("--update", help="Take the newest commit of those that are not pinned")]


@app.callback()
def models(
    context: typer.Context, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False
) -> None:
    """List the models and what they declare; or fetch and verify weights."""
    if context.invoked_subcommand is None:
        listing.models(server, api_key, as_json)


@app.command("pull")
def pull(chosen: Chosen = None, config: ConfigFile = PRODUCTION, update: Update = False) -> None:
    """Fetch the weights of a config's models from the hub and verify them; what is here already is not fetched again.

    They go to $AUDIOGPT_MODELS, or to the hub's cache where that is not set. Commit and checksums are recorded beside
    them; a checkpoint that is not pinned stays at its recorded commit.
    """
    console = Console()
    failed: dict[str, str] = {}
    for weights in _weights(config, chosen):
        try:
            _fetch(weights, console, update=update)
        except ModelUnavailable as exc:
            failed[weights.model_id] = exc.message
            console.print(f"{weights.model_id}: [red]not fetched[/]: {exc.message}", highlight=False)
    if failed:
        raise ModelUnavailable(
            f"The weights of {', '.join(failed)} were not fetched, all others are here. {next(iter(failed.values()))}"
        )


@dataclass(frozen=True)
class _Weights:
    """A checkpoint that a config asks for, and what it is for."""

    model_id: str
    licence: str
    checkpoint: Checkpoint


def _fetch(weights: _Weights, console: Console, *, update: bool) -> None:
    """Fetch and verify one checkpoint.

    Raises:
        ModelUnavailable: If it cannot be had, or is not what the hub says it is.
    """
    name, checkpoint = weights.model_id, weights.checkpoint
    if (folder := checkpoint.local_folder()) and Checksums.of(folder) is None:
        console.print(f"{name}: {checkpoint} is a folder of your own, {folder}", highlight=False)
        return
    console.print(f"{name}: fetching {checkpoint} ({weights.licence}) ...", highlight=False)
    folder = checkpoint.download(update=update)
    wrong = _verify(folder, console)
    if wrong:
        raise ModelUnavailable(f"{_damaged(folder, wrong)} Delete them and run `audiogpt models pull` again.")
    console.print(f"{name}: [green]verified[/] in {folder}, commit {_commit(checkpoint)}", highlight=False)


@app.command("check")
def check(chosen: Chosen = None, config: ConfigFile = PRODUCTION, as_json: AsJson = False) -> None:
    """Verify the weights that are on this machine, without a network; fail if any are missing or damaged."""
    rows: list[dict[str, str]] = []
    for weights in _weights(config, chosen):
        state, folder = _state(weights.checkpoint, progress_console(as_json))
        commit = _commit(weights.checkpoint) if folder else ""
        cells = (weights.model_id, weights.checkpoint.model, state, commit, folder)
        rows.append(dict(zip(COLUMNS, cells, strict=True)))
    if as_json:
        typer.echo(json.dumps(rows))
    else:
        table = Table(*(Column(name, overflow="fold") for name in COLUMNS))
        for row in rows:
            table.add_row(*row.values())
        table_console().print(table)
    if bad := sum(not row["state"].startswith(("verified", "found")) for row in rows):
        raise ModelUnavailable(
            f"{bad} checkpoints are missing, damaged or of another commit; run `audiogpt models pull`."
        )


def _weights(config: Path, chosen: Sequence[str] | None) -> Iterator[_Weights]:
    """Yield the published checkpoints of the chosen models, and of the LLM.

    Raises:
        InvalidInput: If a chosen model is not configured.
    """
    from deployments.placement.config_check import check_config

    checked = check_config(config)
    found = {spec.id: [_Weights(spec.id, spec.card.licence, one) for one in spec.checkpoints] for spec in checked.specs}
    found |= {name: [_Weights(name, args.licence, args.weights)] for name, args in checked.llms.items()}
    if unknown := [name for name in chosen or () if name not in found]:
        raise InvalidInput(f"{config} has no model '{unknown[0]}'; it has: {', '.join(found)}.", param="model")
    for name in chosen or found:
        yield from found[name]


def _state(checkpoint: Checkpoint, console: Console) -> tuple[str, str]:
    try:
        folder = checkpoint.folder(offline=True)
    except ModelUnavailable as exc:
        return exc.message, ""
    if Checksums.of(folder) is None:
        return "found; it has no checksums", str(folder)
    wrong = _verify(folder, console)
    return f"damaged: {', '.join(wrong)}" if wrong else "verified", str(folder)


def _commit(checkpoint: Checkpoint) -> str:
    """Return the commit that is here, and whether the config asks for it."""
    found = checkpoint.commit()
    if found is None:
        return "not recorded"
    return found if checkpoint.revision else f"{found} ({NOT_PINNED}: its revision can be set in the model's 'args')"


def _verify(folder: Path, console: Console) -> tuple[str, ...]:
    """Compare every file of a download with its checksum; return the names of those that differ."""
    checksums = Checksums.of(folder)
    if checksums is None:
        return ()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(f"verifying {checksums.repository}", total=checksums.size_bytes)
        return checksums.wrong_files(folder, lambda size: progress.advance(bar, size))


def _damaged(folder: Path, wrong: Sequence[str]) -> str:
    return f"These files in {folder} are not what the hub says they are: {', '.join(wrong)}."
