from training.planner.examples import KEPT
from training.planner.whole import as_cases


def test_a_writers_requests_become_cases_with_what_they_ask_for(tmp_path) -> None:
    path = tmp_path / "someone.txt"
    path.write_text("# someone\nta>mb||{Rain} all around me\nU||Buy milk\nC:start ai|a.wav|Mend it\nsr|^ts|Type that\n")
    chain, impossible, asked = as_cases(path)
    assert [case.category for case in (chain, impossible, asked)] == ["chain", "unsupported", "clarify"]
    assert chain.turns[0].text == "Rain all around me"
    (plan,) = chain.turns[0].expect.plans
    assert (plan.tasks, plan.edges) == (("text-to-audio", "mono-to-binaural"), ((0, 1),))
    assert asked.turns[0].expect.missing == "start"
    assert [file.name for file in asked.turns[0].attachments] == ["a.wav"]


def test_every_writer_kept_whole_has_cases_of_all_kinds() -> None:
    for path in KEPT.glob("*.txt"):
        assert {case.category for case in as_cases(path)} == {"single", "chain", "unsupported", "clarify", "chat"}
