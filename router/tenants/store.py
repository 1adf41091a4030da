"""The tenant store: tenants and what is kept of their keys."""

import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from model_wrappers.contract.errors import Conflict, InvalidInput, NotFound
from router.pages import PAGE, Cursor, Page, page_of
from router.principal import NO_LIMITS, PERMISSIONS, TENANT_NAME, Principal, TenantLimits
from router.records.database import Database
from router.records.listing import newest_first
from router.records.tables import keys, tenants
from router.settings import Settings
from router.tenants.audit import COMMAND, Act, note
from router.tenants.info import KeyInfo, TenantInfo
from router.tenants.keys import Key
from router.tenants.pepper import pepper

MIN_WEIGHT, MAX_WEIGHT = 0.01, 100.0
USE_NOTED_S = 60.0  # how old the last use of a key may be before it is written again


class TenantStore:
    """Tenants and keys in a database; every change is noted in the audit log. Methods block."""

    def __init__(
        self, database: Database, pepper: bytes, clock: Callable[[], float] = time.time, actor: str = COMMAND
    ) -> None:
        """Keep them in `database`.

        Args:
            database: An open database.
            pepper: Secret that goes into every stored digest.
            clock: Seconds since 1970.
            actor: Who makes the changes, for the audit log.
        """
        self._database = database
        self._pepper = pepper
        self._clock = clock
        self._actor = actor

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Open the store the settings name."""
        return cls(Database(settings.database_url.get_secret_value()), pepper(settings))

    def acting(self, actor: str) -> "TenantStore":
        """Return the same store for changes that somebody else makes."""
        return TenantStore(self._database, self._pepper, self._clock, actor)

    def create_tenant(self, tenant: str, *, weight: float = 1.0, limits: TenantLimits = NO_LIMITS) -> None:
        """Add a tenant.

        Raises:
            InvalidInput: If its name is none, or its weight out of range.
            Conflict: If there is one of that name.
        """
        if not TENANT_NAME.fullmatch(tenant):
            raise InvalidInput(
                f"'{tenant[:80]}' is no tenant's name; use 1 to 64 of a-z, 0-9, '_' and '-', a letter or digit first.",
                param="tenant",
            )
        values = {"weight": _checked_weight(weight), "limits": _limits_text(limits)}
        try:
            with self._database.writing() as connection:
                connection.execute(insert(tenants).values(id=tenant, created=self._clock(), **values))
                self._note(connection, "tenant.created", tenant, detail=_told(values))
        except IntegrityError as exc:
            raise Conflict(f"There is a tenant '{tenant}' already.", param="tenant") from exc

    def edit_tenant(
        self, tenant: str, *, weight: float | None = None, limits: TenantLimits | None = None
    ) -> TenantInfo:
        """Change what is given of a tenant, and return all of it; it holds within seconds.

        Raises:
            InvalidInput: If the weight is out of range.
            NotFound: If there is none of that name.
        """
        values: dict[str, object] = {}
        if weight is not None:
            values["weight"] = _checked_weight(weight)
        if limits is not None:
            values["limits"] = _limits_text(limits)
        with self._database.writing() as connection:
            if values:
                connection.execute(update(tenants).where(tenants.c.id == tenant).values(**values))
                self._note(connection, "tenant.edited", tenant, detail=_told(values))
            row = connection.execute(select(tenants).where(tenants.c.id == tenant)).one_or_none()
            if row is None:
                raise _no_tenant(tenant)  # takes the entry back, too
        return _tenant(row)

    def tenant(self, tenant: str) -> TenantInfo:
        """Return a tenant; raise `NotFound` if there is none of that name."""
        return self.edit_tenant(tenant)

    def tenants(self) -> list[TenantInfo]:
        """Return all tenants, by name."""
        with self._database.reading() as connection:
            return [_tenant(row) for row in connection.execute(select(tenants).order_by(tenants.c.id))]

    def tenants_page(self, cursor: str | None = None, limit: int = PAGE) -> Page[TenantInfo]:
        """Return a page of all tenants, the newest first; raise `InvalidInput` if the cursor is none."""
        with self._database.reading() as connection:
            query = newest_first(select(tenants), tenants.c.created, tenants.c.id, cursor, limit)
            found = [_tenant(row) for row in connection.execute(query)]
        return page_of(found, limit, lambda tenant: Cursor((tenant.created,), tenant.id))

    def create_key(
        self, tenant: str, permissions: Sequence[str], *, name: str = "", expires_s: float | None = None
    ) -> Key:
        """Make a key, which nobody can be shown again.

        Args:
            tenant: Whose it is.
            permissions: What it permits.
            name: For people.
            expires_s: Seconds from now; it does not expire if None.

        Raises:
            InvalidInput: If a permission is unknown, or there is none.
            NotFound: If there is no such tenant.
        """
        if not permissions or any(one not in PERMISSIONS for one in permissions):
            got = ", ".join(permissions) or "none"
            raise InvalidInput(f"A key permits some of {', '.join(PERMISSIONS)}; got {got}.", param="permissions")
        expires = None if expires_s is None else self._clock() + expires_s
        with self._database.writing() as connection:
            if connection.scalar(select(tenants.c.id).where(tenants.c.id == tenant)) is None:
                raise _no_tenant(tenant)
            key = self._add(connection, tenant, " ".join(dict.fromkeys(permissions)), name, expires)
            self._note(connection, "key.created", tenant, key.id, f"permits {' '.join(dict.fromkeys(permissions))}")
            return key

    def keys(self, tenant: str | None = None) -> list[KeyInfo]:
        """Return the keys of a tenant, of all if None, the newest first."""
        query = select(keys).order_by(keys.c.created.desc(), keys.c.id)
        if tenant is not None:
            query = query.where(keys.c.tenant == tenant)
        with self._database.reading() as connection:
            return [_info(row) for row in connection.execute(query)]

    def keys_page(self, tenant: str | None = None, cursor: str | None = None, limit: int = PAGE) -> Page[KeyInfo]:
        """Return a page of what `keys` returns; raise `InvalidInput` if the cursor is none."""
        query = select(keys) if tenant is None else select(keys).where(keys.c.tenant == tenant)
        with self._database.reading() as connection:
            rows = connection.execute(newest_first(query, keys.c.created, keys.c.id, cursor, limit))
            found = [_info(row) for row in rows]
        return page_of(found, limit, lambda key: Cursor((key.created,), key.id))

    def key(self, key_id: str) -> KeyInfo:
        """Return what is known of a key; raise `NotFound` if there is none of that id."""
        with self._database.reading() as connection:
            return _info(self._row(connection, key_id))

    def rotate(self, key_id: str, overlap_s: float) -> Key:
        """Make a key like another, as long-lived as that was; the old one works for `overlap_s` seconds more.

        Raises:
            NotFound: If there is none of that id.
            Conflict: If it works no more.
        """
        with self._database.writing() as connection:
            old = self._row(connection, key_id)
            now = self._clock()
            if not _info(old).works(now):
                raise Conflict(f"Key '{key_id}' works no more; create another.", param="key")
            ends = now + overlap_s if old.expires is None else min(now + overlap_s, old.expires)
            connection.execute(update(keys).where(keys.c.id == key_id).values(expires=ends))
            expires = None if old.expires is None else now + (old.expires - old.created)
            new = self._add(connection, old.tenant, old.permissions, old.name, expires)
            self._note(connection, "key.rotated", old.tenant, key_id, f"into {new.id}, works {ends - now:.0f} s more")
            return new

    def revoke(self, key_id: str) -> None:
        """Let a key work no more; raise `NotFound` if there is none."""
        with self._database.writing() as connection:
            row = self._row(connection, key_id)
            if row.revoked is None:
                connection.execute(update(keys).where(keys.c.id == key_id).values(revoked=self._clock()))
                self._note(connection, "key.revoked", row.tenant, key_id)

    def principal(self, key: Key) -> Principal | None:
        """Return who shows a key, None if it is unknown or works no more; its use is noted."""
        row = self._holder(key.id)
        if row is None or not hmac.compare_digest(row.digest, key.digest(self._pepper)):
            return None
        now = self._clock()
        if row.last_used is None or row.last_used < now - USE_NOTED_S:
            with self._database.writing() as connection:
                connection.execute(update(keys).where(keys.c.id == key.id).values(last_used=now))
        return _principal(row)

    def anybody(self, tenant: str) -> Principal | None:
        """Return a principal of a tenant whom nothing is permitted yet, None if there is no such tenant."""
        with self._database.reading() as connection:
            row = connection.execute(select(tenants).where(tenants.c.id == tenant)).one_or_none()
        if row is None:
            return None
        info = _tenant(row)
        return Principal(info.id, None, frozenset(), info.weight, info.limits)

    def holder(self, key_id: str) -> Principal | None:
        """Return whose a key is, None if it is unknown or works no more; that proves nothing of who asks."""
        row = self._holder(key_id)
        return None if row is None else _principal(row)

    def _holder(self, key_id: str) -> "Row[Any] | None":
        query = select(keys, tenants.c.weight, tenants.c.limits).join(tenants, tenants.c.id == keys.c.tenant)
        with self._database.reading() as connection:
            row = connection.execute(query.where(keys.c.id == key_id)).one_or_none()
        return row if row is not None and _info(row).works(self._clock()) else None

    def has_working_key(self) -> bool:
        """Tell whether anybody can be let in."""
        now = self._clock()
        return any(info.works(now) for info in self.keys())

    def _note(self, connection: Connection, act: Act, tenant: str, subject: str = "", detail: str = "") -> None:
        note(connection, act, self._actor, at=self._clock(), tenant=tenant, subject=subject, detail=detail)

    def _add(self, connection: Connection, tenant: str, permissions: str, name: str, expires: float | None) -> Key:
        key = Key.new()
        connection.execute(
            insert(keys).values(
                id=key.id,
                tenant=tenant,
                digest=key.digest(self._pepper),
                name=name,
                permissions=permissions,
                created=self._clock(),
                expires=expires,
            )
        )
        return key

    def _row(self, connection: Connection, key_id: str) -> "Row[tuple[object, ...]]":
        row = connection.execute(select(keys).where(keys.c.id == key_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no key '{key_id[:80]}'; its id is the part behind 'agpt_'.", param="key")
        return row


def _info(row: "Row[tuple[object, ...]]") -> KeyInfo:
    values = {name: row._mapping[name] for name in KeyInfo.model_fields}
    return KeyInfo.model_validate({**values, "permissions": values["permissions"].split()})


def _principal(row: "Row[Any]") -> Principal:
    limits = TenantLimits.model_validate_json(row.limits)
    return Principal(row.tenant, row.id, frozenset(_info(row).permissions), row.weight, limits)


def _tenant(row: "Row[tuple[object, ...]]") -> TenantInfo:
    limits = TenantLimits.model_validate_json(row.limits)
    return TenantInfo(id=row.id, created=row.created, weight=row.weight, limits=limits)


def _told(values: Mapping[str, object]) -> str:
    """Return what was set of a tenant, for the audit log."""
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _no_tenant(tenant: str) -> NotFound:
    return NotFound(f"There is no tenant '{tenant[:80]}'; create it first.", param="tenant")


def _checked_weight(weight: float) -> float:
    if not MIN_WEIGHT <= weight <= MAX_WEIGHT:
        raise InvalidInput(f"The weight is {weight:g}; allowed are {MIN_WEIGHT:g} to {MAX_WEIGHT:g}.", param="weight")
    return weight


def _limits_text(limits: TenantLimits) -> str:
    return limits.model_dump_json(exclude_none=True)
