"""The door: who is let in by which key, and whether a key is asked for at all."""

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from model_wrappers.contract.errors import Forbidden, InvalidInput, Unauthenticated
from router.principal import Permission, Principal
from router.records.database import Database
from router.settings import Settings
from router.telemetry import metrics
from router.tenants.audit import AuditLog
from router.tenants.keys import Key
from router.tenants.links import LIFE_S, Links
from router.tenants.oidc import People, Person, is_person
from router.tenants.pepper import pepper
from router.tenants.proofs import Proofs
from router.tenants.sign_ins import FailedSignIns
from router.tenants.store import TenantStore

FRESH_S = 10.0  # how long what is known of a key stands, and so how long a revoked one may still work
MAX_KNOWN = 4_096
CONNECTIONS = 2  # to Postgres, at most; it asks seldom
TOKEN_DOTS = 2  # of a JSON Web Token, and of no key
HINT = "Send it as 'Authorization: Bearer agpt_...'."


class Door:
    """Knows who shows a key; asks the store about each at most every `FRESH_S` seconds."""

    def __init__(
        self,
        store: TenantStore,
        clock: Callable[[], float] = time.monotonic,
        failed: FailedSignIns | None = None,
        links: Links | None = None,
        people: People | None = None,
        proofs: Proofs | None = None,
    ) -> None:
        """Prepare to let in.

        Args:
            store: Asked about keys.
            clock: Seconds from anywhere.
            failed: Told of keys that are not taken.
            links: Signs links to files; there are none if None.
            people: Knows who shows a token of an identity provider; nobody does if None.
            proofs: Remembers what people showed; links that people make open nothing if None.
        """
        self._store = store
        self._failed = failed
        self._clock = clock
        self._links = links
        self._people = people
        self._proofs = proofs
        self._known: OrderedDict[Key | Person | str, tuple[Principal | None, float]] = OrderedDict()

    async def admit(self, text: str | None) -> Principal:
        """Return who shows a key, or a person's token.

        Raises:
            Unauthenticated: If there is none, or it is unknown, expired or revoked.
            Forbidden: If a token is for a tenant there is not.
        """
        if not text:
            raise Unauthenticated("This server asks for a key, and none was sent.", hint=HINT)
        if self._people is not None and text.count(".") == TOKEN_DOTS:
            return await self._admit_person(await self._people.person(text))
        key = Key.read(text)
        if key is None:
            raise Unauthenticated("What was sent is no key of this server, or it was cut or mistyped.", hint=HINT)
        found = await self._fresh(key, lambda: self._store.principal(key))
        if found is None:
            raise Unauthenticated(f"The key '{key.id}' is unknown, expired or revoked.")
        return found

    async def _admit_person(self, person: Person) -> Principal:
        tenant = await self._fresh(person, lambda: self._tenant_of(person))
        if tenant is None:
            raise Forbidden(f"There is no tenant '{person.tenant}'.", hint="The operator creates tenants.")
        return replace(tenant, key=person.id, permissions=person.permissions)

    def _tenant_of(self, person: Person) -> Principal | None:
        found = self._store.anybody(person.tenant)
        if found is not None and self._proofs is not None:
            self._proofs.note(person)
        return found

    def link(self, artifact_id: str, principal: Principal, life_s: float = LIFE_S) -> str | None:
        """Return what opens a file of the principal's for `life_s` seconds without its key, None if nothing does."""
        if self._links is None or principal.key is None or not principal.may("artifacts"):
            return None
        return self._links.sign(artifact_id, principal, life_s)

    async def admit_link(self, text: str, artifact_id: str) -> Principal | None:
        """Return on whose behalf a link opens a file, which is all it permits; None if it does not."""
        link = self._links.read(text) if self._links is not None else None
        if link is None or link.artifact != artifact_id or link.key is None:
            return None
        maker = await self._maker(link.tenant, link.key)
        return maker if maker is not None and maker.tenant == link.tenant else None

    async def _maker(self, tenant: str, key: str) -> Principal | None:
        """Return on whose behalf a link was made, with the permission to read.

        What a person may is known only by the tokens that one shows: a person's link lasts until a newer one permits no
        more to read, or for a while after the newest one has ended.
        """
        opens = frozenset[Permission]({"artifacts"})
        if is_person(key):
            if self._people is None:
                return None
            found = await self._fresh(f"{key} of {tenant}", lambda: self._believed(tenant, key))
            return replace(found, key=key, permissions=opens) if found is not None else None
        found = await self._fresh(key, lambda: self._store.holder(key))
        return replace(found, permissions=opens) if found is not None and found.may("artifacts") else None

    def _believed(self, tenant: str, person_id: str) -> Principal | None:
        if self._proofs is None or not self._proofs.holds(tenant, person_id):
            return None
        return self._store.anybody(tenant)

    def refused(self, text: str | None, address: str) -> None:
        """Note that somebody who showed this was not let in."""
        if self._failed is not None and text:
            self._failed.note(text, address)

    async def _fresh(self, key: Key | Person | str, ask: Callable[[], Principal | None]) -> Principal | None:
        found, until = self._known.get(key, (None, 0.0))
        known = until > self._clock()
        metrics.CACHE_LOOKUPS.add(cache="keys", result="hit" if known else "miss")
        if not known:
            found = await asyncio.to_thread(ask)
            self._remember(key, found)
        return found

    def _remember(self, key: Key | Person | str, found: Principal | None) -> None:
        self._known[key] = (found, self._clock() + FRESH_S)
        self._known.move_to_end(key)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def door_for(settings: Settings, host: str) -> Door | None:
    """Return the door of a server that listens on `host`, None if it asks for no key.

    Raises:
        InvalidInput: If a key is asked for and nobody has one.
    """
    if settings.auth == "off" or (settings.auth == "auto" and is_loopback(host)):
        return None
    database = Database(settings.database_url.get_secret_value(), connections=CONNECTIONS)
    secret = pepper(settings)
    store = TenantStore(database, secret)
    people = People.from_settings(settings)
    if people is None and not store.has_working_key():
        raise InvalidInput(
            f"The server listens on {host} and asks for keys (AUDIOGPT_AUTH is {settings.auth}), but there is none: "
            "create one with 'audiogpt tenants create NAME' and 'audiogpt keys create --tenant NAME', or set "
            "AUDIOGPT_AUTH=off where something in front of it checks who asks.",
            param="AUDIOGPT_AUTH",
        )
    proofs = Proofs(database, settings.oidc_links_s)
    return Door(store, failed=FailedSignIns(AuditLog(database)), links=Links(secret), people=people, proofs=proofs)


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from its own machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
