"""One task as a run of its own: with progress, without a planner, as long as it takes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from audiogpt_cli.terminal.display import RunDisplay
from audiogpt_client import AudioGPT
from audiogpt_client.single_step import single_step
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks import get_task
from router.events import Replied


def run_one(
    client: AudioGPT,
    console: Console,
    task: str,
    arguments: Mapping[str, Any],
    files: Mapping[str, Path],
    model: str | None = None,
) -> Replied:
    """Run one task and draw how it goes; an interrupt cancels it on the server.

    Args:
        client: Connection to the server.
        console: Where to draw.
        task: Task id.
        arguments: Arguments that are no media.
        files: Files of the media arguments, by name.
        model: Model to use; the best one if None.

    Raises:
        InvalidInput: If the task takes no file under a name.
    """
    stored = {name: client.upload(path) for name, path in _checked(task, files).items()}
    plan = single_step(task, arguments, stored, model)
    run = client.start_run(plan=plan, artifacts=[ref.id for ref in stored.values()])
    try:
        with RunDisplay(console) as display:
            return client.follow_run(run.id, on_event=display)
    except KeyboardInterrupt:
        client.cancel_run(run.id)
        raise


def _checked(task: str, files: Mapping[str, Path]) -> Mapping[str, Path]:
    media = get_task(task).inputs
    for name in files:
        if name not in media:
            raise InvalidInput(
                f"{task} takes no file named '{name}'; it takes: {', '.join(media) or 'none'}.", param=name
            )
    return files
