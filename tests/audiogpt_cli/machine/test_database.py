from pathlib import Path

import pytest
from typer.testing import CliRunner

from audiogpt_cli.main import app
from router.records.schema import HEAD


def test_database_is_made_and_then_found_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "new" / "audiogpt.sqlite3"
    monkeypatch.setenv("AUDIOGPT_DATABASE_URL", f"sqlite:///{file}")
    said = [CliRunner().invoke(app, ["db", "upgrade"], catch_exceptions=False).output for _ in range(2)]
    assert said == [
        f"The database was empty; its revision is {HEAD}.\n",
        f"The database is up to date; its revision is {HEAD}.\n",
    ]
    assert file.exists()
