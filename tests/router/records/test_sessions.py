import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import Conflict, NotFound, TooLarge
from model_wrappers.contract.sessions import SessionArtifact, Turn
from router.records.database import Database
from router.records.sessions import MAX_ARTIFACTS, SessionStore, SessionTurn
from tests.router.clock import Clock
from tests.router.dispatching import TENANT

TTL_S = 1000.0


@pytest.fixture
def store(database: Database) -> SessionStore:
    return SessionStore(database, TTL_S, max_turns=5)


def turn(index: int, text: str = "Clean this up") -> Turn:
    return Turn(
        index=index,
        text=text,
        outcome="plan",
        reply="Done.",
        outputs={"s1.text": "the words, with ünïcode"},
        plan={"steps": [{"id": "s1", "task": "speech-recognition", "arguments": {"audio": {"artifact": "audio-1"}}}]},
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def artifact(name: str, turn_index: int = 0) -> SessionArtifact:
    ref = ArtifactRef(tenant=TENANT, id="a" * 64, kind="audio", media_type="audio/wav", size_bytes=10, duration_s=1.5)
    return SessionArtifact(name=name, ref=ref, origin="output", turn=turn_index, step="s1", output="audio")


def append(
    store: SessionStore,
    session_id: str,
    tenant: str,
    turn: Turn,
    artifacts: Sequence[SessionArtifact] = (),
    summary: str | None = None,
) -> None:
    """Add a turn."""
    store.append(SessionTurn(session_id, turn, tuple(artifacts), summary), tenant)


def test_a_session_gives_back_its_turns_and_artifacts(store: SessionStore) -> None:
    session = store.create("ann")
    append(store, session.id, "ann", turn(0), [artifact("audio-2"), artifact("audio-1")])
    append(store, session.id, "ann", turn(1), [artifact("audio-3", 1)])
    found = store.get(session.id, "ann")
    assert found.turns == (turn(0), turn(1))
    assert [item.name for item in found.artifacts] == ["audio-2", "audio-1", "audio-3"]
    assert found.artifacts[0] == artifact("audio-2")


def test_text_with_a_nul_character_is_kept_without_it_or_whole(store: SessionStore) -> None:
    session = store.create("ann")
    append(store, session.id, "ann", turn(0, "Say \0hello\0"))
    assert store.get(session.id, "ann").turns[0].text == "Say \0hello\0"
    (told,) = store.page("ann").data
    assert told.title.replace("\0", "") == "Say hello"
    with pytest.raises(NotFound):
        store.get("\0" * 32, "ann")


def test_ids_are_128_random_bits(store: SessionStore) -> None:
    ids = {store.create(TENANT).id for _ in range(20)}
    assert len(ids) == 20
    assert all(len(bytes.fromhex(session_id)) == 16 for session_id in ids)


def test_a_session_of_another_tenant_does_not_exist(store: SessionStore) -> None:
    session = store.create("ann")
    for call in (
        lambda: store.get(session.id, "bob"),
        lambda: append(store, session.id, "bob", turn(0)),
        lambda: store.delete(session.id, "bob"),
    ):
        with pytest.raises(NotFound, match="does not exist"):
            call()
    assert store.get(session.id, "ann").turns == ()


@pytest.mark.parametrize("index", [0, 2, 7])
def test_a_turn_that_does_not_follow_the_last_is_a_conflict(store: SessionStore, index: int) -> None:
    session = store.create(TENANT)
    append(store, session.id, TENANT, turn(0))
    with pytest.raises(Conflict, match="next turn is 1"):
        append(store, session.id, TENANT, turn(index))
    assert len(store.get(session.id, TENANT).turns) == 1


def test_a_taken_name_rejects_the_whole_turn(store: SessionStore) -> None:
    session = store.create(TENANT)
    append(store, session.id, TENANT, turn(0), [artifact("audio-1")])
    with pytest.raises(Conflict, match="audio-1"):
        append(store, session.id, TENANT, turn(1), [artifact("audio-2", 1), artifact("audio-1", 1)])
    assert store.get(session.id, TENANT).turns == (turn(0),)
    append(store, session.id, TENANT, turn(1), [artifact("audio-2", 1)])
    assert len(store.get(session.id, TENANT).artifacts) == 2


def test_of_turns_added_at_once_by_threads_exactly_one_is_kept(store: SessionStore) -> None:
    session = store.create(TENANT)

    def add(number: int) -> str | None:
        try:
            append(store, session.id, TENANT, turn(0, f"request {number}"), [artifact(f"audio-{number}")])
        except Conflict:
            return None
        return f"request {number}"

    with ThreadPoolExecutor(8) as pool:
        kept = [text for text in pool.map(add, range(16)) if text]
    found = store.get(session.id, TENANT)
    assert [kept_turn.text for kept_turn in found.turns] == kept
    assert len(kept) == len(found.artifacts) == 1


def add_turns(url: str, session_id: str, count: int) -> int:
    """Add turns from another process, each again after a conflict; return the number of conflicts."""
    database = Database(url)
    store = SessionStore(database, 1e9, max_turns=1000)
    conflicts = added = 0
    while added < count:
        index = len(store.get(session_id, TENANT).turns)
        try:
            append(store, session_id, TENANT, turn(index))
            added += 1
        except Conflict:
            conflicts += 1
    database.close()
    return conflicts


def test_turns_of_several_processes_neither_get_lost_nor_overwritten(database_url: str, database: Database) -> None:
    session = SessionStore(database, 1e9).create(TENANT)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in [pool.submit(add_turns, database_url, session.id, 15) for _ in range(2)]:
            future.result()
    found = SessionStore(database, 1e9).get(session.id, TENANT)
    assert [kept.index for kept in found.turns] == list(range(30))


def test_only_the_last_turns_are_kept_and_counting_goes_on(store: SessionStore) -> None:
    session = store.create(TENANT)
    for index in range(8):
        append(store, session.id, TENANT, turn(index))
    assert [kept.index for kept in store.get(session.id, TENANT).turns] == [3, 4, 5, 6, 7]
    append(store, session.id, TENANT, turn(8))


def test_the_artifact_table_drops_its_oldest_rows(store: SessionStore) -> None:
    session = store.create(TENANT)
    append(store, session.id, TENANT, turn(0), [artifact(f"audio-{number}") for number in range(MAX_ARTIFACTS)])
    append(store, session.id, TENANT, turn(1), [artifact("image-1", 1), artifact("image-2", 1)])
    names = [held.name for held in store.get(session.id, TENANT).artifacts]
    assert len(names) == MAX_ARTIFACTS
    assert (names[0], names[-1]) == ("audio-2", "image-2")


def test_a_huge_turn_is_too_large(store: SessionStore) -> None:
    session = store.create(TENANT)
    with pytest.raises(TooLarge, match="1,048,576"):
        append(store, session.id, TENANT, turn(0, "x" * 2**20))
    with pytest.raises(TooLarge, match="20,000"):
        append(store, session.id, TENANT, turn(0), summary="x" * 20_001)


def test_a_summary_is_kept(store: SessionStore) -> None:
    session = store.create(TENANT)
    append(store, session.id, TENANT, turn(0), summary="They cleaned a recording.")
    assert store.get(session.id, TENANT).summary == "They cleaned a recording."


def test_a_deleted_session_is_gone_with_its_turns(store: SessionStore) -> None:
    session = store.create(TENANT)
    append(store, session.id, TENANT, turn(0), [artifact("audio-1")])
    store.delete(session.id, TENANT)
    with pytest.raises(NotFound):
        store.get(session.id, TENANT)


def test_idle_sessions_expire_and_used_ones_stay(store: SessionStore, clock: Clock) -> None:
    idle, used = store.create(TENANT), store.create(TENANT)
    clock.now += TTL_S - 1
    append(store, used.id, TENANT, turn(0))
    clock.now += 1
    with pytest.raises(NotFound, match="expired"):
        store.get(idle.id, TENANT)
    assert store.sweep() == 1
    assert store.sweep() == 0
    assert store.get(used.id, TENANT).turns == (turn(0),)
