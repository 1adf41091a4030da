import pytest

from model_wrappers.contract.tasks import TASKS
from router.spec import read_specs
from scripts.tables.models import PAPER, Profiles, overview
from scripts.tables.pages import DOCS, PROFILES

FIRST_PROFILE = 2  # column


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return {name: read_specs(path) for name, path in PROFILES.items()}


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_overview_has_every_model_of_every_profile_with_licence_and_memory(profiles: Profiles) -> None:
    head, _, *rows = cells(overview(profiles))
    assert head == ["task", "the paper's model", "embedded", "CPU", "production", "licence", "memory"]
    assert [row[0] for row in rows if row[0]] == list(TASKS)
    for column, specs in enumerate(profiles.values(), FIRST_PROFILE):
        assert {row[column].strip("`") for row in rows if row[column]} == {spec.id for spec in specs}
    assert all(row[-2] and row[-1] for row in rows)


def test_models_that_are_off_until_allowed_say_so(profiles: Profiles) -> None:
    rows = {row[-3].strip("`"): row[-2] for row in cells(overview(profiles))}
    shut = {spec.id for spec in profiles["production"] if not spec.card.commercial_use}
    assert {name for name, licence in rows.items() if "off until allowed" in licence} == shut


def test_a_cpu_has_every_task_without_a_hub_and_without_a_gpu(profiles: Profiles) -> None:
    alone = [spec for spec in profiles["CPU"] if not spec.only_if_pulled]
    assert {task for spec in alone for task in spec.card.tasks} == set(TASKS)
    assert {spec.id for spec in profiles["embedded"]} <= {spec.id for spec in alone}
    assert all(spec.card.commercial_use and not spec.on_gpu for spec in profiles["CPU"])


def test_every_task_has_the_papers_model_and_the_page_tells_what_became_of_it() -> None:
    assert list(PAPER) == list(TASKS)
    section = (DOCS / "models.md").read_text().partition("## What became of the paper's models")[2]
    names = {name.strip() for names in PAPER.values() for name in names.split(",")}
    assert {name for name in names if name not in section} == set()
