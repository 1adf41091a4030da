"""What really happened, by the database's own account: who claimed which run, and who wrote which event."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from llm_planner.plans.plan import PlanOutcome
from router.events import Failed, Planned, Replied, RunEvent, StepEnded
from router.records.database import Database
from router.records.runs import MAX_PAGE, RunStore
from router.records.sessions import SessionStore

TTL_S = 86_400.0
TENANT = "default"
TRIGGERS = """
CREATE TABLE audited_claims (run_id text, fence int, process text);
CREATE TABLE audited_events (run_id text, sequence int, fence int, process text);
CREATE FUNCTION audit_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.fence <> OLD.fence THEN
        INSERT INTO audited_claims VALUES (NEW.id, NEW.fence, current_setting('application_name'));
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION audit_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audited_events
        SELECT NEW.run_id, NEW.sequence, fence, current_setting('application_name') FROM runs WHERE id = NEW.run_id;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_claims AFTER UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION audit_claim();
CREATE TRIGGER audit_events AFTER INSERT ON run_events FOR EACH ROW EXECUTE FUNCTION audit_event();
"""
INTRUDERS = """
SELECT DISTINCT e.run_id FROM audited_events e JOIN audited_claims c USING (run_id, fence) WHERE e.process <> c.process
"""
SYSTEM = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'audiogpt-%'"


@dataclass(frozen=True)
class Verdict:
    """What became of one run; each of the three lists what is wrong, in words."""

    lost: tuple[str, ...]
    duplicated: tuple[str, ...]
    owners: int


class Audit:
    """Watches the tables from inside the database."""

    def __init__(self, url: str, tenant: str = TENANT) -> None:
        """Begin to write down claims and events; the tables must be there.

        Args:
            url: Of the database.
            tenant: Whose runs are judged.
        """
        self._tenant = tenant
        self._engine = create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"application_name": "audit"}
        )
        with self._engine.connect() as connection:
            connection.execute(text(TRIGGERS))
        self._database = Database(f"{url}&application_name=audit")
        self._runs = RunStore(self._database, TTL_S)
        self._sessions = SessionStore(self._database, TTL_S)

    def connections(self) -> list[int]:
        """Return the server processes behind the system's connections."""
        with self._engine.connect() as connection:
            return list(connection.scalars(text(SYSTEM)))

    def cut(self, pids: Sequence[int]) -> None:
        """End connections as an administrator does."""
        with self._engine.connect() as connection:
            for pid in pids:
                connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

    def run_count(self) -> int:
        """Return how many runs there are."""
        with self._engine.connect() as connection:
            return int(connection.scalar(text("SELECT count(*) FROM runs")) or 0)

    def intruded(self) -> set[str]:
        """Return the runs of which somebody else than the owner of that time wrote an event."""
        with self._engine.connect() as connection:
            return set(connection.scalars(text(INTRUDERS)))

    def judge(self, run_id: str, word: str) -> Verdict:
        """Return what became of a run that repeats a word."""
        run, events = self._runs.get(run_id, self._tenant), self._events(run_id)
        told = [item.event for item in events]
        done = Counter(e.result.id for e in told if isinstance(e, StepEnded) and e.result.state == "done")
        lost = [] if run.state == "done" else [f"it is {run.state}: {_reason(told)}"]
        lost += [f"step {step} was not done" for step in _steps(told) if step not in done]
        if run.state == "done" and not _carries(told[-1], word):
            lost.append("its answer is another's")
        duplicated = [f"step {step} was told {times} times" for step, times in done.items() if times > 1]
        if [item.sequence for item in events] != list(range(1, len(events) + 1)):
            duplicated.append("its events are not numbered in order")
        turns = len(self._sessions.get(str(run.session_id), self._tenant).turns)
        if turns != (run.state == "done"):
            duplicated.append(f"its session has {turns} turns")
        return Verdict(tuple(lost), tuple(duplicated), self._owners(run_id))

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def _events(self, run_id: str) -> list[RunEvent]:
        events: list[RunEvent] = []
        while page := self._runs.events(run_id, self._tenant, after=len(events), limit=MAX_PAGE):
            events += page
        return events

    def _owners(self, run_id: str) -> int:
        with self._engine.connect() as connection:
            query = text("SELECT count(*) FROM audited_claims WHERE run_id = :run")
            return int(connection.scalar(query, {"run": run_id}) or 0)


def _steps(told: list[Any]) -> list[str]:
    planned = [event for event in told if isinstance(event, Planned)]
    if not planned or not isinstance(planned[-1].outcome, PlanOutcome):
        return ["of any plan"]
    return [step.id for step in planned[-1].outcome.plan.steps]


def _reason(told: list[Any]) -> str:
    return told[-1].error.message if told and isinstance(told[-1], Failed) else "it has not ended"


def _carries(last: Any, word: str) -> bool:
    """Tell whether an answer is about the word: all that the models say repeats it."""
    if not isinstance(last, Replied):
        return False
    texts = [str(result.outputs["text"]) for result in last.results if "text" in result.outputs]
    return bool(texts) and all(word in text for text in texts)
