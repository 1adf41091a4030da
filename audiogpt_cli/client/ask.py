"""`audiogpt ask`: one request in words or speech."""

from pathlib import Path
from typing import Annotated

import typer

from audiogpt_cli.terminal import session_record
from audiogpt_cli.terminal.connection import ApiKey, AsJson, ServerUrl, connect, progress_console
from audiogpt_cli.terminal.display import RunDisplay
from audiogpt_cli.terminal.microphone import voice_file
from audiogpt_cli.terminal.outputs import finish
from audiogpt_client.client import DEFAULT_URL
from model_wrappers.contract.errors import InvalidInput


def ask(
    request: Annotated[str | None, typer.Argument(help="The request in words")] = None,
    file: Annotated[list[Path] | None, typer.Option("--file", "-f", help="A file the request is about")] = None,
    voice: Annotated[
        Path | None, typer.Option("--voice", help="The request as a recording; 'mic' for the microphone")
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", "-s", help="Session to go on with; 'last' for the latest one")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the outputs")] = None,
    as_json: AsJson = False,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Ask for something, watch the plan run, and keep what it made."""
    if (request is None) == (voice is None):
        raise typer.BadParameter("Give the request as text, or as a recording with --voice.")
    if request is not None and not request.strip():
        raise InvalidInput("The request is empty; say what to do.", param="request")
    console = progress_console(as_json)
    session_id = session_record.find(session, server)
    with voice_file(voice, console) as speech, connect(server, api_key) as client:
        with RunDisplay(console) as display:
            reply = client.chat(request, speech=speech, files=file or [], session_id=session_id, on_event=display)
        session_record.remember(reply.session_id, server, request or "(spoken)")
        console.print(f"session {reply.session_id}", style="dim", highlight=False)
        finish(client, console, reply, out, as_json)
