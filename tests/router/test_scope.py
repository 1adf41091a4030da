import time

import pytest

from model_wrappers.contract.errors import DeadlineExceeded
from router.principal import Principal
from router.scope import Scope


def test_a_scope_lasts_until_its_deadline() -> None:
    assert 0 < Scope.lasting(60.0, Principal("acme"), "r1").remaining_s() <= 60.0
    with pytest.raises(DeadlineExceeded, match=r"passed 1\.. s ago"):
        Scope(Principal("acme"), time.time() - 1.0, "r1").remaining_s()


def test_other_work_on_the_same_connection_is_for_the_same_tenant_with_time_of_its_own() -> None:
    late = Scope(Principal("acme"), time.time() - 1.0, "r1")
    other = late.renewed(60.0, "r2")
    assert (other.tenant, other.request_id) == ("acme", "r2")
    assert other.remaining_s() > 0
    assert late.renewed(60.0).request_id == "r1"
