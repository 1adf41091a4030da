import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from sqlalchemy import select

from model_wrappers.contract.errors import Forbidden, InvalidInput, StorageUnavailable, Unauthenticated
from router.principal import Principal
from router.records.database import Database
from router.records.tables import people as proved
from router.settings import Settings
from router.tenants.door import FRESH_S, Door, door_for
from router.tenants.links import Links
from router.tenants.oidc import ASK_AGAIN_S, FIRST_S, KEYS_S, People
from router.tenants.proofs import Proofs
from router.tenants.store import TenantStore
from tests.router.clock import Clock
from tests.router.tenants.issuer import AUDIENCE, Issuer, issuing

KEYS = "/keys"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as running:
        running.add("k1")
        yield running


@pytest.fixture
def people(issuer: Issuer, clock: Clock) -> People:
    return People(issuer.url, AUDIENCE, clock=clock)


@pytest.mark.parametrize("kind", ["RSA", "EC"])
async def test_a_token_says_who_shows_it_and_what_that_permits(issuer: Issuer, people: People, kind: str) -> None:
    issuer.add("k2", kind)
    person = await people.person(issuer.token("k2"))
    assert (person.tenant, person.permissions) == ("acme", {"infer", "runs"})
    assert "ann" not in person.id
    assert person.id == (await people.person(issuer.token("k1"))).id
    assert person.id != (await people.person(issuer.token("k1", sub="bob"))).id


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_000.0},
        {"exp": None},
        {"aud": "somebody else"},
        {"aud": None},
        {"iss": "https://other.example.org"},
        {"sub": None},
        {"nbf": 4e9},
        {"tenant": None},
        {"tenant": "../acme"},
        {"tenant": ["acme"]},
    ],
    ids=str,
)
async def test_what_a_token_lacks_keeps_its_owner_out(issuer: Issuer, people: People, claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated, match="The token is not taken"):
        await people.person(issuer.token("k1", **claims))


async def test_a_token_that_the_issuer_did_not_sign_is_not_taken(issuer: Issuer, people: People) -> None:
    head, body, signature = issuer.token("k1").split(".")
    admin = json.loads(base64.urlsafe_b64decode(body + "==")) | {"scope": "admin"}
    forged = base64.urlsafe_b64encode(json.dumps(admin).encode()).decode().rstrip("=")
    public = issuer.keys["k1"].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    secret = base64.urlsafe_b64encode(pem).decode()
    mac = jwt.get_algorithm_by_name("HS256")
    confused_head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "k1"}).encode()).decode().rstrip("=")
    mac_of = mac.sign(f"{confused_head}.{forged}".encode(), secret.encode())
    confused = f"{confused_head}.{forged}.{base64.urlsafe_b64encode(mac_of).decode().rstrip('=')}"
    other = Issuer(issuer.url)
    other.add("k1")
    for token in (
        f"{head}.{forged}.{signature}",
        jwt.encode(admin, None, "none", headers={"kid": "k1"}),
        confused,
        issuer.token("k1", signed_by=other.keys["k1"]),
        "a.b.c",
        "..",
        "\u00e4.\u00f6.\u00fc",
    ):
        with pytest.raises(Unauthenticated):
            await people.person(token)


async def test_keys_are_fetched_once_and_again_for_one_that_is_new(
    issuer: Issuer, people: People, clock: Clock
) -> None:
    for _ in range(3):
        await people.person(issuer.token("k1"))
    assert issuer.asked[KEYS] == 1
    issuer.add("k2", "EC")
    clock.now += ASK_AGAIN_S
    await people.person(issuer.token("k2"))
    assert issuer.asked[KEYS] == 2


async def test_tokens_with_made_up_keys_cost_the_issuer_nothing(issuer: Issuer, people: People, clock: Clock) -> None:
    await people.person(issuer.token("k1"))
    for number in range(20):
        with pytest.raises(Unauthenticated, match="does not publish"):
            await people.person(issuer.token(f"made-up-{number}", signed_by=issuer.keys["k1"]))
    assert issuer.asked[KEYS] == 1


