import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audiogpt_cli.main import app
from router.records.database import Database
from router.settings import Settings
from router.usage.calls import CallUsage
from router.usage.store import UsageStore


@pytest.fixture(autouse=True)
def used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOGPT_HOME", str(tmp_path / "home"))
    at = datetime(2026, 11, 30, 23, 59, tzinfo=UTC).timestamp()
    store = UsageStore(Database(Settings.from_environment().database_url.get_secret_value()))
    for tenant, model, time in (
        ("acme", "sine", at),
        ("acme", "halver", at),
        ("bob", "sine", at),
        ("acme", "x", at + 60),
    ):
        store.add([CallUsage(tenant, "", "r1", "s1", 1, "text-to-speech", model, at=time, characters=1_500)])


def said(*words: str) -> str:
    return CliRunner().invoke(app, list(words), catch_exceptions=False).output.strip()


def test_a_months_usage_of_a_tenant_is_printed_by_model() -> None:
    report = json.loads(said("usage", "--tenant", "acme", "--month", "2026-11", "--json"))
    assert [(row["of"], row["usage"]["calls"]) for row in report["rows"]] == [("halver", 1), ("sine", 1)]
    assert report["total"]["characters"] == 3_000
    shown = said("usage", "--tenant", "acme", "--month", "2026-11")
    assert "halver" in shown
    assert "3,000" in shown
    assert "x" not in [line.split()[0] for line in shown.splitlines() if line]


def test_all_tenants_are_told_apart() -> None:
    report = json.loads(said("usage", "--month", "2026-11", "--by", "tenant", "--json"))
    assert [(row["of"], row["usage"]["calls"]) for row in report["rows"]] == [("acme", 2), ("bob", 1)]
