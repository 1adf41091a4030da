"""The score editor, the task page, the settings, and the page on a phone."""

import io
import re
from collections.abc import Callable

import pytest
import soundfile
from playwright.sync_api import Page, expect

from tests.integration.webui.conftest import DATA, Site, ask

Visit = Callable[..., Page]

UNNAMED = """() => [...document.querySelectorAll("button, a[href], input:not([hidden]), select, textarea, img, dialog")]
    .filter((part) => part.checkVisibility() && !part.closest("[aria-hidden=true]"))
    .filter((part) => !(part.ariaLabel || part.alt || part.innerText?.trim() || part.labels?.length))
    .map((part) => part.outerHTML)"""


def test_twinkle_is_sung_from_the_score_editor(visit: Visit, site: Site) -> None:
    page = visit()
    page.get_by_role("button", name="Sing a song").click()
    editor = page.get_by_role("dialog", name="Score editor")
    expect(editor.locator(".abcjs-note")).to_have_count(14)
    editor.get_by_role("button", name="Add C5").click()
    expect(editor.locator(".abcjs-note")).to_have_count(15)
    editor.get_by_role("button", name="Twinkle").click()
    expect(editor.locator(".abcjs-note")).to_have_count(14)
    editor.get_by_role("button", name="Sing it").click()

    expect(page.locator(".asked > p:not([aria-busy])")).to_have_text(
        "Sing “Twinkle twinkle little star how I wonder what you are”"
    )
    expect(page.locator(".step[data-state=done]")).to_be_visible()
    expect(page.locator(".reply")).to_be_visible()
    session = site.http.get(f"/v1/sessions/{page.url.rpartition('/')[2]}").json()
    (song,) = [row["ref"] for row in session["artifacts"] if row["ref"]["kind"] == "audio"]
    assert soundfile.info(io.BytesIO(site.download(song["id"]))).duration == pytest.approx(16 * 60 / 100, abs=1.0)
    arguments = session["turns"][0]["plan"]["steps"][0]["arguments"]
    assert arguments["notes"][:3] == ["C4", "C4 |", "G4"]
    assert arguments["durations"][:7] == [0.6] * 6 + [1.2]


def test_a_task_runs_from_the_form_of_its_schema(visit: Visit) -> None:
    page = visit("/#/tasks")
    page.get_by_role("link", name="Text to speech").click()
    page.get_by_label("Text", exact=True).fill("A form made this.")
    page.get_by_label("Speed").fill("2")
    page.get_by_label("Model").select_option("espeak-ng")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("button", name="Play Audio")).to_be_enabled()


def test_voices_and_languages_are_chosen_by_name_and_models_tell_their_licence(visit: Visit, site: Site) -> None:
    page = visit("/#/tasks/text-to-speech")
    page.get_by_label("Text", exact=True).fill("Buenos días.")
    expect(page.get_by_label("Voice").locator("option")).to_contain_text(["Automatic", "Heart", "American English"])
    page.get_by_label("Language").select_option("Spanish")
    page.get_by_label("Voice").select_option("Latin American Spanish, a woman")
    expect(page.get_by_label("Model").locator("option").nth(1)).to_contain_text("Apache-2.0; ")
    with page.expect_request("**/v1/tasks/text-to-speech*") as sent:
        page.get_by_role("button", name="Run").click()
    assert sent.value.post_data_json["voice"] == "es-419+f2"
    expect(page.get_by_role("button", name="Play Audio")).to_be_enabled()


def test_a_stretch_selected_in_the_form_becomes_its_mask_and_mistakes_are_explained(visit: Visit) -> None:
    page = visit("/#/tasks/audio-inpainting")
    page.get_by_label("Audio", exact=True).set_input_files(DATA / "speech.flac")
    page.get_by_role("button", name="Select a stretch of speech.flac").click()
    expect(page.get_by_label("Start")).to_have_value("4.04")
    expect(page.get_by_label("End")).to_have_value("6.05")
    page.get_by_label("End").fill("1")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("must be after “Start” (4.04 s)")
    page.get_by_label("End").fill("4.5")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_label("Outputs of Audio inpainting")).to_contain_text(re.compile(r"End\s*4\.5"))


def test_sounds_found_are_listed_and_their_probabilities_drawn(visit: Visit) -> None:
    page = visit("/#/tasks/sound-detection")
    page.get_by_label("Audio", exact=True).set_input_files(DATA / "speech.flac")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("region", name="Sounds found")).to_contain_text("Speech")
    expect(page.get_by_role("img", name="Probabilities of the sound classes")).to_be_visible()


