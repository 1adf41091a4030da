import pytest

from model_wrappers.contract.tasks import TASKS
from router.spec import ModelSpec, read_specs
from scripts.tables.models import PAPER, overview
from scripts.tables.pages import DOCS, EMBEDDED, PRODUCTION

Profiles = tuple[list[ModelSpec], list[ModelSpec]]


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return read_specs(EMBEDDED), read_specs(PRODUCTION)


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_overview_has_every_model_of_both_profiles_with_licence_and_memory(profiles: Profiles) -> None:
    head, _, *rows = cells(overview(*profiles))
    assert head == ["task", "the paper's model", "embedded", "production", "licence", "memory"]
    assert [row[0] for row in rows if row[0]] == list(TASKS)
    for column, specs in zip((2, 3), profiles, strict=True):
        assert {row[column].strip("`") for row in rows if row[column]} == {spec.id for spec in specs}
    assert all(row[4] and row[5] for row in rows)


def test_models_that_are_off_until_allowed_say_so(profiles: Profiles) -> None:
    rows = {row[3].strip("`"): row[4] for row in cells(overview(*profiles))}
    shut = {spec.id for spec in profiles[1] if not spec.card.commercial_use}
    assert {name for name, licence in rows.items() if "off until allowed" in licence} == shut


def test_every_task_has_the_papers_model_and_the_page_tells_what_became_of_it() -> None:
    assert list(PAPER) == list(TASKS)
    section = (DOCS / "models.md").read_text().partition("## What became of the paper's models")[2]
    names = {name.strip() for names in PAPER.values() for name in names.split(",")}
    assert {name for name in names if name not in section} == set()
