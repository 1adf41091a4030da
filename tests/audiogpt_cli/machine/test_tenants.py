import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audiogpt_cli.machine.tenants import changed, seconds
from audiogpt_cli.main import app
from model_wrappers.contract.errors import InvalidInput
from router.principal import NO_LIMITS
from router.settings import Settings
from router.tenants.keys import Key
from router.tenants.store import TenantStore


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOGPT_HOME", str(tmp_path / "home"))


def said(*words: str) -> str:
    return CliRunner().invoke(app, list(words), catch_exceptions=False).output.strip()


def test_keys_are_made_listed_rotated_and_revoked() -> None:
    said("tenants", "create", "acme")
    key = Key.read(said("keys", "create", "--tenant", "acme", "--scopes", "infer,runs", "--expires", "90d"))
    assert key is not None
    (info,) = json.loads(said("keys", "list", "--json"))
    assert (info["id"], info["tenant"], info["permissions"]) == (key.id, "acme", ["infer", "runs"])
    assert info["expires"] - info["created"] == pytest.approx(90 * 86_400)
    other = Key.read(said("keys", "rotate", key.id, "--overlap", "1h"))
    assert other is not None
    said("keys", "revoke", key.id)
    store = TenantStore.from_settings(Settings.from_environment())
    assert store.principal(key) is None
    assert store.principal(other) is not None
    listed = said("keys", "list")
    assert "revoked" in listed
    assert key.secret not in listed


@pytest.mark.parametrize("text", ["90", "d", "1 year", "-1d", "1.5h"])
def test_a_time_needs_a_number_and_a_unit(text: str) -> None:
    with pytest.raises(InvalidInput, match="such as 90d"):
        seconds(text, "--expires")


def test_weight_and_limits_are_given_changed_and_taken_away() -> None:
    said("tenants", "create", "acme", "--weight", "2", "--limit", "requests_per_min=60", "--limit", "runs=4")
    said("tenants", "create", "basic")
    assert "requests_per_min 90" in said("tenants", "edit", "acme", "--limit", "requests_per_min=90")
    said("tenants", "edit", "acme", "--limit", "runs=none")
    acme, basic = json.loads(said("tenants", "list", "--json"))
    assert (acme["id"], acme["weight"], acme["limits"]["requests_per_min"]) == ("acme", 2.0, 90)
    assert acme["limits"]["runs"] is None
    assert (basic["weight"], set(basic["limits"].values())) == (1.0, {None})


@pytest.mark.parametrize("change", ["pages=3", "runs", "runs=", "runs=0", "runs=many"])
def test_a_limit_is_one_that_there_is_with_a_number(change: str) -> None:
    with pytest.raises(InvalidInput, match="--limit"):
        changed(NO_LIMITS, [change])
