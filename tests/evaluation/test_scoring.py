"""Scores of plans."""

import pytest

from evaluation.planner_cases import PlanShape
from evaluation.scoring import argument_share, edge_f1, is_same, node_f1, same_value
from llm_planner.plans.plan import Plan


def shape(tasks: str, *edges: tuple[int, int]) -> PlanShape:
    return PlanShape(tasks=tuple(tasks.split()), edges=edges)


def test_equal_tasks_may_change_places() -> None:
    assert is_same(shape("s a a t", (0, 1), (0, 2), (1, 3)), shape("s a a t", (0, 1), (0, 2), (2, 3)))


def test_a_different_data_flow_is_a_different_plan() -> None:
    assert not is_same(shape("a b c", (0, 1), (1, 2)), shape("a b c", (0, 1), (0, 2)))


def test_a_missing_task_costs_recall() -> None:
    got, wanted = shape("a b", (0, 1)), shape("a b c", (0, 1), (1, 2))
    assert node_f1(got, wanted) == pytest.approx(0.8)
    assert edge_f1(got, wanted) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("got", "wanted", "same"),
    [
        ("Here we go!", '"here we go"', True),
        (1.204, 1.2, True),
        (1.3, 1.2, False),
        (["C4", "rest"], ["c4", "rest"], True),
        (["C4"], ["C4", "D4"], False),
        (None, "x", False),
    ],
)
def test_values_are_compared_as_the_format_says(got: object, wanted: object, same: bool) -> None:
    assert same_value(got, wanted) is same


def test_arguments_count_wherever_a_step_carries_them() -> None:
    steps = [{"id": "s1", "task": "x", "arguments": {"start": 1.0}}, {"id": "s2", "task": "y", "arguments": {"end": 3}}]
    share, wrong = argument_share({"start": 1, "end": 2}, Plan.model_validate({"steps": steps}))
    assert share == 0.5
    assert wrong == ["end"]
