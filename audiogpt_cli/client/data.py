"""`audiogpt data`: everything one has on the server."""

import json
from typing import Annotated

import typer
from rich.console import Console

from audiogpt_cli.terminal.connection import ApiKey, AsJson, ServerUrl, connect
from audiogpt_client.client import DEFAULT_URL

app = typer.Typer(no_args_is_help=True, help="Delete everything one has on the server.")


@app.command()
def delete(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
    as_json: AsJson = False,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Delete all of one's own sessions, runs and files, and print the receipt; it cannot be undone."""
    if not yes:
        typer.confirm(f"Delete all your sessions, runs and files on {server}, for good?", abort=True, err=True)
    with connect(server, api_key) as client:
        receipt = client.delete_everything()
    if as_json:
        typer.echo(json.dumps(receipt))
        return
    deleted = ", ".join(f"{count} {name}" for name, count in receipt["rows"].items() if count)
    Console().print(
        f"deleted {receipt['files']} files of {receipt['size_bytes']:,} bytes"
        + (f", {deleted}" if deleted else "")
        + f"; receipt {receipt['id']}",
        highlight=False,
    )


@app.callback()
def data() -> None:
    """Delete everything one has on the server."""
