import pytest

from router.replica.planned_work import KEPT_S, PlannedWork


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_planned_steps_take_the_median_of_a_call_each() -> None:
    work = PlannedWork(at_once=1)
    work.expect("ingress", 4)
    work.expect("runner", 6)
    assert work.seconds() == 0.0  # nobody knows yet how long one takes
    for run_s in (2.0, 3.0, 60.0):
        work.ran(run_s)
    assert work.seconds() == pytest.approx(30.0)


def test_steps_that_run_together_take_less() -> None:
    work = PlannedWork(at_once=8)
    work.ran(2.0)
    work.expect("ingress", 40)
    assert work.seconds() == pytest.approx(10.0)


def test_what_a_process_told_last_counts_until_it_is_old() -> None:
    work = PlannedWork(at_once=1, clock=(clock := Clock()))
    work.ran(1.0)
    work.expect("dead", 100)
    clock.now += KEPT_S / 2
    work.expect("alive", 7)
    work.expect("alive", 5)
    assert work.seconds() == pytest.approx(105.0)
    clock.now += KEPT_S / 2
    assert work.seconds() == pytest.approx(5.0)
    work.expect("alive", 0)
    assert work.seconds() == 0.0
