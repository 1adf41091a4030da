import pickle
import time

import pytest

from llm_planner.plans.request import PlanRequest
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import DeadlineExceeded
from model_wrappers.contract.sessions import Session
from router.principal import Principal
from router.scope import Scope


def test_a_scope_lasts_until_its_deadline() -> None:
    assert 0 < Scope.lasting(60.0, Principal("acme"), "r1").remaining_s() <= 60.0
    with pytest.raises(DeadlineExceeded, match=r"passed 1\.. s ago"):
        Scope(Principal("acme"), time.time() - 1.0, "r1").remaining_s()


@pytest.mark.parametrize("ahead_s", [300.0, -300.0])
def test_what_travels_to_a_machine_whose_clock_differs_has_as_much_time_there(
    ahead_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    scope = Scope.lasting(60.0, Principal("acme"), "r1")
    session = Session(id="s", tenant="acme")
    request = PlanRequest(text="x", session=session, catalog=Catalog(), deadline=scope.deadline)
    sent = pickle.dumps((scope, request))
    monkeypatch.setattr(time, "time", lambda: now + ahead_s)
    scope_there, request_there = pickle.loads(sent)
    assert scope_there.remaining_s() == pytest.approx(60.0)
    assert request_there.deadline == pytest.approx(scope_there.deadline)
    assert (request_there.text, request_there.model_fields_set) == (request.text, request.model_fields_set)
    assert (scope_there.principal, scope_there.request_id) == (scope.principal, scope.request_id)


def test_other_work_on_the_same_connection_is_for_the_same_tenant_with_time_of_its_own() -> None:
    late = Scope(Principal("acme"), time.time() - 1.0, "r1")
    other = late.renewed(60.0, "r2")
    assert (other.tenant, other.request_id) == ("acme", "r2")
    assert other.remaining_s() > 0
    assert late.renewed(60.0).request_id == "r1"
