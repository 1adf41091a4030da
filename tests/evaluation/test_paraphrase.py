"""Rewordings of requests by an LLM, against a real HTTP server."""

import json
from pathlib import Path

import pytest

from evaluation.paraphrase import MAX_ATTEMPTS, is_faithful, reword_all
from evaluation.planner_cases import Case, read_cases
from model_wrappers.contract.errors import ModelFailed
from tests.llm_planner.llm_server import says, serving


@pytest.fixture
def case(tmp_path: Path) -> Case:
    path = tmp_path / "cases.jsonl"
    row = {"id": "a", "prompt": 'Say "good night" please', "task": "text-to-speech"}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return read_cases([path])[0]


def rewordings(*texts: str) -> bytes:
    return says(json.dumps({"rewordings": texts}))


async def test_rewordings_follow_their_case_and_keep_its_expectation(case: Case) -> None:
    texts = ['Pronounce "good night"', 'Let me hear "good night"']
    async with serving(rewordings(*texts)) as server:
        found = await reword_all([case], 2, server.settings())
    assert [(c.id, c.turns[0].text) for c in found[1:]] == [("a/1", texts[0]), ("a/2", texts[1])]
    assert found[0] == case
    assert all(c.turns[0].expect == case.turns[0].expect for c in found)


async def test_what_loses_the_quoted_text_is_asked_for_again(case: Case) -> None:
    async with serving(rewordings("Pronounce it"), rewordings('Utter "good night"')) as server:
        found = await reword_all([case], 1, server.settings())
    assert found[1].turns[0].text == 'Utter "good night"'


async def test_an_llm_that_rewords_nothing_faithfully_is_an_error_after_a_few_attempts(case: Case) -> None:
    async with serving(rewordings("Pronounce it")) as server:
        with pytest.raises(ModelFailed, match="0 of 1 rewordings of case a"):
            await reword_all([case], 1, server.settings())
        assert len(server.requests) == MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("text", "faithful"),
    [
        ("Fill the gap in a.wav between 1.2 and 1.8 s", True),
        ("Fill the gap in a.wav", False),
        ("Fill the gap between 1.2 and 1.8 s", False),
    ],
)
def test_numbers_and_file_names_must_stay(text: str, faithful: bool) -> None:
    assert is_faithful(text, "Repair a.wav from 1.2 to 1.8 seconds") is faithful
