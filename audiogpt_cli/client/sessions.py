"""`audiogpt sessions`: the dialogues held from this terminal, and all of one's own on the server."""

from typing import Annotated

import typer
from rich.console import Console

from audiogpt_cli.terminal import session_record
from audiogpt_cli.terminal.connection import ApiKey, AsJson, ServerUrl, connect
from audiogpt_cli.terminal.pages import DEFAULT_ITEMS, Limit, moment, newest
from audiogpt_cli.terminal.pages import show as show_table
from audiogpt_client.client import DEFAULT_URL
from model_wrappers.contract.errors import NotFound

app = typer.Typer(invoke_without_command=True)

SessionId = Annotated[str, typer.Argument(help="Session, the begin of its id, or 'last'")]


@app.callback()
def sessions(context: typer.Context, as_json: AsJson = False) -> None:
    """List the dialogues held from this terminal, the latest first; or list all, show or delete one."""
    if context.invoked_subcommand is not None:
        return
    columns = {
        "session": lambda session: session.id,
        "last used": lambda session: f"{session.used:%Y-%m-%d %H:%M}",
        "server": lambda session: session.server,
        "began with": lambda session: session.request,
    }
    show_table(session_record.recorded(), as_json, columns)


@app.command("list")
def list_sessions(
    limit: Limit = DEFAULT_ITEMS, as_json: AsJson = False, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None
) -> None:
    """List all of one's own dialogues on the server, wherever they were held."""
    with connect(server, api_key) as client:
        found = newest(lambda cursor, count: client.list_sessions(cursor=cursor, limit=count), limit)
    columns = {
        "session": lambda session: session.id,
        "last used": lambda session: moment(session.updated),
        "turns": lambda session: str(session.turns),
        "began with": lambda session: session.title,
    }
    show_table(found, as_json, columns)


@app.command()
def show(session: SessionId, as_json: AsJson = False, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Show a session's turns and artifacts."""
    with connect(server, api_key) as client:
        found = client.session(_id(session, server))
    if as_json:
        typer.echo(found.model_dump_json())
        return
    console = Console()
    for turn in found.turns:
        console.print(f"> {turn.text}", style="bold", highlight=False, markup=False)
        console.print(turn.reply + "\n", highlight=False, markup=False)
    for artifact in found.artifacts:
        console.print(f"{artifact.name}: {artifact.description}", style="dim", highlight=False, markup=False)


@app.command()
def delete(session: SessionId, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Delete a session on the server and forget it here."""
    session_id = _id(session, server)
    with connect(server, api_key) as client:
        client.delete_session(session_id)
    session_record.forget(session_id)
    Console(stderr=True).print(f"deleted {session_id}", highlight=False)


def _id(session: str, server: str) -> str:
    found = session_record.find(session, server)
    if found is None:
        raise NotFound(f"No session was held with {server} from here yet; name one by its id.", param="session")
    return found
