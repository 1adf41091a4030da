"""`audiogpt evaluate capability`: how well the models do their tasks."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from model_wrappers.contract.tasks import get_task

DEFAULT_CONFIG = Path("serve_config.embedded.yaml")

TaskIds = Annotated[list[str] | None, typer.Option("--task", help="Task to measure, repeatable; all if absent")]


def capability(
    task: TaskIds = None,
    model: Annotated[str | None, typer.Option(help="Model id; the one the router prefers if absent")] = None,
    config: Annotated[Path, typer.Option(help="Serve config with the models")] = DEFAULT_CONFIG,
    server: Annotated[str | None, typer.Option(help="Address of a running server, instead of a config")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of a data set, or with an items.jsonl")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most items of each task")] = None,
    clap: Annotated[Path | None, typer.Option(help="Folder of a CLAP model, for the CLAP score")] = None,
    classifier: Annotated[Path | None, typer.Option(help="Folder of an audio classifier, for FID and KL")] = None,
    opinions: Annotated[list[Path] | None, typer.Option(help="Raters' file (CSV), for MOS; repeatable")] = None,
    out: Annotated[Path, typer.Option(help="Folder for capability.json, .md and .html; rows there are kept")] = Path(
        "capability"
    ),
) -> None:
    """Measure each task by the paper's metrics (section 4.3), beside doing nothing."""
    from evaluation.capability.command import Options, measure

    for task_id in task or ():
        get_task(task_id)
    console = Console(stderr=True)
    options = Options(
        tasks=tuple(task or ()),
        model=model,
        config=config,
        server=server,
        data=data,
        limit=limit,
        clap=clap,
        classifier=classifier,
        opinions=tuple(opinions or ()),
    )
    paths = measure(options, out, lambda line: console.print(line, style="dim", highlight=False, markup=False))
    Console().print(f"wrote {', '.join(map(str, paths))}", highlight=False, soft_wrap=True)
