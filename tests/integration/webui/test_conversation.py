"""The way of a request through the page."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from audiogpt_cli.machine.example import word_error_rate
from tests.integration.webui.conftest import DATA, Site, ask, drop

Visit = Callable[..., Page]
DURATION_S = 10.09  # of both recordings

NOTE_STATES = """() => {
    globalThis.states = [];
    const note = ({ dataset }) => dataset?.step && globalThis.states.push([dataset.step, dataset.state]);
    new MutationObserver((changes) => {
        for (const { type, target, addedNodes } of changes) {
            if (type === "attributes") note(target);
            // One that is drawn while it runs already.
            for (const added of addedNodes) added.querySelectorAll?.("[data-step]").forEach(note);
        }
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });
}"""


def steps_done(page: Page, turn: int, count: int) -> Locator:
    """Wait until a turn has an answer and so many finished steps; return the turn."""
    shown = page.locator(".turn").nth(turn)
    expect(shown.locator(".reply")).to_be_visible()
    expect(shown.locator(".step[data-state=done]")).to_have_count(count)
    return shown


def session_of(page: Page) -> str:
    """Return the session's id from the page's address."""
    return page.url.rpartition("/")[2]


def samples(site: Site, artifact_id: str) -> tuple[NDArray[np.float64], int]:
    """Return an artifact's samples and its sample rate."""
    waveform, sample_rate = soundfile.read(io.BytesIO(site.download(artifact_id)))
    return waveform, sample_rate


@pytest.fixture(scope="module")
def cleaned(site: Site) -> str:
    """The address of a session whose one turn took the noise from a recording."""
    form = {"text": "Remove the noise"}
    files = {"files": ("noisy-speech.flac", (DATA / "noisy-speech.flac").read_bytes())}
    return f"/#/session/{site.http.post('/v1/chat', data=form, files=files).raise_for_status().json()['session_id']}"


def test_a_typed_request_with_a_dropped_file_lights_up_its_steps_and_shows_what_they_made(
    visit: Visit, tmp_path: Path
) -> None:
    page = visit()
    waveform, sample_rate = soundfile.read(DATA / "noisy-speech.flac")
    recording = tmp_path / "noisy-speech.flac"
    soundfile.write(recording, 0.97 * waveform, sample_rate)  # of which no other test's run made anything
    drop(page, recording, "audio/flac")
    page.evaluate(NOTE_STATES)
    ask(page, "Remove the noise and write down what is said")
    turn = steps_done(page, 0, 2)
    states = page.evaluate("states")
    assert [state for step, state in states if step == "s1"][-2:] == ["running", "done"]
    assert [state for step, state in states if step == "s2"][-2:] == ["running", "done"]
    words = " ".join(turn.get_by_label("Outputs of Speech recognition").locator(".said").all_inner_texts())
    assert word_error_rate((DATA / "speech.txt").read_text(), words) <= 0.10
    for step in ("s1", "s2"):
        assert re.search(r"\d (ms|s)", turn.locator(f"[data-step={step}] .step-state").inner_text())


def test_a_result_plays_and_its_spectrogram_is_drawn(visit: Visit, cleaned: str) -> None:
    made = visit(cleaned).get_by_label("Outputs of Speech enhancement")
    made.get_by_role("button", name="Play Audio").click()
    expect(made.get_by_role("button", name="Pause Audio")).to_be_visible()
    expect(made.get_by_role("slider")).not_to_have_attribute("aria-valuetext", "0:00.0")
    made.get_by_role("button", name="Mel spectrogram").click()
    picture = made.get_by_role("img", name="Mel spectrogram")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 800


