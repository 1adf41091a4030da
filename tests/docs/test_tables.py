import pytest

from scripts.tables import __main__ as command
from scripts.tables.pages import ROOT, made, with_tables


@pytest.mark.parametrize("page", made(), ids=lambda page: str(page.relative_to(ROOT)))
def test_page_is_as_made(page) -> None:
    assert page.read_text() == made()[page], "run: make tables"


def test_a_stale_page_is_named_by_the_check_and_written_without_it(tmp_path, monkeypatch, capsys) -> None:
    page = ROOT / "build" / "stale.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text("old")
    monkeypatch.setattr(command, "made", lambda: {page: "new"})
    monkeypatch.setattr("sys.argv", ["tables", "--check"])
    with pytest.raises(SystemExit, match=r"Stale: build/stale\.md; run: make tables"):
        command.main()
    assert page.read_text() == "old"
    monkeypatch.setattr("sys.argv", ["tables"])
    command.main()
    assert page.read_text() == "new"
    page.unlink()


def test_a_table_replaces_what_stood_between_its_marks_and_nothing_else(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- models: made by `make tables` -->\nold\nolder\n<!-- end of models -->\nbelow\n")
    text = with_tables(page, models="| new |")
    assert text == "above\n<!-- models: made by `make tables` -->\n| new |\n<!-- end of models -->\nbelow\n"
