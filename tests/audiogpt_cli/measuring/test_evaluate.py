"""`audiogpt evaluate` from case file to result file, rating sheets and rewordings."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audiogpt_cli.main import app
from evaluation.ratings import read_sheets
from model_wrappers.contract.errors import InvalidInput, NotFound

PROMPT = {"prompt": "Transcribe it", "task": "speech-recognition"}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def write_lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_consistency_writes_shares_intervals_latency_and_failures(tmp_path: Path) -> None:
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
    assert run("consistency", "--cases", cases, "--out", out).exit_code == 0
    report = json.loads(out.read_text())
    assert report["summary"]["single"]["exact"] == 0.5
    assert report["summary"]["single"]["ci95"]["exact"] == [0.0, 1.0]
    assert report["latency_ms"]["p50"] > 0
    assert [case["exact"] for case in report["cases"]] == [1.0, 0.0]
    page = out.with_suffix(".failures.md").read_text()
    assert "wrong" in page
    assert "**right**" not in page


def test_several_case_files_follow_one_option_as_a_shell_pattern_gives_them(tmp_path: Path) -> None:
    first, second = (write_lines(tmp_path / f"{name}.jsonl", PROMPT) for name in "ab")
    out = tmp_path / "result.json"
    assert run("consistency", "--cases", first, second, "--out", out).exit_code == 0
    assert json.loads(out.read_text())["summary"]["single"]["cases"] == 2


def test_robustness_reports_wordings_and_refusals_of_what_is_off(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    cases = write_lines(tmp_path / "cases.jsonl", PROMPT)
    shown = run("robustness", "--cases", cases, "--out", out)
    report = json.loads(out.read_text())
    assert set(report["wording"]) == {"as spoken", "with typos", "polite"}
    assert report["model off"]["exact"] == 1.0
    assert "with typos" in shown.output


def test_without_cases_or_result_file_it_says_what_to_give() -> None:
    for missing in (["--out", "x.json"], ["--cases", "x.jsonl"]):
        failed = run("consistency", *missing).exception
        assert isinstance(failed, InvalidInput)
        assert "--cases FILE" in failed.message


def test_a_case_file_that_does_not_exist_is_named() -> None:
    failed = run("consistency", "--cases", "nowhere.jsonl", "--out", "x.json").exception
    assert isinstance(failed, NotFound)
    assert "nowhere.jsonl" in failed.message


@pytest.mark.parametrize("option", [["--planner", "llm"], ["--paraphrase", "2"]])
def test_what_needs_an_llm_says_how_to_configure_one(
    option: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AUDIOGPT_LLM_BASE_URL", raising=False)
    monkeypatch.delenv("AUDIOGPT_LLM_MODEL", raising=False)
    cases = write_lines(tmp_path / "plain.jsonl", PROMPT)
    failed = run("consistency", "--cases", cases, "--out", tmp_path / "x.json", *option).exception
    assert isinstance(failed, InvalidInput)
    assert "AUDIOGPT_LLM_BASE_URL" in failed.message


def test_rating_sheets_come_back_with_mean_and_interval(tmp_path: Path) -> None:
    cases = write_lines(tmp_path / "plain.jsonl", PROMPT)
    sheet, out = tmp_path / "sheet.csv", tmp_path / "result.json"
    run("consistency", "--cases", cases, "--out", out, "--export-ratings", sheet)
    assert "100: Completely consistent" in sheet.read_text()
    filled = sheet.read_text().rstrip().removesuffix(",") + ",80\n"
    sheet.write_text(filled, encoding="utf-8")
    assert "mean 80.0 (95 % interval 80.0 to 80.0)" in run("consistency", "--ratings", sheet).output
    sheet.write_text(filled.replace(",80\n", ",85\n"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="85"):
        read_sheets([sheet])
    with pytest.raises(NotFound):
        read_sheets([tmp_path / "none.csv"])
