"""Room in the artifact store that writers have claimed: where that has no locks, the database keeps them apart."""

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Self

from sqlalchemy import Connection, delete, func, insert, select

from model_wrappers.contract.errors import AudioGPTError
from router.records.database import Database
from router.records.tables import storage_claims

CLAIM_S = 900.0  # longer than any write lasts; a claim whose process died stands so long

logger = logging.getLogger(__name__)


class StorageClaims:
    """Claims in a database. Methods block."""

    def __init__(self, database: Database) -> None:
        """Keep them in `database`."""
        self._database = database

    @classmethod
    @cache
    def at(cls, database_url: str) -> Self:
        """Return the claims in the database of an URL.

        They keep no connection: each of the models' many processes would.
        """
        return cls(Database(database_url, connections=0))

    @contextmanager
    def claimed(self, tenant: str, key: str, size_bytes: int) -> Iterator[Mapping[str, int]]:
        """Claim room for as long as the block runs; give what was claimed before and is still held, bytes by key."""
        claim = secrets.token_hex(16)
        with self._database.writing() as connection:
            before = self._claim(connection, claim, tenant, key, size_bytes)
        try:
            yield before
        finally:
            self._release(claim)

    def _claim(self, connection: Connection, claim: str, tenant: str, key: str, size_bytes: int) -> Mapping[str, int]:
        if connection.dialect.name == "postgresql":  # one after another: who comes later sees who came before
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"claims of {tenant}", 0))))
        now = self._database.now
        connection.execute(delete(storage_claims).where(storage_claims.c.until <= now))
        its = select(storage_claims.c.key, func.max(storage_claims.c.size_bytes)).where(
            storage_claims.c.tenant == tenant
        )
        before = {row[0]: int(row[1]) for row in connection.execute(its.group_by(storage_claims.c.key))}
        values = {"id": claim, "tenant": tenant, "key": key, "size_bytes": size_bytes, "until": now + CLAIM_S}
        connection.execute(insert(storage_claims).values(**values))
        return before

    def _release(self, claim: str) -> None:
        try:
            with self._database.writing() as connection:
                connection.execute(delete(storage_claims).where(storage_claims.c.id == claim))
        except AudioGPTError as exc:  # it ends by itself
            logger.warning("A claim on storage could not be given back: %s", exc.for_log)
