"""Files spoilt at random, through the HTTP API: every one is answered, and nothing but its decoder can die of it.

AUDIOGPT_HOSTILE_CASES and AUDIOGPT_HOSTILE_SEED choose how many and which; `make test-hostile` tries 20,000.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest

from deployments.api.app import create_app
from deployments.api.services import Services
from llm_planner.planner import Planner
from router.artifacts.store import ArtifactStore
from router.in_process import InProcessDispatcher
from router.media.pool import DecoderPool
from router.settings import Settings
from tests.deployments.conftest import PhraseBook
from tests.hostile.media_files import PICTURES, SCORES, SOUNDS, amr, tone
from tests.hostile.mutations import mutated

CASES = int(os.environ.get("AUDIOGPT_HOSTILE_CASES", "1500"))
SEED = os.environ.get("AUDIOGPT_HOSTILE_SEED", "1")
DECODERS = 2
DRAWN_EVERY = 25  # pictures of what was read cost more than reading it
MAX_GROWTH_BYTES = 96 * 2**20
ANSWERED_S = 60.0  # far beyond what a decoder is given, however busy the machine is
STORED = Path(__file__).parents[1] / "data" / "hostile"


def good_files() -> dict[str, bytes]:
    files = {name: make(tone(), 16_000) for name, make in SOUNDS.items()}
    files |= {name: make() for name, make in {**PICTURES, **SCORES}.items()}
    files |= {"amr": amr(), "amr with comfort noise": amr(silent_every=3)}
    return files | {path.name: path.read_bytes() for path in STORED.iterdir()}


@pytest.fixture
async def server(tmp_path: Path, pool: DecoderPool) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(home=tmp_path, decoders=DECODERS)
    artifacts = ArtifactStore.from_settings(settings, pool)
    dispatcher = InProcessDispatcher([], artifacts)
    services = Services.assemble(
        settings,
        artifacts=artifacts,
        dispatcher=dispatcher,
        planner=Planner(PhraseBook()),
        catalog=dispatcher.catalog,
    )
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def answered(
    server: httpx.AsyncClient, number: int, name: str, data: bytes, within_s: float | None = ANSWERED_S
) -> int:
    """Upload a file and, now and then, look at it; return the status of the upload."""
    async with asyncio.timeout(within_s):
        upload = await server.post("/v1/artifacts", content=data)
        statuses = [upload.status_code]
        if upload.status_code == 201 and number % DRAWN_EVERY == 0:
            statuses.append((await server.get(f"{upload.json()['url']}/picture")).status_code)
    for status in statuses:
        assert status < 500, f"case {number} of seed {SEED} ({name}): {upload.text}"
    if upload.status_code >= 400:
        assert upload.json()["error"]["message"], name
    return upload.status_code


@pytest.mark.timeout(3600)
async def test_every_spoilt_file_is_answered_and_nothing_else_notices(
    server: httpx.AsyncClient, pool: DecoderPool
) -> None:
    files = good_files()
    names = sorted(files)
    assert pool._nursery is not None
    nursery, this = pool._nursery.pid, psutil.Process()
    for number, name in enumerate(names):  # all of them good, and everything loaded: fonts, which may take minutes
        assert await answered(server, number, name, files[name], None) in (201, 415), name
    before = this.memory_info().rss
    statuses: Counter[int] = Counter()
    room = asyncio.Semaphore(2 * DECODERS)

    async def one(number: int) -> None:
        name = names[number % len(names)]
        async with room:
            spoilt = mutated((SEED, number), files[name])
            statuses[await answered(server, number, name, spoilt)] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(CASES):
            group.create_task(one(number))
    assert sum(statuses.values()) == CASES
    assert statuses[201] > CASES / 10  # most damage can be read around; else the mutations prove nothing
    assert pool._nursery.pid == nursery
    assert this.memory_info().rss - before < MAX_GROWTH_BYTES
