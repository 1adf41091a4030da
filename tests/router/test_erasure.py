"""Deletion, in both databases and both kinds of store: what is asked for goes, and nothing else."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from llm_planner.plans.plan import Chat
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import NotFound
from model_wrappers.contract.sessions import SessionArtifact, Turn
from router.artifacts.store import ArtifactStore
from router.erasure import Eraser
from router.events import Event, Replied, StepEnded
from router.principal import Principal
from router.records.database import Database
from router.records.forgetting import KEPT
from router.records.run_queue import RunQueue
from router.records.runs import RunStore
from router.records.sessions import SessionStore, SessionTurn
from router.records.tables import metadata
from router.tenants.audit import AuditLog
from router.tenants.store import TenantStore

TTL_S = 1000.0
ANN = Principal("ann", "k1")
SECRET = "the marmalade is under the bridge"


class Household:
    """Two tenants with the same words and the same files."""

    def __init__(self, database: Database, artifacts: ArtifactStore) -> None:
        self.database = database
        self.artifacts = artifacts
        self.sessions = SessionStore(database, TTL_S)
        self.runs = RunStore(database, TTL_S)
        self.queue = RunQueue(database, self.sessions, "owner")
        self.eraser = Eraser(database, self.sessions, self.runs, artifacts, end_s=0.2)

    def file(self, tenant: str, text: str) -> ArtifactRef:
        ref = self.artifacts.put(text.encode(), kind="text", media_type="text/plain", tenant=tenant, most_bytes=None)
        self.artifacts.put_derived(ref, "words.txt", text.encode())
        return ref

    def session(self, tenant: str, sent: ArtifactRef, made: ArtifactRef | None = None) -> tuple[str, str]:
        """Hold a dialogue of one run, which was sent one file and made another."""
        session_id = self.sessions.create(tenant).id
        run_id = self.runs.create(f'{{"file": "{sent.id}"}}', tenant=tenant, session_id=session_id, deadline_s=60)
        lease = self.queue.claim()
        assert lease is not None
        made = made or sent
        result = StepResult(id="s1", task="text-to-speech", state="done", artifacts={"audio": made})
        replied = Replied(session_id=session_id, turn=0, text=SECRET, outcome=Chat(reply=SECRET), results=(result,))
        turn = Turn(index=0, text=SECRET, outcome="chat", reply=SECRET, created=datetime.now(UTC))
        held = (
            SessionArtifact(name="text-1", ref=sent, origin="upload", turn=0, file_name=SECRET),
            SessionArtifact(name="text-2", ref=made, origin="output", turn=0),
        )
        events: list[Event] = [StepEnded(result=result), replied]
        self.queue.finish(
            lease, "done", events, SessionTurn(session_id, turn, held[: 2 if made != sent else 1]), after=0
        )
        return session_id, run_id

    def rows(self) -> str:
        """Return all rows but those that stay and say why."""
        with self.database.reading() as connection:
            tables = [table for table in metadata.sorted_tables if table.name not in {"tenants", *KEPT}]
            return "\n".join(str(row) for table in tables for row in connection.execute(select(table)))


@pytest.fixture(params=["folder", "memory"])
def house(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Household:
    url = str(tmp_path / "files") if request.param == "folder" else f"memory://{uuid.uuid4().hex}"
    return Household(database, ArtifactStore(url, TTL_S))


def test_every_table_goes_with_its_tenant_or_says_why_not() -> None:
    owned = {table.name for table in metadata.sorted_tables if "tenant" in table.c}
    parts = {
        table.name
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.ondelete == "CASCADE" and key.column.table.name in owned
    }
    assert {table.name for table in metadata.sorted_tables} - owned - parts == {"tenants"}
    assert set(KEPT) < owned


async def test_nothing_is_left_of_a_tenant_and_all_of_another(house: Household) -> None:
    theirs = {tenant: house.session(tenant, house.file(tenant, SECRET)) for tenant in ("ann", "bob")}
    active = house.runs.create(SECRET, tenant="ann", deadline_s=60)
    TenantStore(house.database, b"pepper").create_tenant("ann")
    receipt = await house.eraser.everything("ann")
    assert (receipt.tenant, receipt.files, receipt.size_bytes) == ("ann", 1, len(SECRET))
    assert (receipt.rows["sessions"], receipt.rows["runs"], receipt.cancelled_runs) == (1, 2, 1)
    left = house.rows()
    assert not any(thing in left for thing in ("'ann'", '"ann"', *theirs["ann"], active))
    assert house.artifacts.page("ann").data == ()
    kept = house.artifacts.page("bob").data[0]
    assert house.artifacts.read(kept) == house.artifacts.read_derived(kept, "words.txt") == SECRET.encode()
    session, run = theirs["bob"]
    assert house.sessions.get(session, "bob").turns[0].text == SECRET
    assert house.runs.get(run, "bob").state == "done"


async def test_what_was_deleted_is_in_no_file_of_the_machine(house: Household, tmp_path: Path) -> None:
    house.session("ann", house.file("ann", SECRET))
    await house.eraser.everything("ann")
    assert holding(tmp_path, SECRET) == []
    assert not (tmp_path / "files" / "ann").exists()
    house.file("ann", SECRET)
    assert len(house.artifacts.page("ann").data) == 1


def holding(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def test_a_session_goes_with_its_run_and_the_files_that_nothing_else_names(house: Household) -> None:
    shared, own = house.file("ann", "shared"), house.file("ann", "own")
    session, run = house.session("ann", shared, own)
    other, _ = house.session("ann", shared)
    await house.eraser.session(session, ANN)
    for gone in (
        lambda: house.sessions.get(session, "ann"),
        lambda: house.runs.get(run, "ann"),
        lambda: house.artifacts.resolve(own.id, "ann"),
    ):
        with pytest.raises(NotFound):
            gone()
    assert house.artifacts.read_derived(own, "words.txt") is None
    assert house.artifacts.read(shared) == b"shared"
    assert house.sessions.get(other, "ann").turns


async def test_a_run_goes_with_what_it_made_and_its_session_stays(house: Household) -> None:
    own = house.file("ann", "own")
    session, run = house.session("ann", own)
    await house.eraser.run(run, ANN)
    with pytest.raises(NotFound):
        house.runs.get(run, "ann")
    assert not house.artifacts.exists(own)
    assert house.sessions.get(session, "ann").turns


async def test_a_run_that_still_goes_on_is_cancelled_and_its_owner_loses_it(house: Household) -> None:
    run = house.runs.create("{}", tenant="ann", deadline_s=60)
    lease = house.queue.claim()
    assert lease is not None
    await house.eraser.run(run, ANN)
    with pytest.raises(NotFound):
        house.queue.finish(lease, "done", [], after=0)


async def test_what_another_tenant_has_cannot_be_deleted(house: Household) -> None:
    ref = house.file("ann", "own")
    session, run = house.session("ann", ref)
    for delete, thing in (
        (house.eraser.session, session),
        (house.eraser.run, run),
        (house.eraser.artifact, ref.id),
    ):
        with pytest.raises(NotFound):
            await delete(thing, Principal("bob", "k2"))
    assert house.sessions.get(session, "ann").turns
    assert house.runs.get(run, "ann").ended
    await house.eraser.artifact(ref.id, ANN)
    assert not house.artifacts.exists(ref)


async def test_each_deletion_is_in_the_audit_log_with_the_key_that_did_it(house: Household) -> None:
    ref = house.file("ann", "own")
    session, _ = house.session("ann", ref)
    _, run = house.session("ann", ref)
    await house.eraser.artifact(ref.id, ANN)
    await house.eraser.run(run, ANN)
    await house.eraser.session(session, ANN)
    with pytest.raises(NotFound):
        await house.eraser.session(session, ANN)
    entries = AuditLog(house.database).page("ann").data
    assert {(entry.act, entry.subject, entry.actor) for entry in entries} == {
        ("artifact.deleted", ref.id, "ann/k1"),
        ("run.deleted", run, "ann/k1"),
        ("session.deleted", session, "ann/k1"),
    }
