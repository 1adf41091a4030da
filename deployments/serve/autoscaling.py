"""From one replica to many: a policy of Serve's that sees the planned work beside the queue.

Serve's controller runs it and gets this module by value, so that it imports nothing but Ray.
"""

from typing import Any

from ray.serve.autoscaling_policy import replica_queue_length_autoscaling_policy
from ray.serve.config import AutoscalingContext

PLANNED_S = "planned_s"  # what a replica records: seconds it would need for all planned steps
STALE_S = 30.0  # a record that has not changed for so long says nothing any more; replicas send one every 10 s
SEEN = "planned_seen"  # in the policy's state: by replica the newest record's time, and when it was first seen


class QueueAndPlan:
    """As many replicas as Serve's own policy wants for the queue, or as the planned work needs, if that is more.

    Serve keeps the config's bounds and delays around it, and starts the first replica by itself.
    """

    def __init__(self, within_s: float) -> None:
        """Have planned steps done within so many seconds."""
        self._within_s = within_s

    def __call__(self, context: AutoscalingContext) -> tuple[float, dict[str, Any]]:
        """Return how many replicas there should be, and what to remember."""
        by_queue, _ = replica_queue_length_autoscaling_policy(context)
        planned_s, seen = _planned_s(context)
        return max(by_queue, planned_s / self._within_s), {SEEN: seen}


def _planned_s(context: AutoscalingContext) -> tuple[float, dict[Any, tuple[float, float]]]:
    """Return the most that a replica recorded of late, and when each replica's record was first seen.

    Age is counted from there on the controller's clock: those of the nodes may differ.
    """
    now, before = context.current_time or 0.0, context.policy_state.get(SEEN, {})
    seen: dict[Any, tuple[float, float]] = {}
    fresh = [0.0]
    for replica, series in ((context.raw_metrics or {}).get(PLANNED_S) or {}).items():
        if not series:
            continue
        newest = series[-1]
        told = before.get(replica)
        seen[replica] = told if told and told[0] == newest.timestamp else (newest.timestamp, now)
        if now - seen[replica][1] < STALE_S:
            fresh.append(newest.value)
    return max(fresh), seen
