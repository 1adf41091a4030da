"""`audiogpt runs`: one's own runs on the server."""

from typing import Annotated

import typer
from rich.console import Console

from audiogpt_cli.terminal.connection import ApiKey, AsJson, ServerUrl, connect
from audiogpt_cli.terminal.pages import DEFAULT_ITEMS, Limit, moment, newest, show
from audiogpt_client.client import DEFAULT_URL

app = typer.Typer(invoke_without_command=True)

RunId = Annotated[str, typer.Argument(help="Run, by its id")]


@app.callback()
def runs(
    context: typer.Context,
    limit: Limit = DEFAULT_ITEMS,
    as_json: AsJson = False,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """List one's own runs, the newest first; or cancel or delete one."""
    if context.invoked_subcommand is not None:
        return
    with connect(server, api_key) as client:
        found = newest(lambda cursor, count: client.list_runs(cursor=cursor, limit=count), limit)
    columns = {
        "run": lambda run: run.id,
        "state": lambda run: run.state,
        "started": lambda run: moment(run.created),
        "session": lambda run: run.session_id or "",
    }
    show(found, as_json, columns)


@app.command()
def cancel(run: RunId, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Ask for the end of a run."""
    with connect(server, api_key) as client:
        found = client.cancel_run(run)
    Console(stderr=True).print(f"{found.id} is {found.state}", highlight=False)


@app.command()
def delete(run: RunId, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Delete a run with the files that nothing else names; one that goes on is cancelled first."""
    with connect(server, api_key) as client:
        client.forget_run(run)
    Console(stderr=True).print(f"deleted {run}", highlight=False)
