"""A browser before the application in this process, which asks for keys; its models are small."""

import asyncio
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deployments.api.app import create_app
from deployments.api.services import Services
from llm_planner.planner import Planner
from model_wrappers.contract.errors import Conflict
from router.artifacts.store import ArtifactStore
from router.in_process import InProcessDispatcher
from router.settings import Settings
from router.tenants.door import Door
from router.tenants.links import Links
from router.tenants.store import TenantStore
from tests.deployments.conftest import SPECS, PhraseBook
from tests.router.models import GATES

PATIENCE_MS = 60_000
USER = ("infer", "artifacts", "sessions", "runs", "usage:read")
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Site:
    """The running application, and how to be let in."""

    url: str
    tenants: TenantStore

    def key(self, tenant: str, *permissions: str, name: str = "") -> str:
        """Return the text of a new key."""
        with suppress(Conflict):  # there is one already
            self.tenants.create_tenant(tenant)
        return self.tenants.create_key(tenant, permissions or USER, name=name).text

    def http(self, key: str) -> httpx.Client:
        """Return a client that shows a key."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE_MS / 1000)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    GATES["api"].clear()
    settings = Settings(home=tmp_path)
    tenants = TenantStore.from_settings(settings)
    ready, stop, found = threading.Event(), threading.Event(), []

    async def serve() -> None:
        artifacts = ArtifactStore.from_settings(settings)
        dispatcher = InProcessDispatcher(SPECS, artifacts)
        services = Services.assemble(
            settings,
            artifacts=artifacts,
            dispatcher=dispatcher,
            planner=Planner(PhraseBook()),
            catalog=dispatcher.catalog,
        )
        services = replace(services, door=Door(tenants, links=Links(b"pepper" * 8)))
        services.runner.start()
        config = uvicorn.Config(
            create_app(services), host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        found.append(server.servers[0].sockets[0].getsockname()[1])
        ready.set()
        await asyncio.to_thread(stop.wait)
        server.should_exit = True
        await serving
        GATES["api"].set()
        await services.runner.stop()
        await dispatcher.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(PATIENCE_MS / 1000)
        yield Site(f"http://127.0.0.1:{found[0]}", tenants)
    finally:
        stop.set()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "These tests need a browser; install the Debian package chromium."
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])  # there is none for root
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open the page as somebody with a key, or without; afterwards no page may have failed."""
    problems: list[str] = []
    contexts = []

    def open_page(key: str | None = None, path: str = "/", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 860}, **options)
        contexts.append(context)
        if key is not None:
            context.add_init_script(f"localStorage.setItem('audiogpt.api-key', {json.dumps(json.dumps(key))})")
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{site.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
