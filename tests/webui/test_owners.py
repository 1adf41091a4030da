"""The page for people with keys: their sessions wherever they were held, and nobody else's."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.webui.conftest import Site

Visit = Callable[..., Page]


def ask(page: Page, words: str) -> None:
    field = page.get_by_label("Your request")
    field.fill(words)
    field.press("Enter")


def test_sessions_held_elsewhere_are_listed_beside_those_held_here(visit: Visit, site: Site) -> None:
    key = site.key("ann")
    with site.http(key) as http, site.http(site.key("bob")) as other:
        http.post("/v1/chat", json={"text": "hello from a program"}).raise_for_status()
        http.post("/v1/sessions").raise_for_status()  # in which nothing was asked
        other.post("/v1/chat", json={"text": "somebody else's"}).raise_for_status()
    page = visit(key)
    listed = page.locator(".session-list li")
    expect(listed).to_have_count(1)
    ask(page, "hello from the page")
    expect(page.locator(".reply")).to_have_count(1)
    expect(listed).to_have_count(2)
    page.reload()
    expect(listed).to_have_count(2)
    expect(listed.nth(0)).to_contain_text("hello from the page")
    page.get_by_role("link", name="hello from a program").click()
    expect(page.locator(".reply")).to_have_text("You said: hello from a program")


def test_a_listed_session_is_renamed_and_deleted_with_undo(visit: Visit, site: Site) -> None:
    key = site.key("ann")
    with site.http(key) as http:
        session = http.post("/v1/chat", json={"text": "hello"}).raise_for_status().json()["session_id"]
        page = visit(key)
        page.get_by_role("button", name="Rename the session hello").click()
        page.get_by_label("Name of the session").fill("greetings")
        page.keyboard.press("Enter")
        page.reload()
        page.get_by_role("button", name="Delete the session greetings").click()
        expect(page.locator(".session-list li")).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".session-list li")).to_have_count(1)
        page.clock.install()
        page.get_by_role("button", name="Delete the session greetings").click()
        with page.expect_response(lambda answer: answer.request.method == "DELETE"):
            page.clock.fast_forward(10_000)  # past the time to undo it
        expect(page.locator(".session-list li")).to_have_count(0)
        assert http.get(f"/v1/sessions/{session}").status_code == 404


def test_who_has_no_key_is_asked_for_one_and_then_let_in(visit: Visit, site: Site) -> None:
    page = visit()
    field = page.get_by_label("API key")
    expect(field).to_be_focused()
    field.fill(site.key("ann"))
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("tasks in service")).to_be_visible()
    ask(page, "hello")
    expect(page.locator(".reply")).to_have_text("You said: hello")


def test_a_step_runs_again_with_other_words_and_the_rest_is_kept(visit: Visit, site: Site) -> None:
    page = visit(site.key("ann"))
    page.get_by_label("Your request").fill("an unsent thought")
    page.locator("input[name=files]").set_input_files("examples/data/speech.flac")
    ask(page, "halve it and say done")
    expect(page.locator(".reply")).to_have_count(1)
    page.get_by_label("Your request").fill("an unsent thought")
    page.locator("[data-step=s2]").click()
    page.get_by_role("button", name="Run again with…").click()
    form = page.get_by_role("form", name="Run the step again")
    form.get_by_label("Text").fill("done once more")
    form.get_by_role("button", name="Run it and what follows").click()
    again = page.locator(".turn").nth(1)
    expect(again.locator(".reply")).to_have_count(1)
    expect(page.get_by_label("Your request")).to_have_value("an unsent thought")
    again.locator("[data-step=s2]").click()
    expect(again.locator(".step-details")).to_contain_text("done once more")
    with site.http(site.key("ann")) as http:
        runs = http.get("/v1/runs").json()["data"]
        assert len(runs) == 2
        events = http.get(f"/v1/runs/{runs[0]['id']}/events").json()["events"]
    started = [event["event"]["step"] for event in events if event["event"]["type"] == "step_started"]
    assert started == ["s2"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "step 's1': argument 'duration' is 10800.0: Input should be less than or equal to 300 (Seconds)",
            "“Duration” is 10,800, but must be at most 300 (Seconds)",
        ),
        ("argument 'speed' is 9: it must be at most 2", "“Speed” is 9, but must be at most 2"),
        ("argument 'target' is missing", "“Sound” is missing"),
        (f"'audio' is ArtifactRef(id='{'a' * 64}', kind='audio'): no", "'audio' is the file: no"),
        ("notes.pdf is neither a sound nor a picture", "notes.pdf is neither a sound nor a picture"),
    ],
)
def test_what_programs_say_to_programs_is_said_in_plain_words(visit: Visit, message: str, shown: str) -> None:
    page = visit()
    said = page.evaluate(
        """async (message) => {
            const main = document.querySelector("script[src$='js/main.js']").src;
            const { plainWords } = await import(new URL("plain-errors.js", main));
            return plainWords(message);
        }""",
        message,
    )
    assert said == shown


def test_whoever_has_a_link_reads_and_hears_the_session_without_a_key(visit: Visit, site: Site) -> None:
    key = site.key("ann")
    page = visit(key)
    page.locator("input[name=files]").set_input_files("examples/data/speech.flac")
    ask(page, "halve it and say done")
    expect(page.locator(".reply")).to_have_count(1)
    page.get_by_role("button", name="Link to read").click()
    address = page.get_by_label("Link to read the session").input_value().partition("#")[2]
    for other in (None, site.key("bob")):
        guest = visit(other, f"/#{address}")
        expect(guest.locator(".reply")).to_contain_text("I removed the noise")
        expect(guest.get_by_role("button", name="Play speech.flac")).to_be_enabled()
        expect(guest.get_by_role("dialog")).to_have_count(0)
        expect(guest.get_by_role("alert")).to_have_count(0)
    shared = address.rpartition("/")[0]
    guest = visit(None, f"/#{shared}/nonsense")
    expect(guest.get_by_role("alert")).to_contain_text("This link has expired")


def test_what_was_read_again_and_what_stayed_unclear_is_told(visit: Visit, site: Site) -> None:
    page = visit(site.key("ann"))
    ask(page, "hello")
    expect(page.locator(".reply")).to_have_count(1)
    page.evaluate(
        """async (text) => {
            const main = document.querySelector("script[src$='js/main.js']").src;
            const load = (name) => import(new URL(name, main));
            const [{ turns }, { withEvent }] = await Promise.all([load("conversation.js"), load("turns.js")]);
            const [turn] = turns.value;
            const told = (event) => (turn.value = withEvent(turn.value, event));
            const step = { id: "s1", task: "speech-recognition", arguments: { audio: { artifact: "audio-1" } } };
            const outcome = { kind: "plan", plan: { steps: [step] } };
            told({ type: "planned", outcome, planner: "offline", duration_s: 0 });
            told({ type: "step_started", step: "s1", task: step.task, model: "tone-reader", loading: false, at_s: 0 });
            const segments = [
                { start: 0, end: 2, text: "Good morning.", temperature: 0 },
                { start: 2, end: 4, text: "Who is there?", temperature: 0.4 },
            ];
            const outputs = { text, segments, unclear: [{ start: 65, end: 70 }] };
            const result = { ...step, state: "done", model: "tone-reader", outputs, artifacts: {}, duration_s: 1 };
            told({ type: "step_ended", result });
        }""",
        "Good morning. Who is there?",
    )
    expect(page.locator(".step-state")).to_contain_text("re-read")
    page.locator(".step").click()
    expect(page.locator(".step-details")).to_contain_text("1 passage, because the first reading was doubtful")
    unclear = page.locator(".unclear")
    expect(unclear).to_contain_text("the words could not be made out, at 1:05.0")
    expect(unclear.locator(".time")).to_have_text("1:05.0")
