"""Every view for everybody: no violation that axe finds, and no scrolling sideways on a phone or at 200 %."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.integration.webui.conftest import DATA, Site, answered, ask, attach

Visit = Callable[..., Page]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SETTLED = """() => document.getAnimations().every(({ playState, effect }) =>
    playState !== "running" || effect.getComputedTiming().endTime === Infinity)"""
PHONE, ZOOMED = {"width": 390, "height": 844}, {"width": 640, "height": 400}  # 1280 x 800 at 200 %


def welcome(page: Page) -> None:
    expect(page.get_by_text("tasks in service")).to_be_visible()


def draft(page: Page) -> None:
    page.get_by_label("Your request").fill("Remove the noise")
    attach(page, DATA / "noisy-speech.flac", DATA / "speech.flac")
    expect(page.get_by_role("button", name="Play noisy-speech.flac")).to_be_enabled()


def recording(page: Page) -> None:
    page.get_by_role("button", name="Record with the microphone").click()
    expect(page.get_by_role("timer")).to_be_visible()


def question(page: Page) -> None:
    ask(page, "Write down what is said")
    answered(page, 1)


def failure(page: Page) -> None:
    attach(page, DATA / "speech.flac")
    ask(page, "Fill the gap between 50 and 60 seconds")
    expect(page.get_by_role("alert").first).to_be_visible()


def made(page: Page) -> None:
    ask(page, 'Say "hello there"')
    answered(page, 1)
    page.locator(".step").click()
    page.get_by_role("button", name="Select a stretch").click()
    page.get_by_role("button", name="Mel spectrogram").click()
    expect(page.get_by_role("img", name="Mel spectrogram")).to_be_visible()
    page.get_by_role("button", name="Link to read").click()
    expect(page.get_by_label("Link to read the session")).to_be_visible()


def shared(page: Page) -> None:
    made(page)
    page.goto(page.get_by_label("Link to read the session").input_value())
    answered(page, 1)


def deleted(page: Page) -> None:
    question(page)
    page.get_by_role("button", name="Delete the session").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def tasks(page: Page) -> None:
    page.get_by_role("link", name="Single tasks").click()
    expect(page.get_by_role("heading", name="Single tasks")).to_be_visible()


def form_of_places(page: Page) -> None:
    tasks(page)
    page.get_by_role("link", name="Mono to binaural").click()
    page.get_by_label("Audio", exact=True).set_input_files(DATA / "speech.flac")
    page.get_by_role("img", name="Plan of 0 places").click(position={"x": 40, "y": 100})
    expect(page.get_by_role("group", name="Row 1")).to_be_visible()


def transcript(page: Page) -> None:
    tasks(page)
    page.get_by_role("link", name="Speech recognition").click()
    page.get_by_label("Audio", exact=True).set_input_files(DATA / "speech.flac")
    page.get_by_label("Time every word").check()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("ruby").first).to_be_visible()


def sounds(page: Page) -> None:
    tasks(page)
    page.get_by_role("link", name="Sound detection").first.click()
    page.get_by_label("Audio", exact=True).set_input_files(DATA / "speech.flac")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("img", name="Probabilities of the sound classes")).to_be_visible()


def mistake(page: Page) -> None:
    tasks(page)
    page.get_by_role("link", name="Audio inpainting").click()
    page.get_by_label("Audio", exact=True).set_input_files(DATA / "speech.flac")
    page.get_by_label("Start").fill("4")
    page.get_by_label("End").fill("1")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_be_visible()


def models(page: Page) -> None:
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("cell", name="in memory").first).to_be_visible()


def settings(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()


def score(page: Page) -> None:
    page.get_by_role("button", name="Sing a song").click()
    expect(page.locator(".abcjs-note").first).to_be_visible()


VIEWS = (
    welcome, draft, recording, question, failure, made, shared, deleted,
    tasks, form_of_places, transcript, sounds, mistake, models, settings, score,
)  # fmt: skip


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_view_is_free_of_barriers_at_every_size(visit: Visit, view: Callable[[Page], None], theme: str) -> None:
    page = visit(color_scheme=theme, bypass_csp=True)  # axe hides what lies over a text by styles of its own
    view(page)
    assert violations(page) == []
    for size in (PHONE, ZOOMED) if theme == "light" else ():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert violations(page) == []
        assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]


def violations(page: Page) -> list[tuple[str, Any]]:
    """Return what axe finds, once nothing moves any more."""
    page.wait_for_function(SETTLED)
    found = Axe().run(page, options=RULES).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def test_the_phone_s_menu_is_free_of_barriers(visit: Visit, site: Site) -> None:
    page = visit(width=390, height=844, bypass_csp=True)
    page.get_by_role("button", name="Sessions and pages").click()
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    assert violations(page) == []


def test_two_files_at_200_percent_leave_half_of_the_window_to_what_was_said(visit: Visit) -> None:
    page = visit(**ZOOMED)
    draft(page)
    turns = page.locator(".turns").bounding_box()
    assert turns is not None
    assert turns["height"] >= 100
