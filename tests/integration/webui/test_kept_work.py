"""Nothing a person did is lost: by other tabs, reloads, stops, deletions and failures."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.integration.webui.conftest import DATA, answered, ask, attach, drop

Visit = Callable[..., Page]
DRAFT_IS_KEPT = """async () => {
    const main = document.querySelector("script[src$='js/main.js']").src;
    const { kept } = await import(new URL("vault.js", main));
    return (await kept(`draft:${sessionStorage["audiogpt.tab"]}`))?.files.length === 1;
}"""


def test_the_page_never_scrolls_out_of_its_window(visit: Visit) -> None:
    page = visit()
    for count, words in enumerate(("Who are you?", "What can you do?", "Hello"), start=1):
        ask(page, words)
        answered(page, count)
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    page.goto(f"{page.url.partition('#')[0]}#/tasks/mono-to-binaural")
    expect(page.get_by_role("button", name="Run")).to_be_attached()
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")


def test_two_tabs_keep_each_other_s_sessions_and_settings(visit: Visit) -> None:
    first = visit()
    second = first.context.new_page()
    second.goto(first.url)
    for page, words in ((first, "Who are you?"), (second, "What can you do?")):
        ask(page, words)
        answered(page, 1)
    for page in (first, second):
        expect(page.locator(".session-list li")).to_have_count(2)
        page.reload()
        expect(page.locator(".session-list li")).to_have_count(2)
    first.get_by_role("button", name="Settings").click()
    first.get_by_text("Dark", exact=True).click()
    expect(second.locator("html")).to_have_attribute("data-theme", "dark")


def test_stop_ends_an_upload_and_the_request_can_be_sent_again(visit: Visit) -> None:
    page = visit()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 40_000}
    session.send("Network.emulateNetworkConditions", slow)
    attach(page, DATA / "speech.flac")
    ask(page, "Write down what is said")
    expect(page.get_by_text(re.compile(r"Uploading \d+ %"))).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".stage")).to_have_text("Stopped.", timeout=5_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.get_by_role("button", name="Edit the request").click()
    expect(page.get_by_label("Your request")).to_have_value("Write down what is said")
    expect(page.locator(".composer .player")).to_have_count(1)


def test_a_file_alone_answers_the_question_for_one(visit: Visit) -> None:
    page = visit()
    ask(page, "Write down what is said")
    expect(page.locator(".reply")).to_contain_text("attach")
    attach(page, DATA / "speech.flac")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".reply").nth(1)).to_contain_text("Dashwood")


def test_a_reload_keeps_the_draft_and_the_files_of_a_request_under_way(visit: Visit) -> None:
    page = visit()
    page.get_by_label("Your request").fill("Remove the noise")
    attach(page, DATA / "noisy-speech.flac")
    expect(page.get_by_role("button", name="Play noisy-speech.flac")).to_be_enabled()
    page.wait_for_function(DRAFT_IS_KEPT)
    page.reload()
    expect(page.get_by_label("Your request")).to_have_value("Remove the noise")
    expect(page.get_by_role("button", name="Play noisy-speech.flac")).to_be_enabled()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_url(re.compile("#/session/"))
    page.reload()
    expect(page.locator(".asked")).to_contain_text("noisy-speech.flac")
    answered(page, 1)
    page.reload()
    page.get_by_role("button", name="Edit the request").click()
    expect(page.locator(".composer .player")).to_have_count(1)


def test_files_of_a_request_come_from_the_server_where_the_browser_lost_them(visit: Visit) -> None:
    page = visit()
    attach(page, DATA / "noisy-speech.flac")
    ask(page, "Remove the noise")
    answered(page, 1)
    page.evaluate("indexedDB.deleteDatabase('audiogpt')")
    page.reload()
    answered(page, 1)
    page.get_by_role("button", name="Edit the request").click()
    expect(page.get_by_label("Your request")).to_have_value("Remove the noise")
    expect(page.get_by_role("button", name="Play noisy-speech.flac").nth(1)).to_be_enabled()
    page.get_by_role("button", name="Take back").click()
    answered(page, 0)
    expect(page.locator(".composer .player")).to_have_count(1)


def test_a_deleted_session_comes_back_with_undo_and_back_shows_no_error(visit: Visit) -> None:
    page = visit()
    ask(page, "Who are you?")
    answered(page, 1)
    page.get_by_role("button", name="Delete the session").click()
    expect(page.locator(".session-list li")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.locator(".session-list a").click()
    answered(page, 1)
    page.get_by_role("button", name="Delete the session").click()
    expect(page.get_by_role("heading", name="What would you like to hear?")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("does not exist")).to_have_count(0)


def test_a_player_that_could_not_be_fetched_is_fetched_again(visit: Visit) -> None:
    page = visit()
    failing = True

    def fetch(route: Route) -> None:
        route.abort() if failing else route.continue_()

    page.route(re.compile(r"/v1/artifacts/[0-9a-f]{64}$"), fetch)
    ask(page, 'Say "the boats are back"')
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    failing = False
    again.click()
    expect(page.get_by_role("button", name="Play Audio")).to_be_enabled()


def test_files_nothing_can_be_done_with_are_told_at_once(visit: Visit) -> None:
    page = visit()
    page.wait_for_load_state("networkidle")  # the server has told how many files a request can have
    attach(page, {"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
    expect(page.get_by_role("alert")).to_contain_text("notes.pdf is neither audio")
    expect(page.locator(".file-card")).to_have_count(0)
    images = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": b"png"} for n in range(12)]
    attach(page, *images)
    expect(page.get_by_role("alert")).to_contain_text("A request can have 8 files")
    expect(page.locator(".file-card")).to_have_count(8)


def test_turns_are_asked_again_and_taken_back(visit: Visit) -> None:
    page = visit()
    ask(page, "Who are you?")
    answered(page, 1)
    page.get_by_role("button", name="Ask again").click()
    answered(page, 2)
    page.get_by_role("button", name="Take back").nth(1).click()
    answered(page, 1)
    expect(page.get_by_label("Your request")).to_have_value("Who are you?")
    page.reload()
    answered(page, 1)


@pytest.mark.parametrize("name", ["A name of my own"])
def test_sessions_are_renamed_shared_and_exported(visit: Visit, name: str) -> None:
    page = visit()
    ask(page, 'Say "hello"')
    answered(page, 1)
    page.get_by_role("button", name="Rename the session").click()
    page.get_by_label("Name of the session").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".session-list a")).to_contain_text(name)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export").click()
    assert f"# {name}" in saved.value.path().read_text()
    page.get_by_role("button", name="Link to read").click()
    other = visit(page.get_by_label("Link to read the session").input_value().removeprefix(page.url.partition("/#")[0]))
    answered(other, 1)
    expect(other.get_by_role("button", name="Play Audio")).to_be_enabled()
    expect(other.get_by_label("Your request")).to_have_count(0)


def test_a_file_dropped_on_a_form_goes_to_its_field(visit: Visit) -> None:
    page = visit("/#/tasks/speech-enhancement")
    expect(page.get_by_role("button", name="Run")).to_be_visible()
    drop(page, DATA / "noisy-speech.flac", "audio/flac")
    expect(page.get_by_role("button", name="Play noisy-speech.flac")).to_be_enabled()
    assert page.locator("#field-audio").evaluate("input => input.files[0].name") == "noisy-speech.flac"
