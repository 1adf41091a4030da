"""Runs on Postgres whose runners are killed, put to sleep or cut off: each ends once, and what was done stays done."""

import signal

from router.events import Failed, Resumed
from router.records.run_queue import MAX_ATTEMPTS
from tests.integration.conftest import PATIENCE_S, wait_until
from tests.integration.runners import STEPS, Site, done_steps, said


def test_a_runner_killed_in_the_fifth_of_eight_steps_costs_that_step_at_most(site: Site) -> None:
    first = site.add_runner()
    gate = site.hold(STEPS[4])
    run = site.start(*STEPS)
    site.wait_for_execution(STEPS[4])
    site.add_runner()
    first.send_signal(signal.SIGKILL)
    gate.unlink()
    assert site.ended(run).state == "done"
    assert [site.executed()[step] for step in STEPS] == [1, 1, 1, 1, 2, 1, 1, 1]
    told = site.told(run)
    assert done_steps(told) == [f"s{number}" for number in range(1, 9)]
    assert [event.attempt for event in told if isinstance(event, Resumed)] == [2]
    assert site.turns(run) == 1


def test_a_runner_that_sleeps_too_long_finds_its_writes_refused(site: Site) -> None:
    first = site.add_runner()
    gate = site.hold(STEPS[1])
    run = site.start(*STEPS[:3])
    site.wait_for_execution(STEPS[1])
    first.send_signal(signal.SIGSTOP)
    site.add_runner()
    wait_until(lambda: site.executed()[STEPS[1]] == 2, "the second runner at the same step")
    gate.unlink()
    assert site.ended(run).state == "done"
    told = site.told(run)
    first.send_signal(signal.SIGCONT)
    said(first, f"Run {run.id} is in other hands")
    later = site.start(STEPS[0])  # by either of the two, both of which live
    assert site.ended(later).state == "done"
    assert first.poll() is None
    assert site.told(run) == told
    assert site.turns(run) == 1


def test_a_database_that_is_away_for_less_than_a_lease_costs_nothing(site: Site) -> None:
    site.add_runner()
    gate = site.hold(STEPS[1])
    run = site.start(*STEPS[:4])
    site.wait_for_execution(STEPS[1])
    with site.server.away():
        gate.unlink()
        wait_until(lambda: site.executed()[STEPS[3]] == 1, "the steps to go on without a database")
    assert site.ended(run).state == "done"
    told = site.told(run)
    assert done_steps(told) == ["s1", "s2", "s3", "s4"]
    assert not [event for event in told if isinstance(event, Resumed)]


def test_a_run_that_kills_its_runners_is_given_up_and_others_are_not(site: Site) -> None:
    site.hold(STEPS[0])
    deadly = site.start(STEPS[0])
    for attempt in range(1, MAX_ATTEMPTS + 1):
        runner = site.add_runner()
        wait_until(lambda: site.executed()[STEPS[0]] == attempt, "the deadly step")  # noqa: B023
        runner.send_signal(signal.SIGKILL)
        runner.wait()
    site.add_runner()
    harmless = site.start(STEPS[1])
    assert site.ended(harmless).state == "done"
    with site.database.writing() as connection:  # the store's own lease is ten times that of these runners
        connection.exec_driver_sql("UPDATE runs SET heartbeat = heartbeat - 60 WHERE state = 'running'")
    assert site.ended(deadly).state == "failed"
    last = site.told(deadly)[-1]
    assert isinstance(last, Failed)
    assert last.error.code == "model_lost"


def test_clocks_five_minutes_apart_bury_no_run(site: Site) -> None:
    runs = [site.start(*STEPS[:2]) for _ in range(6)]
    for ahead_s in (300.0, -300.0):
        site.add_runner(ahead_s=ahead_s)
    for run in runs:
        assert site.ended(run).state == "done"
        assert done_steps(site.told(run)) == ["s1", "s2"]


def test_two_hundred_runs_are_claimed_once_each_by_three_runners(site: Site) -> None:
    runs = [site.start(STEPS[0]) for _ in range(200)]
    for _ in range(3):
        site.add_runner(lease_s=PATIENCE_S)
    assert [site.ended(run).state for run in runs] == ["done"] * len(runs)
    assert site.executed()[STEPS[0]] == len(runs)
    with site.database.reading() as connection:
        claims = connection.exec_driver_sql("SELECT fence, count(*) FROM runs GROUP BY fence").all()
    assert [tuple(row) for row in claims] == [(1, len(runs))]
