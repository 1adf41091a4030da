"""A real browser before the running system."""

import base64
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright

from tests.integration.conftest import ROOT, System

DATA = ROOT / "examples" / "data"
SPOKEN_REQUEST = "Please say: the kettle is boiling."
PATIENCE_MS = 120_000  # a model may have to be loaded first
REFUSED = "Failed to load resource"  # what a browser logs of every answer that is an error
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Site:
    """The running system as the page's visitors see it."""

    url: str
    http: httpx.Client

    def download(self, artifact_id: str) -> bytes:
        """Return the bytes of an artifact."""
        return self.http.get(f"/v1/artifacts/{artifact_id}").raise_for_status().content


@pytest.fixture(scope="module")
def site(system: System) -> Iterator[Site]:
    with httpx.Client(base_url=system.running.api_url, timeout=120) as http:
        yield Site(system.running.api_url, http)


@pytest.fixture(scope="module")
def microphone(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's microphone hears, once: a spoken request."""
    result = site.http.post("/v1/tasks/text-to-speech", json={"text": SPOKEN_REQUEST}).raise_for_status().json()
    waveform, sample_rate = soundfile.read(io.BytesIO(site.download(result["artifacts"]["audio"]["id"])))
    path = tmp_path_factory.mktemp("microphone") / "request.wav"
    soundfile.write(path, waveform, sample_rate, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright, microphone: Path) -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "These tests need a browser; install the Debian package chromium."
    arguments = [
        "--no-sandbox",  # there is none for root
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
    ]
    browser = playwright.chromium.launch(executable_path=program, args=arguments)
    yield browser
    browser.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open the page as a new visitor; afterwards no page may have logged an error."""
    pages: list[Page] = []
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSED):
            problems.append(message.text)

    def open_page(path: str = "/", *, width: int = 1280, height: int = 860, **options: Any) -> Page:
        page = browser.new_context(viewport={"width": width, "height": height}, **options).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{site.url}{path}")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.context.close()
    assert problems == []


def drop(page: Page, path: Path, media_type: str) -> None:
    """Drop a file on the page."""
    build = """([name, type, content]) => {
        const carried = new DataTransfer();
        carried.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name, { type }));
        return carried;
    }"""
    content = base64.b64encode(path.read_bytes()).decode()
    carried = page.evaluate_handle(build, [path.name, media_type, content])
    for event in ("dragover", "drop"):
        page.dispatch_event("body", event, {"dataTransfer": carried})


def ask(page: Page, words: str) -> None:
    """Type a request and send it with the Enter key."""
    field = page.get_by_label("Your request")
    field.fill(words)
    field.press("Enter")


def attach(page: Page, *files: object) -> None:
    """Attach files to the request."""
    page.locator("input[name=files]").set_input_files(list(files))  # type: ignore[arg-type]


def answered(page: Page, count: int) -> None:
    """Wait until so many requests have their reply."""
    expect(page.locator(".reply")).to_have_count(count)


def send_plan(page: Page, words: str, *steps: dict[str, Any]) -> None:
    """Send a plan written by hand, as the score editor does."""
    page.evaluate(
        """async ([text, steps]) => {
            const main = document.querySelector("script[src$='js/main.js']").src;
            const { send } = await import(new URL("conversation.js", main));
            send({ text, files: [], plan: { steps } });
        }""",
        [words, list(steps)],
    )
