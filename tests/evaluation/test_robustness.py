"""The robustness evaluation."""

import random
from pathlib import Path

from evaluation.planner_cases import read_cases
from evaluation.robustness import as_spoken, reword, with_typos


def test_typos_leave_quotes_numbers_and_file_names() -> None:
    text = 'Repair the recording noise.wav from 1.25 to 2.75 seconds and say "hello world"'
    worse = with_typos(text * 5, random.Random(1))
    assert worse != text * 5
    assert worse.count('"hello world"') == 5
    assert worse.count("noise.wav") == 5
    assert worse.count("1.25") == 5


def test_spoken_wording_has_no_case_and_no_full_stop() -> None:
    assert as_spoken("Clean It Up.", random.Random(0)).replace(",", "").islower()


def test_a_rewording_is_the_same_every_time() -> None:
    case = read_cases([Path("evaluation/cases/dev-singles.jsonl")])[0]
    assert reword(case, "with typos") == reword(case, "with typos")
    assert reword(case, "with typos").turns[0].expect == case.turns[0].expect
