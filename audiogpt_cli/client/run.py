"""`audiogpt run`: one task by name. `audiogpt plan`: a plan without running it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from audiogpt_cli.client.one_task import run_one
from audiogpt_cli.terminal.connection import WRONG, ApiKey, AsJson, ServerUrl, connect, progress_console
from audiogpt_cli.terminal.display import RunDisplay
from audiogpt_cli.terminal.outputs import NO_ANSWER, finish, words_of
from audiogpt_client.client import DEFAULT_URL
from llm_planner.plans.plan import PlanOutcome
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks import get_task
from router.events import Planned


def run(
    task: Annotated[str, typer.Argument(help="Task, as `audiogpt tasks` lists them")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Argument as name=value; lists and objects as JSON")
    ] = None,
    file: Annotated[
        list[str] | None, typer.Option("--file", "-f", help="Media argument as name=path, or the path alone")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model to use; the best one if absent")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the outputs")] = None,
    as_json: AsJson = False,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Run one task; Ctrl-C cancels it on the server too."""
    arguments = dict(_setting(task, item) for item in settings or ())
    files = _files(task, file or ())
    console = progress_console(as_json)
    with connect(server, api_key) as client:
        reply = run_one(client, console, task, arguments, files, model)
        finish(client, console, reply, out, as_json)


def plan(
    request: Annotated[str, typer.Argument(help="The request in words")],
    file: Annotated[list[Path] | None, typer.Option("--file", "-f", help="A file the request is about")] = None,
    as_json: AsJson = False,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Show the plan a request would get, and run nothing."""
    with connect(server, api_key) as client:
        planned = client.plan(request, files=file or [])
    if as_json:
        typer.echo(planned.model_dump_json(by_alias=True))
        return
    console = progress_console(as_json)
    if not isinstance(planned.outcome, PlanOutcome):
        console.print(words_of(planned.outcome), highlight=False, markup=False)
        raise typer.Exit(WRONG if planned.outcome.kind in NO_ANSWER else 0)
    display = RunDisplay(console)
    display(Planned(outcome=planned.outcome, planner=planned.planner, duration_s=planned.duration_s))
    console.print(display)


def _setting(task: str, item: str) -> tuple[str, Any]:
    name, separator, value = item.partition("=")
    fields = get_task(task).request.model_fields
    if not separator or name not in fields:
        raise InvalidInput(f"--set takes name=value with one of {', '.join(fields)}; got '{item}'.", param=name)
    try:
        return name, json.loads(value) if fields[name].annotation not in (str, str | None) else value
    except ValueError:
        return name, value  # a bare word is a text


def _files(task: str, items: Sequence[str]) -> dict[str, Path]:
    media = list(get_task(task).inputs)
    files: dict[str, Path] = {}
    for item in items:
        name, separator, path = item.partition("=")
        if not separator:
            name, path = next((name for name in media if name not in files), ""), item
        files[name] = Path(path)
    return files
