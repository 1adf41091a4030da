from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import openai
import pytest

from deployments.api.app import create_app
from deployments.api.services import Services
from llm_planner.planner import Planner
from llm_planner.plans.plan import Chat, Clarify, FromArtifact, FromStep, Outcome, Plan, PlanOutcome, Step, Unsupported
from llm_planner.plans.request import PlanRequest
from router.artifacts.store import ArtifactStore
from router.in_process import InProcessDispatcher
from router.settings import Settings
from router.spec import ModelSpec
from tests.router.models import GATES

SPECS = [
    ModelSpec(id="sine", wrapper="tests.router.models:Sine", args={"max_characters": 1_000}),
    ModelSpec(id="halver", wrapper="tests.router.models:Halver"),
    ModelSpec(id="patient", wrapper="tests.router.models:Patient", args={"name": "api"}),
    ModelSpec(id="demanding", wrapper="tests.router.models:Demanding"),
]
TONE_READER = ModelSpec(id="tone-reader", wrapper="tests.deployments.models:ToneReader")


class PhraseBook:
    """A planner that knows some phrases."""

    def plan(self, request: PlanRequest) -> Outcome:
        audio = request.attachments[0].name if request.attachments else ""
        match request.text:
            case "halve it and say done":
                clean = Step(id="s1", task="speech-enhancement", arguments={"audio": FromArtifact(artifact=audio)})
                say = Step(id="s2", task="text-to-speech", arguments={"text": "done"})
                return PlanOutcome(plan=Plan(steps=(clean, say)))
            case "halve it twice":
                once = Step(id="s1", task="speech-enhancement", arguments={"audio": FromArtifact(artifact=audio)})
                twice = Step(
                    id="s2",
                    task="speech-enhancement",
                    arguments={"audio": FromStep.model_validate({"from": "s1.audio"})},
                )
                return PlanOutcome(plan=Plan(steps=(once, twice)))
            case "wait":
                wait = Step(
                    id="s1",
                    task="speech-translation",
                    arguments={"text": "x", "target_language": "es"},
                    model="patient",
                )
                after = Step(
                    id="s2", task="text-to-speech", arguments={"text": FromStep.model_validate({"from": "s1.text"})}
                )
                return PlanOutcome(plan=Plan(steps=(wait, after)))
            case "what about it":
                return Clarify(question="Which recording?", missing=("audio",))
            case "fly to the moon":
                return Unsupported(reason="That is no audio work.")
            case _:
                return Chat(reply=f"You said: {request.text}")


@pytest.fixture
def specs() -> list[ModelSpec]:
    """The models in service; a test may parametrize others."""
    return SPECS


@pytest.fixture
async def services(tmp_path: Path, specs: list[ModelSpec]) -> AsyncIterator[Services]:
    settings = Settings(home=tmp_path, max_upload_bytes=2**20, max_attachments=3, max_audio_s=60.0)
    artifacts = ArtifactStore.from_settings(settings)
    dispatcher = InProcessDispatcher(specs, artifacts)
    services = Services.assemble(
        settings,
        artifacts=artifacts,
        dispatcher=dispatcher,
        planner=Planner(PhraseBook()),
        catalog=dispatcher.catalog,
    )
    GATES["api"].clear()  # a test of another folder may have opened it
    services.runner.start()
    yield services
    await services.runner.stop()
    await dispatcher.close()


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=30) as connection:
        yield connection


@pytest.fixture
async def api(services: Services) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's own client on the application itself."""
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with openai.AsyncOpenAI(
        base_url="http://localhost/v1",
        api_key="none",
        http_client=httpx.AsyncClient(transport=transport),
        max_retries=0,
    ) as connection:
        yield connection
