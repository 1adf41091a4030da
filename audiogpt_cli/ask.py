"""`audiogpt ask`: one request in words or speech."""

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from audiogpt_cli.display import RunDisplay
from audiogpt_client import AudioGPT
from audiogpt_client.client import DEFAULT_URL
from model_wrappers.sessions import SessionArtifact
from router.events import Replied

ServerUrl = Annotated[str, typer.Option("--server", envvar="AUDIOGPT_URL", help="Address of the server")]
FAILED_STEP = 1


def ask(
    request: Annotated[str | None, typer.Argument(help="The request in words")] = None,
    file: Annotated[list[Path] | None, typer.Option("--file", "-f", help="A file the request is about")] = None,
    voice: Annotated[Path | None, typer.Option("--voice", help="The request as a recording")] = None,
    session: Annotated[str | None, typer.Option("--session", "-s", help="Session to go on with")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the outputs")] = None,
    server: ServerUrl = DEFAULT_URL,
) -> None:
    """Ask for something, watch the plan run, and keep what it made."""
    if (request is None) == (voice is None):
        raise typer.BadParameter("Give the request as text, or as a recording with --voice.")
    console = Console()
    with AudioGPT(server) as client, RunDisplay(console) as display:
        reply = client.chat(request, speech=voice, files=file or [], session_id=session, on_event=display)
    show_reply(console, reply)
    if out is not None:
        with AudioGPT(server) as client:
            for path in save_outputs(client, reply, out):
                console.print(f"wrote {path}", highlight=False)
    console.print(f"session {reply.session_id}", style="dim", highlight=False)
    if any(result.state == "failed" for result in reply.results):
        raise typer.Exit(FAILED_STEP)


def show_reply(console: Console, reply: Replied) -> None:
    """Print the reply and what the turn made."""
    console.print("\n" + reply.text, highlight=False, markup=False)
    for artifact in made(reply):
        console.print(f"  {artifact.name}: {artifact.description}", style="dim", highlight=False, markup=False)


def made(reply: Replied) -> Iterator[SessionArtifact]:
    """Yield the artifacts the turn's steps made."""
    return (artifact for artifact in reply.artifacts if artifact.origin == "output")


def save_outputs(client: AudioGPT, reply: Replied, folder: Path) -> Iterator[Path]:
    """Fetch what the turn made into a folder, and yield the files' paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for artifact in made(reply):
        path = folder / f"{artifact.name}-{artifact.task}{extension(artifact.ref.media_type)}"
        path.write_bytes(client.download(artifact.ref.id))
        yield path


def extension(media_type: str) -> str:
    """Return the usual file name extension of a MIME type."""
    return {"audio/wav": ".wav", "application/x-npz": ".npz"}.get(media_type) or (
        mimetypes.guess_extension(media_type) or ".bin"
    )
