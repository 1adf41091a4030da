import pytest
from sqlalchemy import select

from model_wrappers.contract.errors import Conflict, InvalidInput, NotFound
from router.principal import NO_LIMITS, Principal, TenantLimits
from router.records.database import Database
from router.records.tables import keys
from router.tenants.keys import Key
from router.tenants.store import USE_NOTED_S, TenantStore
from tests.router.clock import Clock

DAY_S = 86_400.0
PEPPER = b"p" * 32


@pytest.fixture
def store(database: Database, clock: Clock) -> TenantStore:
    store = TenantStore(database, PEPPER, clock)
    store.create_tenant("acme")
    return store


def test_a_key_tells_whose_it_is_and_what_it_permits(store: TenantStore) -> None:
    key = store.create_key("acme", ["infer", "runs"])
    principal = store.principal(key)
    assert principal == Principal("acme", key.id, frozenset({"infer", "runs"}))
    assert principal.may("runs")
    assert not principal.may("sessions")


def test_an_admins_key_permits_everything(store: TenantStore) -> None:
    principal = store.principal(store.create_key("acme", ["admin"]))
    assert principal is not None
    assert principal.may("metrics")


def test_another_secret_under_the_same_id_is_nobody(store: TenantStore) -> None:
    key = store.create_key("acme", ["infer"])
    assert store.principal(Key(key.id, Key.new().secret)) is None
    assert store.principal(Key.new()) is None


def test_a_key_is_worth_nothing_under_another_pepper(store: TenantStore, database: Database, clock: Clock) -> None:
    key = store.create_key("acme", ["infer"])
    assert TenantStore(database, b"q" * 32, clock).principal(key) is None


def test_the_secret_is_nowhere_in_the_database(store: TenantStore, database: Database) -> None:
    key = store.create_key("acme", ["infer"], name="laptop")
    with database.reading() as connection:
        (row,) = connection.execute(select(keys))
    assert key.secret not in str(row)
    assert key.id in str(row)


def test_a_key_expires(store: TenantStore, clock: Clock) -> None:
    key = store.create_key("acme", ["infer"], expires_s=DAY_S)
    clock.now += DAY_S - 1
    assert store.principal(key) is not None
    assert store.has_working_key()
    clock.now += 1
    assert store.principal(key) is None
    assert not store.has_working_key()


def test_a_rotated_key_works_on_for_a_while_beside_the_new_one(store: TenantStore, clock: Clock) -> None:
    old = store.create_key("acme", ["infer", "runs"], name="laptop", expires_s=10 * DAY_S)
    clock.now += 5 * DAY_S
    new = store.rotate(old.id, DAY_S)
    assert store.principal(old) is not None
    clock.now += DAY_S
    assert store.principal(old) is None
    clock.now += 9 * DAY_S - 1
    assert store.principal(new) == Principal("acme", new.id, frozenset({"infer", "runs"}))
    clock.now += 1
    assert store.principal(new) is None
    with pytest.raises(Conflict, match="works no more"):
        store.rotate(old.id, DAY_S)


def test_rotating_makes_no_key_live_longer(store: TenantStore, clock: Clock) -> None:
    old = store.create_key("acme", ["infer"], expires_s=60.0)
    store.rotate(old.id, DAY_S)
    clock.now += 60.0
    assert store.principal(old) is None


def test_a_revoked_key_works_no_more(store: TenantStore, clock: Clock) -> None:
    key = store.create_key("acme", ["infer"])
    store.revoke(key.id)
    first = clock.now
    clock.now += 5
    store.revoke(key.id)
    assert store.principal(key) is None
    assert [info.revoked for info in store.keys("acme")] == [first]


def test_the_use_of_a_key_is_noted_now_and_then(store: TenantStore, clock: Clock) -> None:
    key = store.create_key("acme", ["infer"])
    assert store.keys()[0].last_used is None
    first = clock.now
    for _ in range(3):
        store.principal(key)
        assert store.keys()[0].last_used == first
        clock.now += USE_NOTED_S / 3
    clock.now += 1
    store.principal(key)
    assert store.keys()[0].last_used == clock.now


@pytest.mark.parametrize("name", ["", "ACME", "a/b", "..", "a" * 65])
def test_a_tenant_needs_a_plain_name(store: TenantStore, name: str) -> None:
    with pytest.raises(InvalidInput, match="no tenant's name"):
        store.create_tenant(name)


def test_what_does_not_exist_or_does_already_is_refused(store: TenantStore) -> None:
    with pytest.raises(Conflict, match="already"):
        store.create_tenant("acme")
    with pytest.raises(NotFound, match="create it first"):
        store.create_key("nobody", ["infer"])
    with pytest.raises(NotFound, match="no key"):
        store.revoke("x" * 12)
    for permissions in ([], ["infer", "fly"]):
        with pytest.raises(InvalidInput, match="A key permits some of infer"):
            store.create_key("acme", permissions)


def test_a_tenants_weight_and_limits_go_with_its_keys(store: TenantStore) -> None:
    key = store.create_key("acme", ["infer"])
    store.edit_tenant("acme", weight=2.0, limits=TenantLimits(requests_per_min=60))
    principal = store.principal(key)
    assert principal is not None
    assert (principal.weight, principal.limits.requests_per_min, principal.limits.runs) == (2.0, 60, None)
    store.edit_tenant("acme", limits=TenantLimits())
    assert [(info.id, info.weight, info.limits) for info in store.tenants()] == [("acme", 2.0, NO_LIMITS)]


@pytest.mark.parametrize("weight", [0.0, -1.0, 1e6, float("nan")])
def test_a_weight_has_bounds(store: TenantStore, weight: float) -> None:
    with pytest.raises(InvalidInput, match="weight"):
        store.edit_tenant("acme", weight=weight)


def test_what_does_not_exist_cannot_be_edited(store: TenantStore) -> None:
    with pytest.raises(NotFound, match="create it first"):
        store.edit_tenant("nobody", weight=2.0)
