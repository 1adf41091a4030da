"""The consistency evaluation from case file to result file."""

import json
from pathlib import Path

import pytest

from evaluation import consistency
from evaluation.cases import read_cases
from evaluation.ratings import read_sheets
from model_wrappers.errors import InvalidInput, NotFound

CASES = Path("evaluation/cases")


def write_lines(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_run_writes_shares_intervals_latency_and_failures(tmp_path: Path) -> None:
    plan = {"behaviour": "plan", "plans": [{"tasks": ["speech-recognition"], "edges": []}]}
    files = [{"kind": "audio", "name": "a.wav"}]
    right = {"text": "Transcribe this", "attachments": files, "expect": plan}
    wrong = {"text": "Denoise this", "attachments": files, "expect": plan}
    cases = write_lines(
        tmp_path / "cases.jsonl",
        {"id": "right", "category": "single", "turns": [right]},
        {"id": "wrong", "category": "single", "turns": [wrong]},
    )
    out = tmp_path / "result.json"
    assert consistency.main(["--cases", str(cases), "--out", str(out)]) == 0
    report = json.loads(out.read_text())
    assert report["summary"]["single"]["exact"] == 0.5
    assert report["summary"]["single"]["ci95"]["exact"] == [0.0, 1.0]
    assert report["latency_ms"]["p50"] > 0
    assert [case["exact"] for case in report["cases"]] == [1.0, 0.0]
    page = out.with_suffix(".failures.md").read_text()
    assert "wrong" in page
    assert "**right**" not in page


def test_plain_prompts_count_what_the_task_takes_as_attached(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "plain.jsonl", {"prompt": "Make the portrait talk", "task": "talking-head-synthesis"})
    (case,) = read_cases([path])
    assert {attachment.kind for attachment in case.turns[0].attachments} == {"audio", "image"}


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"id": "x"}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"broken\.jsonl, line 1"):
        read_cases([path])


def test_a_missing_file_is_reported_and_not_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert consistency.main(["--cases", "nowhere.jsonl", "--out", "x.json"]) == 2
    assert "nowhere.jsonl" in capsys.readouterr().err


def test_an_llm_that_is_not_configured_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AUDIOGPT_LLM_BASE_URL", raising=False)
    monkeypatch.delenv("AUDIOGPT_LLM_MODEL", raising=False)
    cases = write_lines(tmp_path / "plain.jsonl", {"prompt": "Transcribe it", "task": "speech-recognition"})
    assert consistency.main(["--cases", str(cases), "--planner", "llm", "--out", str(tmp_path / "x.json")]) == 2
    assert "AUDIOGPT_LLM_BASE_URL" in capsys.readouterr().err


def test_rating_sheets_come_back_with_mean_and_interval(tmp_path: Path) -> None:
    cases = write_lines(tmp_path / "plain.jsonl", {"prompt": "Transcribe it", "task": "speech-recognition"})
    sheet = tmp_path / "sheet.csv"
    out = tmp_path / "result.json"
    consistency.main(["--cases", str(cases), "--out", str(out), "--export-ratings", str(sheet)])
    assert "100: Completely consistent" in sheet.read_text()
    filled = sheet.read_text().rstrip().removesuffix(",") + ",80\n"
    sheet.write_text(filled, encoding="utf-8")
    assert read_sheets([sheet]) == "1 ratings, mean 80.0 (95 % interval 80.0 to 80.0)"
    sheet.write_text(filled.replace(",80\n", ",85\n"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="85"):
        read_sheets([sheet])
    with pytest.raises(NotFound):
        read_sheets([tmp_path / "none.csv"])


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