async def test_a_key_that_is_no_longer_published_is_no_longer_taken(
    issuer: Issuer, people: People, clock: Clock
) -> None:
    old = issuer.token("k1")
    await people.person(old)
    issuer.add("k2")
    del issuer.keys["k1"]
    clock.now += KEYS_S + 1
    with pytest.raises(Unauthenticated, match="does not publish"):
        await people.person(old)


async def test_an_issuer_that_is_away_keeps_nobody_out_whom_it_let_in(
    issuer: Issuer, people: People, clock: Clock
) -> None:
    issuer.broken = True
    for _ in range(2):
        with pytest.raises(StorageUnavailable, match="identity provider"):
            await people.person(issuer.token("k1"))
    assert issuer.asked.total() == 1
    issuer.broken = False
    clock.now += FIRST_S
    await people.person(issuer.token("k1"))
    issuer.broken = True
    clock.now += KEYS_S + 1
    await people.person(issuer.token("k1"))


@pytest.mark.parametrize(
    "extra",
    [
        {"issuer": "https://other.example.org"},
        {"jwks_uri": "http://10.0.0.1/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
    ids=str,
)
async def test_a_discovery_document_that_leads_elsewhere_is_not_followed(
    issuer: Issuer, people: People, extra: dict[str, Any]
) -> None:
    issuer.extra = extra
    with pytest.raises(StorageUnavailable):
        await people.person(issuer.token("k1"))
    assert issuer.asked[KEYS] == 0


async def test_claims_are_read_as_the_settings_say(issuer: Issuer, clock: Clock) -> None:
    people = People(
        issuer.url,
        AUDIENCE,
        tenant_claim="org.name",
        permissions_claim="realm.roles",
        permissions={"audio-admins": "admin", "staff": "infer artifacts"},
        clock=clock,
    )
    claims = {"org": {"name": "bob"}, "realm": {"roles": ["staff", "unknown", 3]}}
    person = await people.person(issuer.token("k1", **claims))
    assert (person.tenant, person.permissions) == ("bob", {"infer", "artifacts"})
    claims["realm"] = {"roles": ["admin"]}  # a value the settings do not name permits nothing
    assert (await people.person(issuer.token("k1", **claims))).permissions == frozenset()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"issuer": "http://idp.example.org"}, "must be an https URL"),
        ({"issuer": "ftp://idp.example.org"}, "must be an https URL"),
        ({"permissions": {"staff": "fly"}}, "'fly' is no permission"),
    ],
)
def test_settings_that_are_not_safe_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        People(**{"issuer": "https://idp.example.org", "audience": AUDIENCE} | fields)


def test_a_server_with_an_issuer_needs_no_keys_but_an_audience(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, auth="on", oidc_issuer="https://idp.example.org")
    with pytest.raises(InvalidInput, match="AUDIOGPT_OIDC_AUDIENCE"):
        door_for(settings, "127.0.0.1")
    assert door_for(settings.model_copy(update={"oidc_audience": AUDIENCE}), "127.0.0.1") is not None


async def test_the_door_lets_people_in_for_tenants_there_are(
    issuer: Issuer, people: People, database: Database, clock: Clock
) -> None:
    store = TenantStore(database, b"p" * 32, clock)
    store.create_tenant("acme", weight=2.0)
    proofs = Proofs(database, 0.0)
    door = Door(store, clock, people=people, links=Links(b"p" * 32, clock), proofs=proofs)
    principal = await door.admit(issuer.token("k1", scope="infer artifacts"))
    assert (principal.tenant, principal.weight) == ("acme", 2.0)
    assert principal.may("infer")
    assert not principal.may("runs")
    with pytest.raises(Forbidden, match="There is no tenant 'bob'"):
        await door.admit(issuer.token("k1", tenant="bob"))
    key = store.create_key("acme", ["runs"])
    assert (await door.admit(key.text)).may("runs")
    link = door.link("f" * 64, principal)
    assert link is not None
    opened = await door.admit_link(link, "f" * 64)
    assert opened is not None
    assert (opened.tenant, opened.permissions) == ("acme", {"artifacts"})
    without_people = Door(store, clock, links=Links(b"p" * 32, clock))
    assert await without_people.admit_link(link, "f" * 64) is None
    key_link = without_people.link("f" * 64, await door.admit(store.create_key("acme", ["artifacts"]).text))
    assert key_link is not None
    assert await without_people.admit_link(key_link, "f" * 64) is not None