def test_the_api_key_goes_with_every_request_and_the_theme_is_kept(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("API key").fill("a-key")
    page.get_by_text("Dark", exact=True).click()
    with page.expect_request("**/v1/tasks") as asked:
        page.get_by_role("button", name="Done").click()
    assert asked.value.headers["authorization"] == "Bearer a-key"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    with page.expect_request("**/v1/runs") as sent:
        ask(page, "Who are you?")
    assert sent.value.headers["authorization"] == "Bearer a-key"
    expect(page.locator(".reply")).to_be_visible()


def test_a_phone_shows_the_page_without_scrolling_sideways(visit: Visit) -> None:
    page = visit(width=390, height=844)
    page.get_by_role("button", name="Sessions and pages").click()
    page.get_by_role("link", name="Single tasks").click()
    expect(page.get_by_role("heading", name="Single tasks")).to_be_visible()
    for link, heading in (
        (None, "Single tasks"),
        ("Singing synthesis", "Singing synthesis"),
        ("New session", "What would"),
    ):
        if link == "New session":
            page.get_by_role("button", name="Sessions and pages").click()
        if link:
            page.get_by_role("link", name=link).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_every_control_has_a_name_and_the_keyboard_reaches_the_request(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_text("tasks in service")).to_be_visible()
    assert page.evaluate(UNNAMED) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("button", name="Sing a song").press("Enter")
    expect(page.locator(".abcjs-note").first).to_be_visible()
    assert page.evaluate(UNNAMED) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"{page.url.partition('#')[0]}#/tasks/singing-synthesis")
    expect(page.get_by_role("button", name="Run")).to_be_visible()
    assert page.evaluate(UNNAMED) == []


def test_the_phone_s_menu_holds_the_focus_and_gives_it_back(visit: Visit) -> None:
    page = visit(width=390, height=844)
    opener = page.get_by_role("button", name="Sessions and pages")
    opener.click()
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || document.activeElement.closest('.sidebar')")
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_arrow_keys_seek_by_seconds_and_replies_are_said(visit: Visit) -> None:
    page = visit()
    ask(page, 'Say "the boats are back in the harbour before the storm"')
    expect(page.get_by_role("button", name="Play Audio")).to_be_enabled()
    expect(page.get_by_role("status")).to_have_text(page.locator(".reply").inner_text())
    slider = page.get_by_role("slider")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0:01.0")


def test_a_transcript_tells_times_and_comes_as_subtitles(visit: Visit) -> None:
    page = visit("/#/tasks/speech-recognition")
    page.get_by_label("Audio", exact=True).set_input_files(DATA / "speech.flac")
    page.get_by_label("Time every word").check()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("ruby").first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as SRT").click()
    assert saved.value.suggested_filename == "speech-transcript.srt"
    assert re.match(r"1\n00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\n\w", saved.value.path().read_text())
    page.get_by_role("button", name="Play from").last.click()
    expect(page.get_by_role("button", name="Pause speech.flac")).to_be_visible()


def test_a_moving_source_is_drawn_and_heard(visit: Visit, site: Site) -> None:
    page = visit("/#/tasks/mono-to-binaural")
    page.get_by_label("Audio", exact=True).set_input_files(DATA / "speech.flac")
    page.get_by_role("img", name="Plan of 0 places").click(position={"x": 40, "y": 100})
    page.get_by_role("button", name="Add a row").click()
    row = page.get_by_role("group", name="Row 2")
    row.get_by_label("Direction").fill("-90")
    with page.expect_response("**/v1/tasks/mono-to-binaural*") as answer:
        page.get_by_role("button", name="Run").click()
    waveform, rate = soundfile.read(io.BytesIO(site.download(answer.value.json()["artifacts"]["audio"]["id"])))
    left, right = waveform[2 * rate :].std(axis=0)  # by then it has come from the left to the right
    assert right > 1.5 * left
    expect(page.get_by_label("Outputs of Mono to binaural").get_by_role("button", name="Play Audio")).to_be_enabled()


def test_several_languages_are_chosen_by_name(visit: Visit) -> None:
    page = visit("/#/tasks/speech-recognition")
    page.get_by_label("Languages to expect").select_option(["English", "Spanish"])
    page.get_by_label("Audio", exact=True).set_input_files(DATA / "speech.flac")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".transcript")).to_contain_text("Dashwood")
