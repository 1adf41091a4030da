"""The policy between what Serve knows and how many replicas it starts, with Serve's own bounds and delays around it."""

from typing import Any

import pytest
from ray.serve._private.common import DeploymentID, TimeStampedValue
from ray.serve.autoscaling_policy import _apply_autoscaling_config
from ray.serve.config import AutoscalingConfig, AutoscalingContext

from deployments.serve.autoscaling import PLANNED_S, STALE_S, QueueAndPlan
from deployments.serve.options import model_options
from router.spec import ModelSpec

WITHIN_S = 30.0
NOW = 1_000.0
POLICY = QueueAndPlan(WITHIN_S)


def context(
    planned_s: dict[str, list[tuple[float, float]]],
    *,
    now: float = NOW,
    queue: float = 0.0,
    replicas: int = 1,
    state: dict[str, Any] | None = None,
    **config: Any,
) -> AutoscalingContext:
    """Return what Serve tells a policy: of each replica its records, times first, and the requests that are out."""
    bounds = {"min_replicas": 1, "max_replicas": 4, "target_ongoing_requests": 2, "upscale_delay_s": 0.0}
    series = {name: [TimeStampedValue(at, value) for at, value in told] for name, told in planned_s.items()}
    return AutoscalingContext(
        deployment_id=DeploymentID("m", "m"),
        deployment_name="m",
        app_name="m",
        current_num_replicas=replicas,
        target_num_replicas=replicas,
        running_replicas=[],
        total_num_requests=queue,
        total_queued_requests=0.0,
        aggregated_metrics={},
        raw_metrics={PLANNED_S: series} if series else {},
        capacity_adjusted_min_replicas=1,
        capacity_adjusted_max_replicas=4,
        policy_state=state or {},
        last_scale_up_time=None,
        last_scale_down_time=None,
        current_time=now,
        config=AutoscalingConfig(**(bounds | config)),
    )


@pytest.mark.parametrize(
    ("planned_s", "queue", "wanted"),
    [
        ({}, 0.0, 0.0),  # what Serve's own policy wants
        ({}, 6.0, 3.0),
        ({"r1": [(1.0, 75.0)]}, 0.0, 2.5),  # before anything is in the queue
        ({"r1": [(1.0, 75.0)]}, 6.0, 3.0),  # the queue needs more
        ({"r1": [(1.0, 75.0)]}, 2.0, 2.5),  # the plan needs more
        ({"r1": [(1.0, 30.0)], "r2": [(1.0, 120.0)]}, 0.0, 4.0),  # one that knows more
        ({"r1": [(1.0, 300.0), (2.0, 0.0)]}, 0.0, 0.0),  # the newest record counts
        ({"r1": []}, 0.0, 0.0),
    ],
)
def test_the_queue_or_the_plan_whichever_needs_more(
    planned_s: dict[str, list[tuple[float, float]]], queue: float, wanted: float
) -> None:
    assert POLICY(context(planned_s, queue=queue))[0] == pytest.approx(wanted)


@pytest.mark.parametrize("ahead_s", [-300.0, 0.0, 300.0])
def test_a_record_that_stays_the_same_grows_old_whatever_the_clock_of_its_node_says(ahead_s: float) -> None:
    told = {"r1": [(NOW + ahead_s, 90.0)]}
    wanted, state = POLICY(context(told))
    assert wanted == pytest.approx(3.0)
    wanted, state = POLICY(context(told, now=NOW + STALE_S - 1, state=state))
    assert wanted == pytest.approx(3.0)
    wanted, state = POLICY(context(told, now=NOW + STALE_S, state=state))
    assert wanted == 0.0  # the queue's share alone
    newer = {"r1": [(NOW + ahead_s + STALE_S, 90.0)]}
    assert POLICY(context(newer, now=NOW + STALE_S, state=state))[0] == pytest.approx(3.0)


def test_a_replica_that_is_gone_is_forgotten() -> None:
    _, state = POLICY(context({"r1": [(1.0, 90.0)], "r2": [(1.0, 90.0)]}))
    _, state = POLICY(context({"r2": [(2.0, 90.0)]}, state=state))
    assert list(*state.values()) == ["r2"]


def test_serve_keeps_its_delays_around_the_policy() -> None:
    served = _apply_autoscaling_config(POLICY.__call__)
    told = {"r1": [(1.0, 1e6)]}
    delayed = {"upscale_delay_s": 3600.0, "downscale_delay_s": 3600.0}
    assert served(context(told, **delayed))[0] == 1
    assert served(context({}, replicas=3, **delayed))[0] == 3
    assert served(context({"r1": [(1.0, 90.0)]}))[0] == 3


@pytest.mark.parametrize(("least", "most", "sees_plans"), [(0, 1, False), (1, 1, False), (2, 2, False), (0, 2, True)])
def test_a_model_that_may_have_more_replicas_has_the_policy(least: int, most: int, sees_plans: bool) -> None:
    spec = ModelSpec(
        id="m", wrapper="tests.router.models:Echo", min_replicas=least, max_replicas=most, planned_within_s=7
    )
    scaling = AutoscalingConfig(**model_options(spec)["autoscaling_config"])
    assert scaling.policy.is_default_policy_function() is not sees_plans
    if sees_plans:
        policy = scaling.policy.get_policy()(**scaling.policy.policy_kwargs)  # as Serve's controller makes it
        assert policy(context({"r1": [(1.0, 70.0)]}))[0] == pytest.approx(10.0)
