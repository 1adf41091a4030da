"""What a tenant has, deleted: rows, files, and work that still goes on."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from model_wrappers.contract.errors import NotFound
from router.artifacts.store import ArtifactStore
from router.principal import Principal
from router.records.database import Database
from router.records.forgetting import KEPT, forget_file, forget_run, forget_session, forget_tenant
from router.records.runs import RunStore
from router.records.sessions import SessionStore
from router.tenants.audit import Act, actor_of, note

END_S = 15.0  # how long work that was cancelled may take to end before its rows go all the same
LOOK_S = 0.1

Forget = Callable[[Connection, str, str], set[str]]


class Receipt(BaseModel):
    """What was deleted of a tenant, and when nothing was left of it."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Names this deletion")
    tenant: str
    requested: float = Field(description="Seconds since 1970")
    done: float = Field(description="Seconds since 1970")
    rows: dict[str, int] = Field(description="Rows deleted, by table; what belonged to them went with them")
    files: int = Field(description="Stored files deleted, with all that was made of them")
    size_bytes: int = Field(description="Bytes of those files")
    kept: dict[str, str] = Field(description="What stays, by table, and why")
    cancelled_runs: int = Field(description="Runs that had not ended")


class Eraser:
    """Deletes from the database first and from the store then, so that nothing names what is gone."""

    def __init__(
        self,
        database: Database,
        sessions: SessionStore,
        runs: RunStore,
        artifacts: ArtifactStore,
        end_s: float = END_S,
    ) -> None:
        """Delete from these stores, of one database; `end_s` is how long cancelled runs may take to end."""
        self._database = database
        self._sessions = sessions
        self._runs = runs
        self._artifacts = artifacts
        self._end_s = end_s

    async def artifact(self, artifact_id: str, who: Principal) -> None:
        """Delete a file and all that was made of it; raise `NotFound` if there is none."""
        ref = await asyncio.to_thread(self._artifacts.find, artifact_id, who.tenant)
        await asyncio.to_thread(self._forget, forget_file, ref.id, who, "artifact.deleted")

    async def session(self, session_id: str, who: Principal) -> None:
        """Delete a session with its runs and the files that nothing else names; raise `NotFound` if there is none."""
        await asyncio.to_thread(self._sessions.get, session_id, who.tenant)
        await self._cancel(lambda: self._runs.active(who.tenant, session_id=session_id), who.tenant)
        await asyncio.to_thread(self._forget, forget_session, session_id, who, "session.deleted")

    async def run(self, run_id: str, who: Principal) -> None:
        """Delete a run with the files that nothing else names; raise `NotFound` if there is none."""
        await asyncio.to_thread(self._runs.get, run_id, who.tenant)
        await self._cancel(lambda: self._runs.active(who.tenant, run_id=run_id), who.tenant)
        await asyncio.to_thread(self._forget, forget_run, run_id, who, "run.deleted")

    async def everything(self, tenant: str) -> Receipt:
        """Delete all that a tenant has; its name and its keys stay, so that it can begin anew."""
        requested = time.time()
        cancelled = await self._cancel(lambda: self._runs.active(tenant), tenant)
        rows = await asyncio.to_thread(self._forget_tenant, tenant)
        files, size_bytes = await asyncio.to_thread(self._artifacts.delete_all, tenant)
        return Receipt(
            id=f"del_{secrets.token_hex(12)}",
            tenant=tenant,
            requested=requested,
            done=time.time(),
            rows=rows,
            files=files,
            size_bytes=size_bytes,
            kept=KEPT,
            cancelled_runs=cancelled,
        )

    async def _cancel(self, active: Callable[[], list[str]], tenant: str) -> int:
        """Cancel runs and wait, within bounds, until their owners have let go of them; return how many they were."""
        found = await asyncio.to_thread(active)
        for run_id in found:
            with suppress(NotFound):
                await asyncio.to_thread(self._runs.request_cancel, run_id, tenant)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._end_s):
                while await asyncio.to_thread(active):  # noqa: ASYNC110 - their owners are other processes
                    await asyncio.sleep(LOOK_S)
        return len(found)

    def _forget(self, forget: Forget, thing: str, who: Principal, act: Act) -> None:
        with self._database.deleting() as connection:
            alone = forget(connection, thing, who.tenant)
            note(connection, act, actor_of(who), at=time.time(), tenant=who.tenant, subject=thing)
        self._delete_files(alone, who.tenant)

    def _forget_tenant(self, tenant: str) -> dict[str, int]:
        with self._database.deleting() as connection:
            rows = forget_tenant(connection, tenant)
        self._database.wipe()
        return rows

    def _delete_files(self, artifact_ids: Iterable[str], tenant: str) -> None:
        for artifact_id in artifact_ids:
            with suppress(NotFound):
                self._artifacts.delete(self._artifacts.find(artifact_id, tenant))
