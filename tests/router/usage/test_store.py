import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.usage import Usage
from router.records.database import Database
from router.usage.calls import CallUsage
from router.usage.period import check_rows, period
from router.usage.store import CALLS_KEPT_S, DAY_S, HOUR_S, UsageStore
from tests.router.clock import Clock

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def store(database: Database, clock: Clock) -> UsageStore:
    return UsageStore(database, clock)


def call(at: float = NOON, **fields: object) -> CallUsage:
    made = CallUsage("acme", "k1", "r1", "s1", 1, "text-to-speech", "sine", at=at)
    return replace(made, run_s=3.0, batch_size=2, audio_out_s=4.0, characters=10, id=made.id, **fields)  # type: ignore[arg-type]


def test_calls_add_up_by_the_hour_in_which_they_ended(store: UsageStore) -> None:
    store.add([call(), call(NOON + HOUR_S - 1), call(NOON + HOUR_S)])
    rows = store.rows("hour", NOON, NOON + 2 * HOUR_S, "acme")
    assert [(row.of, row.usage.calls) for row in rows] == [
        ("2026-11-30T12:00:00+00:00", 2),
        ("2026-11-30T13:00:00+00:00", 1),
    ]
    assert rows[0].usage == Usage(calls=2, model_s=3.0, audio_out_s=8.0, characters=20)
    assert [row.usage.calls for row in store.rows("hour", NOON, NOON + HOUR_S, "acme")] == [2]


def test_a_call_written_twice_counts_once(store: UsageStore) -> None:
    one, other = call(), call()
    store.add([one])
    store.add([one, other, other])
    assert [row.usage.calls for row in store.rows("tenant", NOON, NOON + HOUR_S)] == [2]
    assert [found.id for found in store.calls("r1", "acme")] in ([one.id, other.id], [other.id, one.id])


@pytest.mark.parametrize(
    ("by", "of"),
    [
        ("model", ["other", "sine"]),
        ("outcome", ["done", "model_lost"]),
        ("key", ["", "k1"]),
        ("day", ["2026-11-30T00:00:00+00:00", "2026-12-01T00:00:00+00:00"]),
    ],
)
def test_sums_are_of_what_is_asked_for(store: UsageStore, by: str, of: list[str]) -> None:
    different = call(NOON + DAY_S, model="other", outcome="model_lost", key="")
    store.add([call(), different, call(tenant="bob")])
    assert [row.of for row in store.rows(by, NOON, NOON + 2 * DAY_S, "acme")] == of  # type: ignore[arg-type]


def test_tenants_see_their_own(store: UsageStore) -> None:
    store.add([call(), call(tenant="bob")])
    assert [row.of for row in store.rows("tenant", NOON, NOON + HOUR_S)] == ["acme", "bob"]
    assert store.calls("r1", "carol") == []


def test_writers_at_the_same_time_lose_nothing(store: UsageStore) -> None:
    batches = [[call(model=f"m{number % 3}") for number in range(30)] for _ in range(4)]
    writers = [threading.Thread(target=store.add, args=(batch,)) for batch in batches]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [row.usage.calls for row in store.rows("tenant", NOON, NOON + HOUR_S)] == [120]


def test_single_calls_go_and_their_sums_stay(store: UsageStore, clock: Clock) -> None:
    clock.now = NOON + CALLS_KEPT_S
    store.add([call(), call(NOON + 1)])
    assert store.sweep() == 1
    assert len(store.calls("r1", "acme")) == 1
    assert [row.usage.calls for row in store.rows("tenant", NOON, NOON + HOUR_S)] == [2]


def test_a_month_begins_and_ends_in_utc() -> None:
    begin, end = period("2026-11", None, None, 0.0)
    assert datetime.fromtimestamp(begin, UTC) == datetime(2026, 11, 1, tzinfo=UTC)
    assert datetime.fromtimestamp(end, UTC) == datetime(2026, 12, 1, tzinfo=UTC)
    assert period(None, None, None, NOON) == (begin, end)
    assert period("2026-12", None, None, 0.0)[1] == datetime(2027, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "0000-01", "9999-12", "November", "2026-1", ""])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(InvalidInput, match="is no month; write it as 2026-11"):
        period(month, None, None, NOON)


def test_a_period_runs_forward_and_has_few_rows() -> None:
    early, late = datetime(2026, 1, 1), datetime(2026, 2, 1, tzinfo=UTC)
    assert period(None, early, late, NOON)[1] - period(None, early, late, NOON)[0] == 31 * DAY_S
    for month, since, until in (("2026-11", early, None), (None, None, late), (None, late, early)):
        with pytest.raises(InvalidInput):
            period(month, since, until, NOON)
    with pytest.raises(InvalidInput, match="at most 1,000"):
        check_rows("hour", 0.0, NOON)
