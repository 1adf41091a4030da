"""Options and outcomes that every command which talks to a server shares."""

from typing import Annotated, TypeVar

import httpx
import typer
from rich.console import Console

from audiogpt_client import AudioGPT
from model_wrappers.contract.errors import InvalidInput

ClientT = TypeVar("ClientT", bound=AudioGPT)

FAILED = 1  # a step, a model or the server failed
WRONG = 2  # the request cannot be carried out as it is, or the answer is a question

ServerUrl = Annotated[str, typer.Option("--server", envvar="AUDIOGPT_URL", help="Address of the server")]
ApiKey = Annotated[
    str | None, typer.Option("--api-key", envvar="AUDIOGPT_API_KEY", help="Key, where a gateway asks for one")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on standard output, and nothing else")]


def connect(server: str, api_key: str | None = None) -> AudioGPT:
    """Return a client; use it in a `with` block.

    Raises:
        InvalidInput: If the server's address is none.
    """
    return connected(AudioGPT, server, api_key)


def connected(client: type[ClientT], server: str, api_key: str | None) -> ClientT:
    """Return a client of a kind; raises what `connect` does."""
    try:
        return client(server, api_key=api_key)
    except httpx.InvalidURL as exc:
        raise InvalidInput(f"'{server}' is no address: {exc}; write http://host:port.", param="server") from exc


def table_console() -> Console:
    """Return where tables go: on a pipe as wide as they are, so that nothing in them is cut."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPE_COLUMNS)


def progress_console(as_json: bool) -> Console:
    """Return where progress is drawn: standard error where standard output carries JSON."""
    return Console(stderr=as_json)


PIPE_COLUMNS = 400  # wide enough for every table
