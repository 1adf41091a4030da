"""Webhooks, told to real receivers on this machine; time passes when told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from llm_planner.plans.plan import Chat
from model_wrappers.contract.errors import Conflict, NotFound
from router.events import Replied
from router.principal import Principal
from router.records.database import Database
from router.records.run_queue import RunQueue
from router.records.runs import RunStore
from router.records.sessions import SessionStore
from router.tenants.audit import AuditLog
from router.webhooks.sender import LEASE_S, WAITS_S, Sender
from router.webhooks.store import MAX_WEBHOOKS, OVERLAP_S, WebhookStore
from tests.router.clock import Clock

TTL_S = 1e6
ANN, BOB = Principal("ann", "k1"), Principal("bob", "k2")
HERE = ("127.0.0.1",)


@dataclass
class Receiver:
    """An HTTP server that fails as told, then listens."""

    failures: list[str] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        self.requests.append((headers, await reader.readexactly(int(headers["content-length"]))))
        status = self.failures.pop(0) if self.failures else "204 No Content"
        if status != "hang up":
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nLocation: {self.url}\r\n\r\n".encode())
            await writer.drain()
        writer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/told"
    yield receiver
    server.close()


@pytest.fixture
def store(database: Database) -> WebhookStore:
    return WebhookStore(database, lambda: b"pepper")


@pytest.fixture
def sender(database: Database, store: WebhookStore) -> Sender:
    return Sender(database, store, HERE)


@pytest.fixture
def runs(database: Database) -> RunStore:
    return RunStore(database, TTL_S)


@pytest.fixture
def queue(database: Database) -> RunQueue:
    return RunQueue(database, SessionStore(database, TTL_S), "owner")


def ended(runs: RunStore, queue: RunQueue, tenant: str = "ann") -> str:
    run_id = runs.create("{}", tenant=tenant, deadline_s=1e6)
    lease = queue.claim()
    assert lease is not None
    queue.finish(lease, "done", [Replied(session_id="", turn=0, text="", outcome=Chat(reply=""))], after=0)
    return run_id


async def test_a_message_arrives_once_by_id_though_its_receiver_fails_three_times(
    receiver: Receiver, store: WebhookStore, sender: Sender, runs: RunStore, queue: RunQueue, clock: Clock
) -> None:
    webhook = store.create(ANN, receiver.url)
    run_id = ended(runs, queue)
    receiver.failures = ["500 Oh", "hang up", "302 Found"]
    for wait_s in WAITS_S[:3]:
        assert await sender.send_due() == 1
        assert await sender.send_due() == 0
        clock.now += wait_s
    assert store.list("ann")[0].waiting == 1
    assert await sender.send_due() == 1
    clock.now += 1e5
    assert await sender.send_due() == 0
    assert store.list("ann")[0].waiting == 0
    assert len(receiver.requests) == 4
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    for headers, body in receiver.requests:
        told = Verifier(webhook.secret).verify(body, headers)
        assert (told["type"], told["data"]["id"], told["data"]["state"]) == ("run.ended", run_id, "done")


async def test_a_message_is_given_up_after_eight_tries_and_forgotten_in_time(
    receiver: Receiver, store: WebhookStore, sender: Sender, runs: RunStore, queue: RunQueue, clock: Clock
) -> None:
    store.create(ANN, receiver.url)
    ended(runs, queue)
    receiver.failures = ["503 Busy"] * 9
    for wait_s in (*WAITS_S, 1e6):
        assert await sender.send_due() == 1
        clock.now += wait_s
    assert await sender.send_due() == 0
    assert len(receiver.requests) == 8
    assert (store.list("ann")[0].waiting, store.list("ann")[0].given_up) == (0, 1)
    assert sender.sweep() == 1
    assert store.list("ann")[0].given_up == 0


async def test_whatever_the_end_all_webhooks_of_the_tenant_are_told_and_no_others(
    receiver: Receiver, store: WebhookStore, sender: Sender, runs: RunStore, clock: Clock
) -> None:
    for tenant in ("ann", "ann", "bob"):
        store.create(Principal(tenant), receiver.url)
    cancelled = runs.create("{}", tenant="ann", deadline_s=1e6)
    runs.request_cancel(cancelled, "ann")
    late = runs.create("{}", tenant="ann", deadline_s=1.0)
    clock.now += 2.0
    runs.get(late, "ann")
    assert await sender.send_due() == 4
    told = [json.loads(body)["data"] for _, body in receiver.requests]
    assert sorted((run["id"], run["state"]) for run in told) == sorted([(cancelled, "cancelled"), (late, "failed")] * 2)


async def test_of_two_senders_one_sends_and_the_other_takes_over_when_it_dies(
    receiver: Receiver,
    store: WebhookStore,
    sender: Sender,
    database: Database,
    runs: RunStore,
    queue: RunQueue,
    clock: Clock,
) -> None:
    store.create(ANN, receiver.url)
    ended(runs, queue)
    assert len(sender._claim()) == 1  # and dies
    other = Sender(database, store, HERE)
    assert await other.send_due() == 0
    clock.now += LEASE_S
    assert await other.send_due() == 1
    assert len(receiver.requests) == 1


async def test_what_was_not_kept_is_not_told(
    receiver: Receiver, store: WebhookStore, sender: Sender, runs: RunStore, queue: RunQueue
) -> None:
    store.create(ANN, receiver.url)
    runs.create("{}", tenant="ann", deadline_s=1e6)
    lease = queue.claim()
    assert lease is not None
    with pytest.raises(Conflict):
        queue.finish(
            replace(lease, fence=lease.fence + 1),
            "done",
            [Replied(session_id="", turn=0, text="", outcome=Chat(reply=""))],
            after=0,
        )
    assert await sender.send_due() == 0


async def test_an_address_inside_is_told_nothing_unless_the_operator_allows_it(
    receiver: Receiver, store: WebhookStore, database: Database, runs: RunStore, queue: RunQueue
) -> None:
    store.create(ANN, receiver.url)
    store.create(ANN, receiver.url.replace("127.0.0.1", "localhost"))
    ended(runs, queue)
    assert await Sender(database, store).send_due() == 2
    assert receiver.requests == []
    assert store.list("ann")[0].waiting == 1


def test_secrets_differ_and_are_refused_where_they_are_not_theirs(store: WebhookStore) -> None:
    first, second = store.create(ANN, "https://example.org"), store.create(BOB, "https://example.org")
    assert first.secret != second.secret
    with pytest.raises(WebhookVerificationError):
        Verifier(first.secret).verify(
            "{}", {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,eA=="}
        )


def test_webhooks_are_a_tenant_s_own_and_few(store: WebhookStore) -> None:
    made = [store.create(ANN, "https://example.org") for _ in range(MAX_WEBHOOKS)]
    with pytest.raises(Conflict, match="at most 10"):
        store.create(ANN, "https://example.org")
    with pytest.raises(NotFound):
        store.delete(made[0].id, BOB)
    store.delete(made[0].id, ANN)
    assert {webhook.id for webhook in store.list("ann")} == {webhook.id for webhook in made[1:]}
    assert store.list("bob") == ()


async def test_for_a_day_a_rotated_webhook_signs_with_both_secrets(
    receiver: Receiver, store: WebhookStore, sender: Sender, clock: Clock
) -> None:
    first = store.create(ANN, receiver.url)
    with pytest.raises(NotFound):
        store.rotate(first.id, BOB)
    second = store.rotate(first.id, ANN)
    assert second.secret != first.secret
    for expected in ({first.secret, second.secret}, {second.secret}):
        store.test(first.id, "ann")
        assert await sender.send_due() == 1
        headers, body = receiver.requests.pop()
        assert {one for one in (first.secret, second.secret) if verifies(one, body, headers)} == expected
        assert json.loads(body)["type"] == "webhook.test"
        clock.now += OVERLAP_S


def verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Verifier(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def test_who_added_replaced_and_removed_a_webhook_is_in_the_audit_log(store: WebhookStore, database: Database) -> None:
    webhook = store.create(ANN, "https://example.org")
    store.rotate(webhook.id, ANN)
    store.delete(webhook.id, ANN)
    acts = {(entry.act, entry.actor, entry.subject) for entry in AuditLog(database).page("ann").data}
    assert acts == {(f"webhook.{act}", "ann/k1", webhook.id) for act in ("created", "rotated", "deleted")}


def test_only_its_owner_has_a_webhook_tried(store: WebhookStore) -> None:
    webhook = store.create(ANN, "https://example.org")
    with pytest.raises(NotFound):
        store.test(webhook.id, "bob")
    store.test(webhook.id, "ann")
    assert store.list("ann")[0].waiting == 1
