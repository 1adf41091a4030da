"""What a turn made, on the terminal and in files."""

import mimetypes
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console

from audiogpt_cli.terminal.connection import FAILED, WRONG
from audiogpt_client import AudioGPT
from llm_planner.plans.plan import Chat, Clarify, Unsupported
from model_wrappers.contract.sessions import SessionArtifact
from router.events import Replied

NO_ANSWER = ("clarify", "unsupported")  # outcomes after which the request has to change


def words_of(outcome: Clarify | Unsupported | Chat) -> str:
    """Return what is said instead of running a plan."""
    if isinstance(outcome, Clarify):
        return outcome.question
    return outcome.reason if isinstance(outcome, Unsupported) else outcome.reply


def finish(client: AudioGPT, console: Console, reply: Replied, out: Path | None, as_json: bool) -> None:
    """Show a reply, keep its outputs, and end with the code of what became of it."""
    if as_json:
        typer.echo(reply.model_dump_json(by_alias=True))
    else:
        show_reply(console, reply)
    if out is not None:
        for path in save_outputs(client, reply, out):
            console.print(f"wrote {path}", highlight=False)
    exit_if_failed(reply)


def exit_if_failed(reply: Replied) -> None:
    """End the command with code 1 if a step failed, with 2 if the answer is a question or a refusal.

    Raises:
        typer.Exit: If so.
    """
    if any(result.state == "failed" for result in reply.results):
        raise typer.Exit(FAILED)
    if reply.outcome.kind in NO_ANSWER:
        raise typer.Exit(WRONG)


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
