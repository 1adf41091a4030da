"""Measuring what the command asks for, and writing the report in its three forms."""

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from evaluation.capability.datasets import open_data
from evaluation.capability.evaluations import EVALUATIONS, Evaluation
from evaluation.capability.items import Item
from evaluation.capability.local_models import LocalModels
from evaluation.capability.opinions import read_opinions
from evaluation.capability.report import AT_MOST, CapabilityReport, TaskReport
from evaluation.capability.run import Judge, run
from evaluation.capability.server_models import ServerModels
from model_wrappers.contract.errors import ModelUnavailable

Tell = Callable[[str], None]

NEEDED = ("pesq", "pystoi", "sacrebleu", "pyroomacoustics")


@dataclass(frozen=True)
class Options:
    """What to measure, on what, and with what."""

    config: Path
    tasks: tuple[str, ...] = ()
    model: str | None = None
    server: str | None = None
    data: Path | None = None
    limit: int | None = None
    clap: Path | None = None
    classifier: Path | None = None
    opinions: tuple[Path, ...] = ()


def measure(options: Options, out: Path, tell: Tell) -> tuple[Path, ...]:
    """Measure, add the rows to the report already in `out`, and return the files written.

    The report is written after every task, so that a run cut short keeps what it has.

    Raises:
        ModelUnavailable: If a package the metrics need is missing.
        AudioGPTError: If config, data or raters' files cannot be used.
    """
    _check_packages()
    judges = _judges(options)
    report = CapabilityReport(
        version=version("audiogpt-serve"),
        python=platform.python_version(),
        cores=len(os.sched_getaffinity(0)),
        tasks=(),
        opinions=read_opinions(options.opinions),
    )
    if (out / "capability.json").exists():
        report = report.merged(CapabilityReport.read(out / "capability.json"))
    paths = write(report, out)
    for task in options.tasks or EVALUATIONS:
        row = _measure_task(EVALUATIONS[task], options, judges, tell)
        report = report.model_copy(update={"tasks": (row,)}).merged(report)
        paths = write(report, out)
    return paths


def write(report: CapabilityReport, out: Path) -> tuple[Path, ...]:
    """Write `capability.json`, `.md` and `.html` into a folder."""
    from evaluation.capability.markdown import markdown
    from evaluation.capability.page import page

    out.mkdir(parents=True, exist_ok=True)
    forms = {".json": report.model_dump_json(indent=1) + "\n", ".md": markdown(report), ".html": page(report)}
    for suffix, text in forms.items():
        (out / f"capability{suffix}").write_text(text, encoding="utf-8")
    return tuple(out / f"capability{suffix}" for suffix in forms)


def _measure_task(evaluation: Evaluation, options: Options, judges: list[Judge], tell: Tell) -> TaskReport:
    data, items = _items(evaluation, options)
    with ServerModels(options.server) if options.server else LocalModels(options.config) as models:
        return run(evaluation, models, items, data=data, model=options.model, judges=judges, tell=tell)


def _items(evaluation: Evaluation, options: Options) -> tuple[str, Iterable[Item]]:
    if options.data is None:
        data, items = evaluation.data, evaluation.standard()
    else:
        data, items = open_data(options.data, evaluation.task)
    if options.limit is None:
        return data, items
    return f"{data}{AT_MOST}{options.limit} items", islice(items, options.limit)


def _judges(options: Options) -> list[Judge]:
    from evaluation.capability.judges import ClapJudge, ClassifierJudge

    judges: list[Judge] = []
    if options.clap is not None:
        judges.append(ClapJudge(options.clap))
    if options.classifier is not None:
        judges.append(ClassifierJudge(options.classifier))
    return judges


def _check_packages() -> None:
    from importlib.util import find_spec

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ModelUnavailable(
            f"The metrics need the packages {', '.join(missing)}; run: pip install 'audiogpt-serve[evaluation]'."
        )
