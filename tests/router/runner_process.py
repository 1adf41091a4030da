"""A process that executes runs, for tests that kill it.

Usage: python -m tests.router.runner_process URL FOLDER NAME LEASE AHEAD

Once it is ready it says so, and from then on what it warns of. Its one model repeats texts. Every execution is a line
of FOLDER/executed.txt that names the target language; one whose language names a file in FOLDER waits until that file
is gone. Its clock is AHEAD seconds ahead.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from llm_planner.planner import Planner
from llm_planner.plans.plan import Chat, Outcome
from llm_planner.plans.request import PlanRequest
from model_wrappers.contract.base import ModelConfig, RunContext
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from router.artifacts.store import ArtifactStore
from router.execution.executor import Executor
from router.records.database import Database
from router.records.run_queue import RunQueue
from router.records.sessions import SessionStore
from router.spec import ModelSpec
from router.turn.conversation import Conversation
from router.turn.runner import Runner
from tests.router.dispatching import dispatching
from tests.router.models.plain import translated
from tests.router.models.translation import Echo

TTL_S = 3600.0
POLL_S = 0.02


class Counting(Echo):
    """Repeats a text, and says so in a file that outlives the process."""

    class Config(ModelConfig):
        folder: Path

    config: Config

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        for request in requests:
            with (self.config.folder / "executed.txt").open("a") as file:
                file.write(f"{request.target_language}\n")
            while (self.config.folder / request.target_language).exists():
                time.sleep(POLL_S)
        return [translated(request, request.text or "") for request in requests]


class NoPlanner:
    """Plans come with the requests."""

    def plan(self, request: PlanRequest) -> Outcome:
        return Chat(reply="Hello.")


async def main(url: str, folder: Path, name: str, lease_s: float) -> None:
    """Execute runs until killed."""
    database = Database(url)
    sessions = SessionStore(database, TTL_S)
    artifacts = ArtifactStore(str(folder / "artifacts"), TTL_S)
    counting = ModelSpec(id="counting", wrapper="tests.router.runner_process:Counting", args={"folder": str(folder)})
    async with dispatching(artifacts, counting) as dispatcher:
        executor = Executor(dispatcher, artifacts, dispatcher.catalog)
        conversation = Conversation(Planner(NoPlanner()), executor, artifacts, sessions)
        queue = RunQueue(database, sessions, f"{name}-{os.getpid()}", lease_s=lease_s)
        Runner(queue, database, conversation).start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def set_clock(ahead_s: float) -> None:
    """Let this process's clock say another time than the machine's."""
    true = time.time
    time.time = lambda: true() + ahead_s


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")
    set_clock(float(sys.argv[5]))
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])))
