"""What people proved last by a token: links that a person made open no longer than that can be believed."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from model_wrappers.contract.errors import AudioGPTError
from router.records.database import Database
from router.records.tables import people
from router.tenants.oidc import Person

logger = logging.getLogger(__name__)


class Proofs:
    """The newest token of each person in a database, without the token; methods block."""

    def __init__(self, database: Database, believed_s: float, clock: Callable[[], float] = time.time) -> None:
        """Keep them in `database`.

        Args:
            database: An open database.
            believed_s: Seconds after the end of a token in which what it said still holds for links.
            clock: Seconds since 1970.
        """
        self._database = database
        self._believed_s = believed_s
        self._clock = clock

    def note(self, person: Person) -> None:
        """Note what a person showed; one that was issued before another that is known changes nothing."""
        its = and_(people.c.tenant == person.tenant, people.c.id == person.id)
        said = {"reads": person.reads, "issued": person.issued, "until": person.until}
        try:
            with self._database.reading() as connection:
                known = connection.execute(select(people).where(its)).one_or_none()
            if known is not None and (known.issued > person.issued or said.items() <= known._mapping.items()):
                return
            with suppress(IntegrityError), self._database.writing() as connection:  # another process noted it
                if known is None:
                    connection.execute(delete(people).where(people.c.until <= self._clock() - self._believed_s))
                    connection.execute(insert(people).values(tenant=person.tenant, id=person.id, **said))
                else:
                    connection.execute(update(people).where(its, people.c.issued <= person.issued).values(**said))
        except AudioGPTError as exc:  # nobody is kept out for that
            logger.warning("What a person showed is not noted: %s", exc.for_log)

    def holds(self, tenant: str, person_id: str) -> bool:
        """Tell whether a person may read the files of a tenant, as far as is known."""
        its = and_(people.c.tenant == tenant, people.c.id == person_id)
        with self._database.reading() as connection:
            known = connection.execute(select(people).where(its)).one_or_none()
        return known is not None and known.reads and self._clock() < known.until + self._believed_s
