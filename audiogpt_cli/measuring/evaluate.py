"""`audiogpt evaluate`: how well requests are understood, on the project's cases or on your own."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from audiogpt_cli.measuring.capability import capability
from model_wrappers.contract.errors import InvalidInput

MAX_PARAPHRASES = 20  # of one request; each costs a share of an LLM call

app = typer.Typer(no_args_is_help=True, help="Measure the system as in section 4 of the AudioGPT paper.")
app.command()(capability)


class Planner(StrEnum):
    """Which planner is measured."""

    OFFLINE = "offline"
    LLM = "llm"


CaseFiles = Annotated[list[Path] | None, typer.Option("--cases", help="Case file, one JSON object a line")]
MoreFiles = Annotated[list[Path] | None, typer.Argument(help="More case files, for patterns such as dev-*.jsonl")]
PlannerName = Annotated[Planner, typer.Option(help="The offline planner, or the LLM the environment configures")]
ResultFile = Annotated[Path | None, typer.Option(help="Result file; the page of failures is written beside it")]


@app.command()
def consistency(
    cases: CaseFiles = None,
    more_cases: MoreFiles = None,
    planner: PlannerName = Planner.OFFLINE,
    out: ResultFile = None,
    paraphrase: Annotated[int, typer.Option(min=0, max=MAX_PARAPHRASES, help="Rewordings of each, by the LLM")] = 0,
    export_ratings: Annotated[Path | None, typer.Option(help="Write a sheet (CSV) for human raters")] = None,
    ratings: Annotated[list[Path] | None, typer.Option(help="Read a filled sheet back and report it")] = None,
    import_feedback: Annotated[
        list[Path] | None, typer.Option(help="Sessions saved from a server: count what was refused or asked again")
    ] = None,
    with_words: Annotated[
        bool, typer.Option(help="Write what was asked again to --out, as cases with its words")
    ] = False,
) -> None:
    """Tell whether plans do what requests mean (section 4.2)."""
    from evaluation.ratings import read_sheets

    if import_feedback:
        _feedback(import_feedback, out if with_words else None)
        return
    if ratings:
        typer.echo(read_sheets(ratings))
        return
    from evaluation.consistency import evaluate, planner_named
    from evaluation.planner_cases import read_cases
    from evaluation.ratings import export_sheets
    from evaluation.summary import summarize, table, write

    paths, result_file = _files(cases, more_cases, out)
    asked = read_cases(paths)
    if paraphrase:
        from evaluation.paraphrase import paraphrased

        asked = paraphrased(asked, paraphrase)
    results = evaluate(asked, planner_named(planner))
    report = summarize(results)
    page = write(report, results, result_file)
    if export_ratings:
        export_sheets(results, export_ratings)
    typer.echo(table(report))
    _wrote(result_file, page, *([export_ratings] if export_ratings else []))


def _feedback(paths: list[Path], out: Path | None) -> None:
    from evaluation.feedback import cases, read_sessions, report, table

    sessions = read_sessions(paths)
    typer.echo(table(report(sessions)))
    if out:
        out.write_text("".join(f"{case.model_dump_json()}\n" for case in cases(sessions)), encoding="utf-8")
        _wrote(out)


@app.command()
def robustness(
    cases: CaseFiles = None,
    more_cases: MoreFiles = None,
    planner: PlannerName = Planner.OFFLINE,
    out: ResultFile = None,
) -> None:
    """Play cases as written, as spoken, with typos, politely, and with the models they need switched off (4.4)."""
    from evaluation.consistency import planner_named
    from evaluation.planner_cases import read_cases
    from evaluation.robustness import measure, rough_table
    from evaluation.summary import table, write

    paths, result_file = _files(cases, more_cases, out)
    report, results = measure(read_cases(paths), planner_named(planner))
    page = write(report, results, result_file)
    typer.echo(f"{table(report)}\n{rough_table(report)}")
    _wrote(result_file, page)


def _files(cases: list[Path] | None, more: list[Path] | None, out: Path | None) -> tuple[list[Path], Path]:
    paths = [*(cases or ()), *(more or ())]
    if not paths or out is None:
        raise InvalidInput("Give case files with --cases FILE, and a result file with --out FILE.json.", param="cases")
    return paths, out


def _wrote(*paths: Path) -> None:
    Console().print(f"wrote {', '.join(map(str, paths))}", highlight=False, soft_wrap=True)
