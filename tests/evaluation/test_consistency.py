"""Case files: what is read, what is refused, and what the project's own hold."""

import json
from pathlib import Path

import pytest

from evaluation.planner_cases import read_cases
from model_wrappers.contract.errors import InvalidInput

CASES = Path("evaluation/cases")


def write_lines(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_plain_prompts_count_what_the_task_takes_as_attached(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "plain.jsonl", {"prompt": "Make the portrait talk", "task": "talking-head-synthesis"})
    (case,) = read_cases([path])
    assert {attachment.kind for attachment in case.turns[0].attachments} == {"audio", "image"}


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"id": "x"}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"broken\.jsonl, line 1"):
        read_cases([path])


def test_the_projects_own_cases_are_as_many_as_promised() -> None:
    cases = read_cases(sorted([*CASES.glob("dev-*.jsonl"), *CASES.glob("test-*.jsonl")]))
    counts = {category: sum(case.category == category for case in cases) for category in {c.category for c in cases}}
    assert counts["chain"] >= 120
    assert counts["unsupported"] >= 60
    assert counts["clarify"] >= 60
    assert counts["context"] >= 40
    singles = [case.turns[0].expect.plans[0].tasks[0] for case in cases if case.category == "single"]
    assert min(singles.count(task) for task in set(singles)) >= 25
    assert len(set(singles)) == 16


def test_dev_and_test_share_no_request() -> None:
    def texts(pattern: str) -> set[str]:
        return {
            turn.text
            for case in read_cases(sorted(CASES.glob(pattern)))
            if case.category != "context"
            for turn in case.turns
        }

    assert not texts("dev-*.jsonl") & texts("test-*.jsonl")
