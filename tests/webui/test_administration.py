"""The pages of usage and administration, as those see them who may."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.webui.conftest import Site

Visit = Callable[..., Page]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE, ZOOMED = {"width": 390, "height": 844}, {"width": 640, "height": 400}  # 1280 x 800 at 200 %


def test_who_may_not_sees_no_administration(visit: Visit, site: Site) -> None:
    page = visit(site.key("ann"))
    expect(page.get_by_role("link", name="Usage")).to_be_visible()
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    page = visit(site.key("ann", "infer", "runs"))
    expect(page.get_by_role("link", name="Models")).to_be_visible()
    expect(page.get_by_role("link", name="Usage")).to_have_count(0)


def test_usage_shows_one_s_own_calls_and_keys_and_no_others(visit: Visit, site: Site) -> None:
    key = site.key("ann", name="My laptop")
    for number, tenant in enumerate((key, site.key("bob", name="Another"))):
        with site.http(tenant) as http:
            for _ in range(number + 1):
                http.post("/v1/tasks/text-to-speech", json={"text": "hello"}).raise_for_status()
    page = visit(key, "/#/usage")
    usage = page.get_by_role("region", name="Usage by model")
    expect(usage.get_by_role("row", name="sine")).to_contain_text("5")
    page.get_by_label("Shown").select_option("Calls")
    expect(page.get_by_role("img", name="Calls of each of the last 30 days, 1 in all")).to_be_visible()
    keys = page.get_by_role("region", name="Keys")
    expect(keys.get_by_role("row", name="My laptop")).to_contain_text("works, this one")
    expect(keys.get_by_text("Another")).to_have_count(0)


def test_an_operator_adds_a_tenant_limits_it_and_makes_it_a_key(visit: Visit, site: Site) -> None:
    page = visit(site.key("ops", "admin"), "/#/admin")
    page.get_by_label("New tenant").fill("acme")
    page.get_by_role("button", name="Add").click()
    tenants = page.get_by_role("region", name="Tenants")
    expect(tenants.get_by_role("row", name="acme")).to_contain_text("none")
    page.get_by_role("button", name="Change acme").click()
    page.get_by_label("Weight beside others").fill("2.5")
    page.get_by_label("Requests a minute").fill("60")
    page.get_by_role("button", name="Save acme").click()
    expect(tenants.get_by_role("row", name="acme")).to_contain_text("Requests a minute: 60")
    form = page.get_by_role("form", name="New key")
    form.get_by_label("Tenant").fill("acme")
    form.get_by_label("Name, for people").fill("Night job")
    form.get_by_role("button", name="Make a key").click()
    text = page.get_by_label("The new key").input_value()
    with site.http(text) as http:
        assert http.get("/v1/limits").json()["tenant"] == "acme"
    row = page.get_by_role("region", name="Keys").get_by_role("row", name="Night job")
    expect(row).to_contain_text("works")
    page.get_by_role("button", name="Revoke the key Night job").click()
    expect(row).to_contain_text("revoked")
    assert site.tenants.tenant("acme").weight == 2.5


def test_an_operator_sees_who_waits_for_what(visit: Visit, site: Site) -> None:
    with site.http(site.key("ann")) as http:
        http.post("/v1/runs", json={"text": "wait"}).raise_for_status()
    page = visit(site.key("ops", "admin"), "/#/admin")
    expect(
        page.get_by_role("region", name="Calls by model and tenant").get_by_role("row", name="patient")
    ).to_contain_text("ann")
    expect(page.get_by_role("region", name="Runs")).to_contain_text("running")


@pytest.mark.parametrize("name", ["usage", "admin"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_owners_and_operators_have_no_violation_that_axe_finds(
    visit: Visit, site: Site, name: str, theme: str
) -> None:
    key = site.key("ops", "admin", name="Operator")
    with site.http(key) as http:
        http.post("/v1/tasks/text-to-speech", json={"text": "hello"}).raise_for_status()
    page = visit(key, f"/#/{name}", color_scheme=theme, bypass_csp=True)
    expect(page.get_by_role("img", name="Time of models of each of the last 30 days")).to_be_visible()
    expect(page.get_by_role("region", name="Keys")).to_be_visible()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    for size in (PHONE, ZOOMED):
        page.set_viewport_size(size)
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        assert page.evaluate(
            "document.querySelector('.tasks').scrollWidth <= document.querySelector('.tasks').clientWidth"
        )
