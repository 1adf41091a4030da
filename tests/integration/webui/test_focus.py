"""Where the focus goes when what had it is gone, and what the tab is called."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.integration.webui.conftest import DATA, answered, ask, attach

Visit = Callable[..., Page]


def test_the_focus_stays_near_what_was_removed(visit: Visit) -> None:
    page = visit()
    attach(page, DATA / "speech.flac")
    page.get_by_role("button", name="Remove speech.flac").press("Enter")
    expect(page.get_by_label("Your request")).to_be_focused()


def test_the_focus_goes_on_to_sending_after_a_recording(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Record with the microphone").press("Enter")
    expect(page.get_by_role("button", name="Use as request")).to_be_focused()
    page.get_by_role("button", name="Use as request").press("Enter")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_focused()
    page.get_by_role("button", name="Remove recording").press("Enter")
    expect(page.get_by_label("Your request")).to_be_focused()


def test_the_focus_goes_to_the_next_session_when_one_is_deleted(visit: Visit) -> None:
    page = visit()
    for words in ("Who are you?", "Hello"):
        page.get_by_role("link", name="New session").click()
        ask(page, words)
        answered(page, 1)
    page.get_by_role("button", name="Delete the session Hello").press("Enter")
    expect(page.locator(".session-list a")).to_be_focused()
    page.get_by_role("button", name="Delete the session Who are you?").press("Enter")
    expect(page.get_by_role("link", name="New session")).to_be_focused()


def test_the_focus_goes_to_the_key_where_the_server_wants_one(visit: Visit) -> None:
    page = visit()
    told = {"error": {"message": "The server wants an API key.", "code": "unauthorized"}}
    page.route("**/v1/runs", lambda route: route.fulfill(status=401, json=told))
    ask(page, "Who are you?")
    expect(page.get_by_role("dialog", name="Settings").get_by_label("API key")).to_be_focused()


def test_the_tab_is_called_after_what_it_shows(visit: Visit) -> None:
    page = visit()
    expect(page).to_have_title("AudioGPT")
    ask(page, "Who are you?")
    answered(page, 1)
    expect(page).to_have_title("Who are you? – AudioGPT")
    page.get_by_role("link", name="Single tasks").click()
    expect(page).to_have_title("Single tasks – AudioGPT")
    page.get_by_role("link", name="Text to speech").click()
    expect(page).to_have_title("Text to speech – AudioGPT")
    page.get_by_role("link", name="Models").click()
    expect(page).to_have_title("Models – AudioGPT")
