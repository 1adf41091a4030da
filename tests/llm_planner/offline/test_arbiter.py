"""Which of two readings stands."""

from llm_planner.offline.arbiter import Reading, choose
from llm_planner.plans.plan import Chat, Plan, PlanOutcome, Unsupported
from tests.llm_planner.planning import make_plan


def plan(*tasks: str, language: str = "fr") -> PlanOutcome:
    made: Plan = make_plan(*((f"s{place}", task, {"language": language}) for place, task in enumerate(tasks)))
    return PlanOutcome(plan=made)


SHORT, LONG = plan("speech-recognition"), plan("speech-enhancement", "speech-recognition")


def test_the_parser_stands_where_it_is_sure_enough() -> None:
    assert choose(Reading(LONG, 0.6), Reading(SHORT, 0.9)) == LONG
    assert choose(Reading(LONG, 0.3), Reading(SHORT, 0.9)) == SHORT
    assert choose(Reading(LONG, 0.3), Reading(SHORT, 0.5)) == LONG


def test_where_both_plan_the_same_the_one_that_knows_more_arguments_stands() -> None:
    other = plan("speech-recognition", language="de")
    more = PlanOutcome(plan=make_plan(("s0", "speech-recognition", {"language": "fr", "word_times": True})))
    assert choose(Reading(SHORT, 0.1), Reading(other, 0.9)) == SHORT
    assert choose(Reading(SHORT, 0.9), Reading(more, 0.1)) == more


def test_a_refusal_gives_way_only_to_a_reading_as_sure() -> None:
    refusal = Unsupported(reason="no")
    assert choose(Reading(LONG, 0.6), Reading(refusal, 0.7)) == refusal
    assert choose(Reading(Chat(reply="yes"), 0.6), Reading(refusal, 0.5)).kind == "chat"


def test_a_part_that_the_rules_are_sure_of_stands_where_the_parser_refuses_all() -> None:
    refusal, part = Unsupported(reason="no"), SHORT.model_copy(update={"notes": ("I could not do: fly.",)})
    assert choose(Reading(refusal, 0.9), Reading(part, 0.9)) == part
    assert choose(Reading(refusal, 0.9), Reading(part, 0.4)) == refusal
    assert choose(Reading(refusal, 0.9), Reading(SHORT, 0.9)) == refusal