def test_a_stretch_selected_on_a_result_is_filled_and_only_it(visit: Visit, cleaned: str, site: Site) -> None:
    page = visit(cleaned)
    made = page.get_by_label("Outputs of Speech enhancement")
    expect(made.get_by_role("button", name="Play Audio")).to_be_enabled()
    box = made.locator(".wave").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.30 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.36 * box["width"], box["y"] + 20, steps=5)
    page.mouse.up()
    start, end = (float(made.get_by_label(name, exact=True).input_value()) for name in ("From", "to"))
    assert (start, end) == pytest.approx((0.30 * DURATION_S, 0.36 * DURATION_S), abs=0.1)
    made.get_by_role("button", name="Fill this stretch").click()
    expect(page.get_by_label("Your request")).to_have_value(f"Fill audio-2 between {start:.2f} and {end:.2f} seconds.")
    page.get_by_role("button", name="Send").click()
    steps_done(page, 1, 1)

    session = site.http.get(f"/v1/sessions/{session_of(page)}").json()
    (step,) = session["turns"][1]["plan"]["steps"]
    assert step["task"] == "audio-inpainting"
    assert step["arguments"] == {"audio": {"artifact": "audio-2"}, "start": start, "end": end}
    by_name = {row["name"]: row["ref"]["id"] for row in session["artifacts"]}
    (before, rate), (after, _) = samples(site, by_name["audio-2"]), samples(site, by_name["audio-3"])
    changed = np.flatnonzero(np.abs(before - after) > 1e-3) / rate
    assert start - 0.02 <= changed.min() < changed.max() <= end + 0.02


def test_a_reload_and_another_browser_find_the_session_again(visit: Visit) -> None:
    page = visit()
    ask(page, 'Say "the boats are back"')
    took = steps_done(page, 0, 1).locator(".step-state").inner_text()
    reply = page.locator(".reply").inner_text()
    page.reload()
    again = steps_done(page, 0, 1)
    assert again.locator(".step-state").inner_text() == took
    assert again.locator(".reply").inner_text() == reply
    link = page.locator(".session-list a")
    expect(link).to_contain_text("the boats are back")
    expect(link).to_have_attribute("aria-current", "page")

    other = visit(f"/#/session/{session_of(page)}")
    assert steps_done(other, 0, 1).locator(".reply").inner_text() == reply
    expect(other.get_by_role("button", name="Play Audio")).to_be_enabled()


def test_a_request_goes_on_when_the_page_is_reloaded_before_it_is_answered(visit: Visit) -> None:
    page = visit()
    ask(page, 'Say "the tide comes in twice a day"')
    expect(page).to_have_url(re.compile("#/session/"))
    page.reload()
    turn = steps_done(page, 0, 1)
    expect(turn.locator(".asked")).to_contain_text("the tide comes in")
    expect(turn.get_by_role("button", name="Play Audio")).to_be_enabled()


def test_a_spoken_request_is_understood_and_answered_aloud(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Record with the microphone").click()
    expect(page.get_by_role("timer")).to_have_text(re.compile("0:04"))
    page.get_by_role("button", name="Use as request").click()
    page.get_by_role("button", name="Send").click()
    turn = steps_done(page, 0, 1)
    expect(turn.locator(".asked > p:not([aria-busy])")).to_contain_text(re.compile("kettle is boiling", re.IGNORECASE))
    expect(turn.get_by_label("Spoken answer", exact=True)).to_be_visible()


def test_a_failed_step_says_why_and_the_server_s_refusal_is_shown(visit: Visit) -> None:
    page = visit()
    drop(page, DATA / "speech.flac", "audio/flac")
    ask(page, "Fill the gap between 50 and 60 seconds")
    expect(page.locator(".step[data-state=failed]")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("beyond the end of the audio")

    page.get_by_role("link", name="New session").click()
    page.get_by_label("Attach files").locator("..").locator("input[type=file]").set_input_files(
        {"name": "notes.mid", "mimeType": "audio/midi", "buffer": b"no music"}
    )
    ask(page, "Sing this")
    expect(page.get_by_role("alert")).to_contain_text("notes.mid")
    page.get_by_role("button", name="Edit the request").click()
    expect(page.get_by_label("Your request")).to_have_value("Sing this")
