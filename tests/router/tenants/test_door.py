import stat
from pathlib import Path
from typing import Any

import pytest

from model_wrappers.contract.errors import InvalidInput, Unauthenticated
from router.records.database import Database
from router.settings import Settings
from router.tenants.door import FRESH_S, Door, door_for
from router.tenants.keys import Key
from router.tenants.pepper import FILE, pepper
from router.tenants.store import TenantStore
from tests.router.clock import Clock


@pytest.fixture
def store(tmp_path: Path) -> TenantStore:
    store = TenantStore(Database(f"sqlite:///{tmp_path / 'keys.sqlite3'}"), b"p" * 32)
    store.create_tenant("acme")
    return store


async def test_a_revoked_key_is_out_after_some_seconds(store: TenantStore, clock: Clock) -> None:
    door, key = Door(store, clock), store.create_key("acme", ["infer"])
    assert (await door.admit(key.text)).tenant == "acme"
    store.revoke(key.id)
    clock.now += FRESH_S
    with pytest.raises(Unauthenticated, match=f"'{key.id}' is unknown, expired or revoked"):
        await door.admit(key.text)


async def test_the_store_is_asked_once_in_a_while(store: TenantStore, clock: Clock) -> None:
    door, key = Door(store, clock), store.create_key("acme", ["infer"])
    await door.admit(key.text)
    store.revoke(key.id)
    clock.now += FRESH_S - 0.1
    assert (await door.admit(key.text)).key == key.id


@pytest.mark.parametrize(
    ("text", "message"), [(None, "none was sent"), ("", "none was sent"), ("sk-123", "cut or mistyped")]
)
async def test_nobody_comes_in_without_a_key(store: TenantStore, text: str | None, message: str) -> None:
    with pytest.raises(Unauthenticated, match=message):
        await Door(store).admit(text)


async def test_a_guessed_key_is_refused_without_telling_more(store: TenantStore) -> None:
    known, guessed = store.create_key("acme", ["infer"]), Key.new()
    for key in (guessed, Key(known.id, guessed.secret)):
        with pytest.raises(Unauthenticated, match="is unknown, expired or revoked"):
            await Door(store).admit(key.text)


@pytest.mark.parametrize(
    ("auth", "host", "asks"),
    [
        ("auto", "127.0.0.1", False),
        ("auto", "localhost", False),
        ("auto", "::1", False),
        ("auto", "0.0.0.0", True),
        ("auto", "10.0.0.7", True),
        ("auto", "audio.example.org", True),
        ("on", "127.0.0.1", True),
        ("off", "0.0.0.0", False),
    ],
)
def test_a_key_is_asked_for_where_others_can_reach_the_server(tmp_path: Path, auth: Any, host: str, asks: bool) -> None:
    settings = Settings(home=tmp_path, auth=auth)
    if not asks:
        assert door_for(settings, host) is None
        return
    with pytest.raises(InvalidInput, match="there is none: create one with 'audiogpt tenants create NAME'"):
        door_for(settings, host)
    store = TenantStore.from_settings(settings)
    store.create_tenant("acme")
    store.create_key("acme", ["infer"])
    assert isinstance(door_for(settings, host), Door)


def test_the_pepper_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    made = pepper(settings)
    assert pepper(settings) == made
    assert len(made) == 64
    assert stat.S_IMODE((tmp_path / "home" / FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == [FILE]
    given = Settings(home=tmp_path / "home", key_pepper="x" * 32)
    assert pepper(given) == b"x" * 32
