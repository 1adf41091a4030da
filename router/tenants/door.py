"""The door: who is let in by which key, and whether a key is asked for at all."""

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from model_wrappers.contract.errors import InvalidInput, Unauthenticated
from router.principal import Principal
from router.records.database import Database
from router.settings import Settings
from router.tenants.audit import AuditLog
from router.tenants.keys import Key
from router.tenants.links import Links
from router.tenants.pepper import pepper
from router.tenants.sign_ins import FailedSignIns
from router.tenants.store import TenantStore

FRESH_S = 10.0  # how long what is known of a key stands, and so how long a revoked one may still work
MAX_KNOWN = 4_096
HINT = "Send it as 'Authorization: Bearer agpt_...'."


class Door:
    """Knows who shows a key; asks the store about each at most every `FRESH_S` seconds."""

    def __init__(
        self,
        store: TenantStore,
        clock: Callable[[], float] = time.monotonic,
        failed: FailedSignIns | None = None,
        links: Links | None = None,
    ) -> None:
        """Prepare to let in.

        Args:
            store: Asked about keys.
            clock: Seconds from anywhere.
            failed: Told of keys that are not taken.
            links: Signs links to files; there are none if None.
        """
        self._store = store
        self._failed = failed
        self._clock = clock
        self._links = links
        self._known: OrderedDict[Key | str, tuple[Principal | None, float]] = OrderedDict()

    async def admit(self, text: str | None) -> Principal:
        """Return who shows a key.

        Raises:
            Unauthenticated: If there is none, or it is unknown, expired or revoked.
        """
        if not text:
            raise Unauthenticated("This server asks for a key, and none was sent.", hint=HINT)
        key = Key.read(text)
        if key is None:
            raise Unauthenticated("What was sent is no key of this server, or it was cut or mistyped.", hint=HINT)
        found = await self._fresh(key, lambda: self._store.principal(key))
        if found is None:
            raise Unauthenticated(f"The key '{key.id}' is unknown, expired or revoked.")
        return found

    def link(self, artifact_id: str, principal: Principal) -> str | None:
        """Return what opens a file of the principal's for a while without its key, None if nothing does."""
        return None if self._links is None or principal.key is None else self._links.sign(artifact_id, principal)

    async def admit_link(self, text: str, artifact_id: str) -> Principal | None:
        """Return on whose behalf a link opens a file, which is all it permits; None if it does not."""
        link = self._links.read(text) if self._links is not None else None
        if link is None or link.artifact != artifact_id or link.key is None:
            return None
        key_id = link.key
        maker = await self._fresh(key_id, lambda: self._store.holder(key_id))
        if maker is None or maker.tenant != link.tenant or not maker.may("artifacts"):
            return None
        return replace(maker, permissions=frozenset({"artifacts"}))

    def refused(self, text: str | None, address: str) -> None:
        """Note that somebody who showed this was not let in."""
        if self._failed is not None and text:
            self._failed.note(text, address)

    async def _fresh(self, key: Key | str, ask: Callable[[], Principal | None]) -> Principal | None:
        found, until = self._known.get(key, (None, 0.0))
        if until <= self._clock():
            found = await asyncio.to_thread(ask)
            self._remember(key, found)
        return found

    def _remember(self, key: Key | str, found: Principal | None) -> None:
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
    database = Database(settings.database_url.get_secret_value())
    secret = pepper(settings)
    store = TenantStore(database, secret)
    if not store.has_working_key():
        raise InvalidInput(
            f"The server listens on {host} and asks for keys (AUDIOGPT_AUTH is {settings.auth}), but there is none: "
            "create one with 'audiogpt tenants create NAME' and 'audiogpt keys create --tenant NAME', or set "
            "AUDIOGPT_AUTH=off where something in front of it checks who asks.",
            param="AUDIOGPT_AUTH",
        )
    return Door(store, failed=FailedSignIns(AuditLog(database)), links=Links(secret))


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from its own machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
