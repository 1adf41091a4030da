"""What users made of their turns, from sessions they hand over."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from evaluation.feedback import cases, judge, read_sessions, report
from model_wrappers.contract.errors import InvalidInput, NotFound
from model_wrappers.contract.sessions import Session, Turn


def turn(index: int, text: str, outcome: str, task: str = "") -> Turn:
    steps = [{"id": "s1", "task": task, "arguments": {}}]
    return Turn.model_validate(
        {
            "index": index,
            "text": text,
            "outcome": outcome,
            "reply": "",
            "plan": {"steps": steps} if task else None,
            "created": datetime.now(UTC),
        }
    )


SESSION = Session(
    id="s",
    tenant="t",
    turns=(
        turn(0, "Make it good", "plan", "speech-enhancement"),
        turn(1, "No, write it down", "plan", "speech-recognition"),
        turn(2, "Order a pizza", "unsupported"),
        turn(3, "Translate it", "clarify"),
        turn(4, "French", "plan", "speech-translation"),
    ),
)


def test_what_follows_a_turn_tells_what_its_user_made_of_it() -> None:
    assert [kind for _, kind in judge(SESSION)] == ["asked again", "accepted", "refused", "asked back", "accepted"]


def test_the_counts_hold_no_words(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    path.write_text(SESSION.model_dump_json())
    counted = report(read_sessions([path]))
    assert counted["kinds"] == {"accepted": 2, "refused": 1, "asked back": 1, "asked again": 1}
    assert counted["tasks"]["speech-enhancement"]["asked again"] == 1
    assert "pizza" not in str(counted)


def test_with_words_what_was_asked_again_is_a_case_of_what_stood_in_the_end() -> None:
    (case,) = cases([SESSION])
    assert case.turns[0].text == "Make it good"
    assert case.turns[0].expect.plans[0].tasks == ("speech-recognition",)


def test_what_is_no_session_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"a": 1}')
    with pytest.raises(InvalidInput, match=r"other\.json"):
        read_sessions([path])
    with pytest.raises(NotFound):
        read_sessions([tmp_path / "none.json"])
