"""`audiogpt artifacts`: one's own files on the server."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from audiogpt_cli.terminal.connection import ApiKey, AsJson, ServerUrl, connect
from audiogpt_cli.terminal.outputs import extension
from audiogpt_cli.terminal.pages import DEFAULT_ITEMS, Limit, moment, newest, show
from audiogpt_client.client import DEFAULT_URL

app = typer.Typer(invoke_without_command=True)

SHOWN_DIGITS = 12  # of an id in the name of a file
ArtifactId = Annotated[str, typer.Argument(help="File, by its id")]


@app.callback()
def artifacts(
    context: typer.Context,
    limit: Limit = DEFAULT_ITEMS,
    as_json: AsJson = False,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """List one's own stored files, the newest first; or fetch or delete one."""
    if context.invoked_subcommand is not None:
        return
    with connect(server, api_key) as client:
        found = newest(lambda cursor, count: client.list_artifacts(cursor=cursor, limit=count), limit)
    columns = {
        "artifact": lambda kept: kept.id,
        "type": lambda kept: kept.media_type,
        "bytes": lambda kept: f"{kept.size_bytes:,}",
        "stored": lambda kept: moment(kept.created),
        "kept until": lambda kept: moment(kept.expires),
    }
    show(found, as_json, columns)


@app.command()
def get(
    artifact: ArtifactId,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; named by its id if absent")] = None,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Fetch a file."""
    with connect(server, api_key) as client:
        path = out or Path(artifact[:SHOWN_DIGITS] + extension(client.artifact(artifact).media_type))
        path.write_bytes(client.download(artifact))
    Console(stderr=True).print(f"wrote {path}", highlight=False)


@app.command()
def delete(artifact: ArtifactId, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Delete a file and all that was made of it."""
    with connect(server, api_key) as client:
        client.delete_artifact(artifact)
    Console(stderr=True).print(f"deleted {artifact}", highlight=False)
