"""A request the offline planner comes to no end with costs that request alone."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_planner.plans.plan import Chat, Outcome
from llm_planner.plans.request import PlanRequest
from llm_planner.processes import FAILED, TOO_HARD, Limits, PlannerProcesses
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import DeadlineExceeded, InvalidPlan
from model_wrappers.contract.sessions import Session

LONG_S = 600.0


class Fragile:
    """A planner with the faults one may have; runs in another process."""

    def plan(self, request: PlanRequest) -> Outcome:
        match request.text:
            case "no end":
                re.match(r"(a|a)*b", "a" * 100)
            case "sleep":
                time.sleep(LONG_S)
            case "die":
                import os

                os.abort()
            case "raise":
                raise ValueError("a bug")
            case "no plan":
                raise InvalidPlan("There is none.")
        return Chat(reply=request.text)


def asked(text: str, within_s: float = LONG_S) -> PlanRequest:
    session = Session(id="", tenant="nobody")
    return PlanRequest(text=text, session=session, catalog=Catalog(), deadline=time.time() + within_s)


@pytest.fixture(scope="module")
def processes() -> Iterator[PlannerProcesses]:
    planner = PlannerProcesses(f"{__name__}:Fragile", Limits(cpu_s=0.2, wall_s=2.0))
    yield planner
    planner.close()


@pytest.mark.parametrize("text", ["no end", "sleep", "die"])
def test_plan_without_end_is_given_up_in_words(processes: PlannerProcesses, text: str) -> None:
    for _ in range(3):  # more than there are processes
        assert processes.plan(asked(text)) == TOO_HARD
    assert processes.plan(asked("hello")) == Chat(reply="hello")


def test_others_are_planned_for_meanwhile(processes: PlannerProcesses) -> None:
    with ThreadPoolExecutor(8) as threads:
        hanging = [threads.submit(processes.plan, asked("sleep")) for _ in range(2)]
        others = [threads.submit(processes.plan, asked(f"hello {i}")) for i in range(20)]
        assert [other.result() for other in others] == [Chat(reply=f"hello {i}") for i in range(20)]
        assert [plan.result() for plan in hanging] == [TOO_HARD] * 2


def test_fault_of_the_planner_is_told_in_words(processes: PlannerProcesses) -> None:
    assert processes.plan(asked("raise")) == FAILED
    with pytest.raises(InvalidPlan, match="There is none"):
        processes.plan(asked("no plan"))


def test_waiting_for_a_process_ends_at_the_deadline() -> None:
    nobody = PlannerProcesses(f"{__name__}:Fragile", count=0)
    with pytest.raises(DeadlineExceeded, match="no time"):
        nobody.plan(asked("hello", within_s=0.0))
    nobody.close()


def test_template_that_died_is_started_again(processes: PlannerProcesses) -> None:
    processes._template._process.kill()
    processes._template._process.wait()
    assert processes.plan(asked("die")) == TOO_HARD
    assert processes.plan(asked("hello")) == Chat(reply="hello")
