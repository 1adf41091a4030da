"""What a step waits for: its place in the line, its model, another model."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.integration.conftest import System
from tests.integration.webui.conftest import answered, send_plan

Visit = Callable[..., Page]


def translation(model: str, text: str) -> dict[str, Any]:
    arguments = {"text": text, "target_language": "es"}
    return {"id": "s1", "task": "speech-translation", "model": model, "arguments": arguments}


def model_row(page: Page, model: str) -> Any:
    return page.get_by_role("row").filter(has=page.get_by_text(model, exact=True))


def test_a_step_behind_another_tells_its_place_and_the_operator_s_view_counts_both(
    visit: Visit, system: System
) -> None:
    first, second, operator = visit(), visit(), visit("/#/models")
    send_plan(first, "Translate the first", translation("narrow", "first"))
    expect(first.get_by_role("progressbar")).to_be_visible()
    send_plan(second, "Translate the second", translation("narrow", "second"))
    expect(second.locator(".step-state")).to_contain_text("next in line")
    expect(second.get_by_role("status")).to_have_text(
        re.compile(r"Speech translation: next in line(, ~\d+ s)?\.")  # the wait is told once a call has been timed
    )
    expect(model_row(operator, "narrow")).to_contain_text("1 running, 1 queued")
    system.release("first")
    answered(first, 1)
    expect(second.locator(".step-state")).not_to_contain_text("in line")
    system.release("second")
    answered(second, 1)
    expect(model_row(operator, "narrow")).not_to_contain_text("running")


def test_a_cold_model_is_told_to_be_loading_until_it_is_there(visit: Visit, system: System) -> None:
    page, operator = visit(), visit("/#/models")
    expect(model_row(operator, "late")).to_contain_text("cold")
    send_plan(page, "Translate it", translation("late", "loaded"))
    expect(page.locator(".step-state")).to_contain_text("loading model")
    expect(model_row(operator, "late")).to_contain_text("loading")
    system.release("late-load")
    expect(page.locator(".step-state")).not_to_contain_text("loading model")
    system.release("loaded")
    answered(page, 1)
    expect(model_row(operator, "late")).to_contain_text("in memory")


def test_a_step_tells_which_model_it_fell_back_to(visit: Visit) -> None:
    page = visit()
    send_plan(page, "Translate it", translation("refusing", "The house is big."))
    answered(page, 1)
    page.locator(".step").click()
    expect(page.locator(".step-details")).to_contain_text("Fell back to apertium: The weights are not here")


def test_a_stopped_run_says_so_once_and_is_no_error(visit: Visit, system: System) -> None:
    page = visit()
    send_plan(page, "Translate it", translation("windowed", "stopped"))
    system.wait_for("stopped", "started")
    expect(page).to_have_title("Working – Translate it – AudioGPT")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.", exact=True).and_(page.locator(".stage"))).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page).to_have_title("Translate it – AudioGPT")
