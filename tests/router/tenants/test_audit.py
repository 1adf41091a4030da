import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from model_wrappers.contract.errors import Conflict, NotFound, StorageUnavailable
from router.principal import Principal, TenantLimits
from router.records.database import Database
from router.records.tables import audit
from router.tenants.audit import AuditEntry, AuditLog, actor_of
from router.tenants.keys import Key
from router.tenants.sign_ins import MOST, NO_KEY, FailedSignIns
from router.tenants.store import TenantStore
from tests.router.clock import Clock

PEPPER = b"p" * 32


@pytest.fixture
def store(database: Database, clock: Clock) -> TenantStore:
    return TenantStore(database, PEPPER, clock).acting("acme/admin")


@pytest.fixture
def log(database: Database, clock: Clock) -> AuditLog:
    return AuditLog(database, clock)


def told(log: AuditLog) -> list[tuple[str, str | None, str]]:
    return [(entry.act, entry.tenant, entry.subject) for entry in reversed(log.page(limit=200).data)]


def test_every_change_of_tenants_and_keys_is_noted_with_who_made_it(
    store: TenantStore, log: AuditLog, clock: Clock
) -> None:
    def later() -> None:
        clock.now += 1

    store.create_tenant("acme")
    later()
    store.edit_tenant("acme", weight=2.0, limits=TenantLimits(runs=3))
    later()
    key = store.create_key("acme", ["infer"])
    later()
    new = store.rotate(key.id, 60.0)
    later()
    store.revoke(new.id)
    assert told(log) == [
        ("tenant.created", "acme", ""),
        ("tenant.edited", "acme", ""),
        ("key.created", "acme", key.id),
        ("key.rotated", "acme", key.id),
        ("key.revoked", "acme", new.id),
    ]
    entries = log.page().data
    assert {entry.actor for entry in entries} == {"acme/admin"}
    assert "weight 2.0" in entries[3].detail
    assert new.id in entries[1].detail
    assert key.secret not in str(entries)


def test_what_did_not_happen_is_not_noted(store: TenantStore, log: AuditLog) -> None:
    store.create_tenant("acme")
    key = store.create_key("acme", ["infer"])
    store.revoke(key.id)
    store.revoke(key.id)
    with pytest.raises(Conflict):
        store.create_tenant("acme")
    with pytest.raises(NotFound):
        store.edit_tenant("nobody", weight=2.0)
    with pytest.raises(Conflict):
        store.rotate(key.id, 60.0)
    store.tenant("acme")
    assert sorted(act for act, _, _ in told(log)) == ["key.created", "key.revoked", "tenant.created"]


@pytest.mark.parametrize(
    "change", [update(audit).values(actor="somebody else"), delete(audit), text("TRUNCATE audit")], ids=str
)
def test_the_database_itself_lets_nobody_change_an_entry(
    database: Database, store: TenantStore, log: AuditLog, change: str
) -> None:
    store.create_tenant("acme")
    with database.reading() as connection:
        before = connection.execute(select(audit)).all()
    with pytest.raises((DBAPIError, StorageUnavailable)), database.writing() as connection:
        connection.execute(change)  # type: ignore[call-overload]
    with database.reading() as connection:
        assert connection.execute(select(audit)).all() == before


def test_pages_hold_every_entry_once_and_the_newest_first(log: AuditLog, clock: Clock) -> None:
    for number in range(7):
        log.note("data.deleted", "acme/k1", tenant=f"t{number % 2}", subject=str(number))
        clock.now += number % 3
    found: list[AuditEntry] = []
    cursor: str | None = None
    while True:
        page = log.page(cursor=cursor, limit=2)
        found += page.data
        if (cursor := page.next) is None:
            break
    assert {entry.subject for entry in found} == {str(number) for number in range(7)}
    assert len(found) == 7
    assert [entry.at for entry in found] == sorted((entry.at for entry in found), reverse=True)
    assert {entry.subject for entry in log.page(tenant="t1").data} == {"1", "3", "5"}
    assert log.page(act="key.created").data == ()


def test_actors_are_named_by_tenant_and_key() -> None:
    assert actor_of(Principal("acme", "k1")) == "acme/k1"
    assert actor_of(Principal("default")) == "default/without-key"


async def test_failed_sign_ins_are_counted_by_key_and_address(log: AuditLog) -> None:
    failed, key = FailedSignIns(log), Key.new()
    for _ in range(3):
        failed.note(key.text, "10.0.0.7")
    failed.note("sk-whatever-this-is", "10.0.0.8")
    await failed.flush()
    entries = {entry.subject: entry for entry in log.page().data}
    assert (entries[key.id].detail, entries[key.id].actor) == ("3 times from 10.0.0.7", "nobody")
    assert entries[NO_KEY].detail == "once from 10.0.0.8"
    assert key.secret not in str(entries)
    assert "whatever" not in str(entries)


async def test_an_attack_fills_no_log(log: AuditLog) -> None:
    failed = FailedSignIns(log)
    for number in range(10 * MOST):
        failed.note(Key.new().text, f"10.0.{number // 256}.{number % 256}")
    await failed.flush()
    entries = log.page(limit=200).data
    assert len(entries) == MOST + 1
    assert f"{9 * MOST} times from many addresses" in {entry.detail for entry in entries}