BELIEVED_S = 1_000.0
FILE = "f" * 64
READS = "infer artifacts"


class Shared:
    """A link that a person made, and the door it opens, whose clock both share."""

    def __init__(self, issuer: Issuer, people: People, database: Database, clock: Clock) -> None:
        clock.now = self.began = time.time()
        self._issuer, self._clock = issuer, clock
        store = TenantStore(database, b"p" * 32, clock)
        for tenant in ("acme", "bob"):
            store.create_tenant(tenant)
        links, proofs = Links(b"p" * 32, clock), Proofs(database, BELIEVED_S, clock)
        self._door = Door(store, clock, people=people, links=links, proofs=proofs)
        self._link = ""

    async def make(self) -> None:
        link = self._door.link(FILE, await self.show(issued=0.0, lasts_s=3_600.0), 1e6)
        assert link is not None
        self._link = link

    async def show(self, *, issued: float, lasts_s: float, **claims: Any) -> Principal:
        """Show a token; times are seconds after the first one, which the leeway of two clocks makes valid already."""
        times = {"iat": int(self.began + issued), "exp": self.began + issued + lasts_s}
        return await self._door.admit(self._issuer.token("k1", **{"scope": READS, **times} | claims))

    async def opens(self, after_s: float) -> bool:
        self._clock.now = max(self._clock.now + FRESH_S, self.began + after_s)
        return await self._door.admit_link(self._link, FILE) is not None


@pytest.fixture
async def shared(issuer: Issuer, people: People, database: Database, clock: Clock) -> Shared:
    link = Shared(issuer, people, database, clock)
    await link.make()
    return link


async def test_a_person_s_link_ends_a_while_after_the_newest_token(shared: Shared) -> None:
    assert await shared.opens(3_600.0 + BELIEVED_S - FRESH_S)
    assert not await shared.opens(3_600.0 + BELIEVED_S)


async def test_a_newer_token_keeps_a_person_s_links(shared: Shared) -> None:
    await shared.show(issued=10.0, lasts_s=7_200.0)
    assert await shared.opens(7_200.0 + BELIEVED_S)
    assert not await shared.opens(7_210.0 + BELIEVED_S)


@pytest.mark.parametrize("scope", ["infer", ""])
async def test_a_newer_token_that_permits_no_more_to_read_ends_a_person_s_links(shared: Shared, scope: str) -> None:
    assert await shared.opens(0.0)
    await shared.show(issued=10.0, lasts_s=3_600.0, scope=scope)
    assert not await shared.opens(0.0)
    await shared.show(issued=0.0, lasts_s=3_600.0)  # the old one, which says what was
    assert not await shared.opens(0.0)
    await shared.show(issued=20.0, lasts_s=3_600.0)
    assert await shared.opens(0.0)


async def test_what_others_show_changes_nothing_of_a_person_s_links(shared: Shared) -> None:
    await shared.show(issued=10.0, lasts_s=1e5, sub="bob")
    await shared.show(issued=10.0, lasts_s=1e5, tenant="bob")
    await shared.show(issued=10.0, lasts_s=3_600.0, sub="carl", scope="infer")
    assert await shared.opens(0.0)
    assert not await shared.opens(3_600.0 + BELIEVED_S)


async def test_what_people_proved_is_forgotten_when_it_is_believed_no_more(shared: Shared, database: Database) -> None:
    assert not await shared.opens(3_600.0 + BELIEVED_S)
    await shared.show(issued=20.0, lasts_s=1e5, sub="bob")
    with database.reading() as connection:
        assert len(connection.execute(select(proved)).all()) == 1


async def test_a_stream_ends_when_its_token_does(issuer: Issuer, people: People) -> None:
    token = issuer.token("k1", exp=time.time() - 20)  # within the leeway of two clocks
    await people.person(token)
    with pytest.raises(Unauthenticated, match="expired"):
        await people.person(issuer.token("k1", exp=time.time() - 60))
