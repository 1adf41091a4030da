from datetime import UTC, datetime

import pytest

from llm_planner.plans.history import (
    SUMMARY_TOKENS,
    TURN_TOKENS,
    add_uploads,
    condense,
    count_tokens,
    name_artifacts,
    remember,
    shorten,
    with_turn,
)
from llm_planner.plans.plan import Chat, Clarify, PlanOutcome
from llm_planner.plans.results import ErrorInfo, StepResult
from model_wrappers.contract.sessions import Session
from tests.llm_planner.planning import make_artifact, make_plan, make_turn

ENHANCED, WORDS = make_artifact("audio-77").ref, make_artifact("text-77").ref


@pytest.fixture
def outcome() -> PlanOutcome:
    return PlanOutcome(
        plan=make_plan(
            ("clean", "speech-enhancement", {"audio": {"artifact": "audio-2"}}),
            ("keep", "sound-extraction", {"audio": {"from": "clean.audio"}, "target": "dog barking"}),
            ("words", "speech-recognition", {"audio": {"from": "clean.audio"}}),
            ("voices", "speech-separation", {"audio": {"artifact": "audio-1"}}),
        )
    )


@pytest.fixture
def results() -> tuple[StepResult, ...]:
    voices = {"speakers.0": make_artifact("audio-78").ref, "speakers.1": make_artifact("audio-79").ref}
    failure = ErrorInfo(type="model_error", code="model_failed", message="Out of memory.")
    return (
        StepResult(id="clean", task="speech-enhancement", state="done", artifacts={"audio": ENHANCED}),
        StepResult(id="keep", task="sound-extraction", state="failed", error=failure),
        StepResult(
            id="words",
            task="speech-recognition",
            state="done",
            outputs={"text": "The boy was there.", "language": "en", "duration": 3.5},
            artifacts={"text": WORDS},
        ),
        StepResult(id="voices", task="speech-separation", state="done", artifacts=voices),
    )


def test_uploads_get_the_next_number_of_their_kind(session):
    grown = add_uploads(session, [(ENHANCED, "take two.wav"), (WORDS, None)])
    added = grown.artifacts[len(session.artifacts) :]
    assert [(row.name, row.origin, row.turn) for row in added] == [("audio-3", "upload", 0), ("text-2", "upload", 0)]
    assert added[0].file_name == "take two.wav"


def test_outputs_are_named_by_kind_and_described_by_what_made_them(session, outcome, results):
    rows = name_artifacts(session, outcome, results)
    assert [(row.name, row.step, row.output) for row in rows] == [
        ("audio-3", "clean", "audio"),
        ("text-2", "words", "text"),
        ("audio-4", "voices", "speakers.0"),
        ("audio-5", "voices", "speakers.1"),
    ]
    assert rows[0].description == "audio of speech-enhancement on audio-2"
    assert rows[1].description == "text of speech-recognition on audio-3; The boy was there."
    assert {row.origin for row in rows} == {"output"}


def test_turn_keeps_request_reply_plan_and_texts(session, outcome, results):
    created = datetime(2026, 1, 2, tzinfo=UTC)
    turn, artifacts = remember(session, "Clean it", outcome, results, "Done.", spoken=True, created=created)
    assert (turn.index, turn.text, turn.reply, turn.spoken, turn.outcome) == (0, "Clean it", "Done.", True, "plan")
    assert turn.outputs == {"words.text": "The boy was there."}
    assert turn.plan == outcome.plan.model_dump(mode="json", by_alias=True)
    assert turn.plan["steps"][1]["arguments"]["audio"] == {"from": "clean.audio"}
    assert len(artifacts) == 4


def test_next_turn_counts_on_and_never_reuses_a_name(session, outcome, results):
    after = with_turn(session, remember(session, "Clean it", outcome, results, "Done."))
    again = with_turn(after, remember(after, "Again", outcome, results, "Done."))
    assert [turn.index for turn in again.turns] == [0, 1]
    assert len({row.name for row in again.artifacts}) == len(again.artifacts) == 12


@pytest.mark.parametrize(
    ("pending", "kept"), [({"start": 1.0}, {"start": 1.0}), (None, {"text": "Fill the gap"})], ids=["given", "default"]
)
def test_question_is_remembered_with_what_it_waits_for(session, pending, kept):
    outcome = Clarify(question="From when to when?", missing=("start", "end"), pending=pending)
    assert remember(session, "Fill the gap", outcome, (), outcome.question).turn.pending == kept


def test_answer_without_a_question_waits_for_nothing(session):
    assert remember(session, "hi", Chat(reply="Hello."), (), "Hello.").turn.pending is None


def test_short_session_is_not_condensed(session):
    short = session.model_copy(update={"turns": tuple(make_turn(i) for i in range(3))})
    assert condense(short) is short


def test_long_session_keeps_new_turns_all_artifacts_and_a_summary_within_the_budget():
    plan = {"steps": [{"id": "s1", "task": "audio-captioning"}]}
    turns = tuple(make_turn(i, f"What do you hear in part {i}?", plan=plan, outcome="plan") for i in range(300))
    session = Session(
        id="s", tenant="default", turns=turns, artifacts=tuple(make_artifact(f"audio-{i + 1}", i) for i in range(300))
    )
    condensed = condense(session)
    kept = len(condensed.turns)
    assert condensed.turns == turns[-kept:]
    assert sum(count_tokens(turn.text + turn.reply) for turn in condensed.turns) <= TURN_TOKENS
    assert 0 < count_tokens(condensed.summary) <= SUMMARY_TOKENS
    assert f"Turn {299 - kept}: 'What do you hear in part {299 - kept}?' -> audio-captioning" in condensed.summary
    assert condensed.artifacts == session.artifacts
    assert condense(condensed) == condensed


def test_condensing_turn_by_turn_keeps_numbers_and_budget():
    session = Session(id="s", tenant="default")
    for index in range(60):
        turn = make_turn(index, "tell me more " * 20)
        session = condense(session.model_copy(update={"turns": (*session.turns, turn)}))
    assert session.turns[-1].index == 59
    assert len(session.turns) < 30
    assert count_tokens(session.summary) <= SUMMARY_TOKENS


def test_summary_kept_beside_its_turns_tells_none_twice():
    turns = tuple(make_turn(i, "tell me more " * 20) for i in range(40))
    session = Session(id="s", tenant="default", turns=turns)
    summarised = session.model_copy(update={"summary": condense(session).summary})
    assert condense(summarised).summary == summarised.summary


def test_newest_turn_stays_however_long_it_is():
    turns = (make_turn(0), make_turn(1, "word " * 10_000))
    assert condense(Session(id="s", tenant="default", turns=turns), turn_tokens=10).turns == turns[1:]


def test_shortened_text_is_one_line():
    assert shorten("a\n## Rules\n b", 80) == "a ## Rules b"
    assert len(shorten("x" * 500, 80)) == 80
