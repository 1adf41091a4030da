"""Answers kept by the key a caller gave its request: sent again it is answered again, but not done again."""

import secrets
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Delete, Row, Update, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from router.records.database import Database
from router.records.tables import kept_answers
from router.settings import Settings

LEASE_S = 60.0  # after this much silence of the process that answers, another may take the request up
KEPT_S = 24 * 3600.0  # after which a key may name another request
ChangeT = TypeVar("ChangeT", Update, Delete)
ATTEMPTS = 3  # at a key that somebody else takes in the very moment


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    fingerprint: str  # of the request
    status: int
    headers: str  # JSON: pairs of names and values
    body: str


@dataclass(frozen=True)
class Claim:
    """A key in the hands of the process that answers its request."""

    tenant: str
    key: str
    token: str  # tells it from another claim of the same key


class AnswerStore:
    """Answers in a database, apart by tenant. Methods block; call them off the event loop."""

    def __init__(self, database: Database, kept_s: float = KEPT_S) -> None:
        """Keep answers in `database` for `kept_s` seconds."""
        self._database = database
        self._kept_s = kept_s

    @classmethod
    def from_settings(cls, settings: Settings, database: Database) -> Self:
        """Keep answers for a day, or for as long as what they name is kept."""
        return cls(database, min(KEPT_S, settings.artifact_ttl_s))

    def claim(self, tenant: str, key: str) -> Claim | Answer | None:
        """Take a key, or return the answer it has; None while another process is about to answer."""
        for _ in range(ATTEMPTS):
            try:
                with self._database.writing() as connection:
                    return self._claim(connection, tenant, key)
            except IntegrityError:  # taken between looking and writing
                continue
        return None

    def renew(self, claim: Claim) -> None:
        """Hold a key on."""
        with self._database.writing() as connection:
            connection.execute(_of(update(kept_answers), claim).values(until=self._database.now + LEASE_S))

    def keep(self, claim: Claim, answer: Answer) -> None:
        """Keep the answer, if the key is still this claim's."""
        values = {
            "fingerprint": answer.fingerprint,
            "status": answer.status,
            "headers": answer.headers,
            "body": answer.body,
            "until": self._database.now + self._kept_s,
        }
        with self._database.writing() as connection:
            connection.execute(_of(update(kept_answers), claim).values(**values))

    def release(self, claim: Claim) -> None:
        """Let a key go, as if it had not been used."""
        with self._database.writing() as connection:
            connection.execute(_of(delete(kept_answers), claim))

    def sweep(self) -> int:
        """Remove the answers whose time is over, and return how many."""
        with self._database.writing() as connection:
            return connection.execute(delete(kept_answers).where(kept_answers.c.until <= self._database.now)).rowcount

    def _claim(self, connection: Connection, tenant: str, key: str) -> Claim | Answer | None:
        this = (kept_answers.c.tenant == tenant, kept_answers.c.key == key)
        connection.execute(delete(kept_answers).where(*this, kept_answers.c.until <= self._database.now))
        row = connection.execute(select(kept_answers).where(*this)).one_or_none()
        if row is not None:
            return _answer(row)
        claim = Claim(tenant, key, secrets.token_hex(8))
        connection.execute(
            insert(kept_answers).values(tenant=tenant, key=key, token=claim.token, until=self._database.now + LEASE_S)
        )
        return claim


def _answer(row: Row[Any]) -> Answer | None:
    return None if row.status is None else Answer(row.fingerprint, row.status, row.headers, row.body)


def _of(statement: ChangeT, claim: Claim) -> ChangeT:
    return statement.where(
        kept_answers.c.tenant == claim.tenant,
        kept_answers.c.key == claim.key,
        kept_answers.c.token == claim.token,
        kept_answers.c.status.is_(None),
    )
