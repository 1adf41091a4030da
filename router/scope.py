"""On whose behalf something is done, until when and under which id."""

import time
from dataclasses import dataclass, replace
from typing import Self

from model_wrappers.contract.errors import DeadlineExceeded


@dataclass(frozen=True)
class Scope:
    """What all work for one request has in common, from the edge down to the models.

    `deadline` is absolute, in seconds of `time.time()`; `request_id` is for logs.
    """

    tenant: str
    deadline: float
    request_id: str

    @classmethod
    def lasting(cls, timeout_s: float, tenant: str, request_id: str) -> Self:
        """Return a scope that ends in `timeout_s` seconds."""
        return cls(tenant, time.time() + timeout_s, request_id)

    def renewed(self, timeout_s: float, request_id: str | None = None) -> "Scope":
        """Return the scope of other work for the same tenant, under an id of its own if one is given."""
        return replace(self, deadline=time.time() + timeout_s, request_id=request_id or self.request_id)

    def remaining_s(self) -> float:
        """Return the seconds left; raise `DeadlineExceeded` if none are."""
        return seconds_until(self.deadline)


def seconds_until(deadline: float) -> float:
    """Return the seconds left until an absolute deadline.

    Raises:
        DeadlineExceeded: If none are.
    """
    left = deadline - time.time()
    if left <= 0:
        raise DeadlineExceeded(f"The deadline passed {-left:.1f} s ago; allow more time or ask for less.")
    return left
