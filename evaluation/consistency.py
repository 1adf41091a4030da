"""Consistency (paper 4.2): does the plan do what the request means?"""

import argparse
import asyncio
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from evaluation.cases import Case, read_cases
from evaluation.ratings import export_sheets, read_sheets
from evaluation.scoring import score
from evaluation.simulation import PlanFunction, play
from evaluation.summary import CaseResult, summarize, table, write
from llm_planner.plan import Outcome
from llm_planner.request import PlanRequest
from model_wrappers.catalog import Catalog
from model_wrappers.errors import AudioGPTError, InvalidInput


def planner_named(name: str) -> PlanFunction:
    """Return the planner to evaluate: `offline`, or `llm` as the environment configures it.

    Raises:
        InvalidInput: If `llm` is asked for and none is configured.
    """
    from llm_planner.offline import OfflinePlanner

    if name == "offline":
        return OfflinePlanner().plan
    from llm_planner.llm import ChatModel
    from llm_planner.online import OnlinePlanner
    from llm_planner.settings import LLMSettings

    settings = LLMSettings.from_environment()
    if settings is None:
        raise InvalidInput(
            "No LLM is configured; set AUDIOGPT_LLM_BASE_URL and AUDIOGPT_LLM_MODEL, or use --planner offline.",
            param="planner",
        )
    online = OnlinePlanner(ChatModel(settings))

    def plan(request: PlanRequest) -> Outcome:
        return asyncio.run(online.plan(request))

    return plan


def evaluate(cases: Iterable[Case], plan: PlanFunction, catalog: Catalog | None = None) -> list[CaseResult]:
    """Play and score cases."""
    results = []
    for case in cases:
        played = tuple(play(case, plan, catalog))
        results.append(CaseResult(case, played, tuple(score(turn) for turn in played)))
    return results


def main(argv: Sequence[str] | None = None) -> int:
    """Run the evaluation from the command line and return the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except AudioGPTError as exc:
        sys.stderr.write(f"{exc.message}\n")
        return 2


def _run(arguments: argparse.Namespace) -> int:
    if arguments.ratings:
        sys.stdout.write(read_sheets(arguments.ratings) + "\n")
        return 0
    if not arguments.cases or not arguments.out:
        raise InvalidInput("Give --cases FILE and --out FILE.json, or --ratings FILE.", param="cases")
    results = evaluate(read_cases(arguments.cases), planner_named(arguments.planner))
    report = summarize(results)
    page = write(report, results, arguments.out)
    if arguments.export_ratings:
        export_sheets(results, arguments.export_ratings)
    sys.stdout.write(f"{table(report)}\nwrote {arguments.out} and {page}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="audiogpt evaluate consistency", description=__doc__)
    parser.add_argument("--cases", type=Path, nargs="+", help="case files, one JSON object a line")
    parser.add_argument("--planner", choices=("offline", "llm"), default="offline")
    parser.add_argument("--out", type=Path, help="result file; the page of failures is written beside it")
    parser.add_argument("--export-ratings", type=Path, help="write a sheet (CSV) for human raters")
    parser.add_argument("--ratings", type=Path, nargs="+", help="read filled sheets back and report them")
    return parser


if __name__ == "__main__":
    sys.exit(main())
