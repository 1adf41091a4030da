"""On whose behalf something is done, until when and under which id."""

import time
from dataclasses import dataclass, replace
from typing import Any, Self

from model_wrappers.contract.errors import DeadlineExceeded
from router.principal import Principal


@dataclass(frozen=True)
class Flow:
    """Whose share something is done from: work in the background has a smaller one of its own."""

    tenant: str
    weight: float = 1.0
    background: bool = False


@dataclass(frozen=True)
class Scope:
    """What all work for one request has in common, from the edge down to the models: who asks, until when, which id.

    `deadline` is absolute, in seconds of `time.time()`; `request_id` is for logs, `traceparent` for traces: the W3C's
    name of the span that this is part of; nobody waits for work in the `background`. With `reuse`, a step may end with
    what an earlier run of the tenant made of the same input.
    """

    principal: Principal
    deadline: float
    request_id: str
    background: bool = False
    reuse: bool = False
    traceparent: str | None = None

    @classmethod
    def lasting(cls, timeout_s: float, principal: Principal, request_id: str, traceparent: str | None = None) -> Self:
        """Return a scope that ends in `timeout_s` seconds."""
        return cls(principal, time.time() + timeout_s, request_id, traceparent=traceparent)

    @property
    def tenant(self) -> str:
        """Whose artifacts, sessions and runs are meant."""
        return self.principal.tenant

    @property
    def flow(self) -> Flow:
        """Whose share the work is done from."""
        return Flow(self.principal.tenant, self.principal.weight, self.background)

    def renewed(self, timeout_s: float, request_id: str | None = None) -> "Scope":
        """Return the scope of other work for the same principal, under an id of its own if one is given."""
        return replace(self, deadline=time.time() + timeout_s, request_id=request_id or self.request_id)

    def __getstate__(self) -> dict[str, object]:
        """Travel with the seconds left: the clock of another machine may say another time."""
        return {**self.__dict__, "deadline": self.deadline - time.time()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive with a deadline by the clock of this machine."""
        self.__dict__.update({**state, "deadline": state["deadline"] + time.time()})

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
