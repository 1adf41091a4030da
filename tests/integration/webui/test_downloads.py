"""What can be taken away from the page, and under which name."""

import io
import zipfile
from collections.abc import Callable

import pytest
import soundfile
from playwright.sync_api import Page, expect

from tests.integration.webui.conftest import DATA, Site, answered, ask

Visit = Callable[..., Page]
WITHOUT_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"  # as on a LAN address


@pytest.fixture(scope="module")
def cleaned(site: Site) -> str:
    """The address of a session whose one turn cleaned a recording and wrote it down."""
    form = {"text": "Remove the noise and write down what is said"}
    files = {"files": ("noisy-speech.flac", (DATA / "noisy-speech.flac").read_bytes())}
    return f"/#/session/{site.http.post('/v1/chat', data=form, files=files).raise_for_status().json()['session_id']}"


@pytest.mark.parametrize("form", ["FLAC", "MP3"])
def test_a_sound_is_saved_in_other_formats_under_the_name_of_its_source(visit: Visit, cleaned: str, form: str) -> None:
    made = visit(cleaned).get_by_label("Outputs of Speech enhancement")
    formats = made.get_by_label("Download noisy-speech-cleaned in another format")
    with made.page.expect_download() as saved:
        formats.select_option(form)
    assert saved.value.suggested_filename == f"noisy-speech-cleaned.{form.lower()}"
    info = soundfile.info(saved.value.path())
    assert info.format == form
    assert info.duration == pytest.approx(10.1, abs=0.2)


def test_all_outputs_of_a_turn_come_in_one_archive(visit: Visit, cleaned: str) -> None:
    page = visit(cleaned)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download all as zip").click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert set(archive.namelist()) == {"noisy-speech-cleaned.wav", "noisy-speech-transcript.txt"}
        assert "Dashwood" in archive.read("noisy-speech-transcript.txt").decode()
        assert soundfile.info(io.BytesIO(archive.read("noisy-speech-cleaned.wav"))).frames > 0


def test_a_text_is_copied_where_the_browser_closes_the_clipboard(visit: Visit, cleaned: str) -> None:
    page = visit()
    page.add_init_script(WITHOUT_CLIPBOARD)
    page.goto(page.url + cleaned.removeprefix("/"))
    page.reload()
    page.get_by_label("Outputs of Speech recognition").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    page.get_by_label("Your request").focus()
    page.keyboard.press("Control+V")
    assert "Dashwood" in page.get_by_label("Your request").input_value()


def test_a_copy_the_browser_refuses_is_explained(visit: Visit, cleaned: str) -> None:
    page = visit()
    page.add_init_script(WITHOUT_CLIPBOARD + "document.execCommand = () => false;")
    page.goto(page.url + cleaned.removeprefix("/"))
    page.reload()
    page.get_by_label("Outputs of Speech recognition").get_by_role("button", name="Copy").click()
    expect(page.get_by_text("select the text instead").first).to_be_visible()


def test_sessions_are_found_by_their_name(visit: Visit) -> None:
    page = visit()
    for words in ("Who are you?", "What can you do?", "Hello", "Thank you", "Good morning", "How are you?"):
        page.get_by_role("link", name="New session").click()
        ask(page, words)
        answered(page, 1)
    search = page.get_by_label("Search the sessions")
    search.fill("thank")
    expect(page.locator(".session-list li")).to_have_count(1)
    expect(page.locator(".session-list a")).to_contain_text("Thank you")
    search.fill("nothing of that")
    expect(page.get_by_text("No session has that in its name.")).to_be_visible()
