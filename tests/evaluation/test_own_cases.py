"""The offline planner on the project's own cases: every plan can run, and quality does not fall behind."""

from pathlib import Path

import pytest

from evaluation.consistency import evaluate
from evaluation.planner_cases import read_cases
from evaluation.simulation import full_catalog
from evaluation.summary import CaseResult, summarize
from llm_planner.offline import OfflinePlanner
from llm_planner.plans.plan import PlanOutcome
from llm_planner.plans.validation import known_artifacts, validate_plan

CASES = Path("evaluation/cases")


@pytest.fixture(scope="module")
def results() -> list[CaseResult]:
    return evaluate(read_cases(sorted(CASES.glob("test-*.jsonl"))), OfflinePlanner().plan)


def test_every_plan_is_valid(results: list[CaseResult]) -> None:
    planned = [turn for result in results for turn in result.played if isinstance(turn.outcome, PlanOutcome)]
    assert len(planned) > len(results) / 2
    for turn in planned:
        assert isinstance(turn.outcome, PlanOutcome)
        validate_plan(turn.outcome.plan, full_catalog(), known_artifacts(turn.request.session))


@pytest.mark.parametrize(
    ("category", "least"),
    [("single", 0.95), ("chain", 0.85), ("unsupported", 0.95), ("clarify", 0.90), ("context", 0.95), ("chat", 0.85)],
)
def test_quality_on_the_test_split_does_not_fall_behind(results: list[CaseResult], category: str, least: float) -> None:
    assert summarize(results)["summary"][category]["exact"] >= least
