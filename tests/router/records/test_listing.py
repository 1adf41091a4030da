"""Lists of sessions and runs, page by page."""

from collections.abc import Callable, Iterator

import pytest

from model_wrappers.contract.errors import InvalidInput
from router.pages import Cursor, Page
from router.records.database import Database
from router.records.runs import RunStore
from router.records.sessions import SessionStore
from tests.router.clock import Clock

TTL_S = 1000.0
Make = Callable[[str], str]
List = Callable[[str, str | None, int], "Page"]


@pytest.fixture(params=["sessions", "runs"])
def listed(request: pytest.FixtureRequest, database: Database) -> tuple[Make, List]:
    if request.param == "sessions":
        sessions = SessionStore(database, TTL_S)
        return lambda tenant: sessions.create(tenant).id, sessions.page
    runs = RunStore(database, TTL_S, max_runs=100)
    return lambda tenant: runs.create("{}", tenant=tenant, deadline_s=60), runs.page


def paged(page: List, tenant: str, limit: int) -> Iterator[list[str]]:
    cursor: str | None = None
    while True:
        found = page(tenant, cursor, limit)
        yield [one.id for one in found.data]
        if (cursor := found.next) is None:
            return


@pytest.mark.parametrize("step_s", [1.0, 0.0])  # 0: all of them at one moment
def test_pages_hold_everything_of_a_tenant_once_and_the_newest_first(
    listed: tuple[Make, List], clock: Clock, step_s: float
) -> None:
    make, page = listed
    made = []
    for _ in range(5):
        clock.now += step_s
        made.append(make("ann"))
        make("bob")
    wanted = made[::-1] if step_s else sorted(made, reverse=True)
    pages = list(paged(page, "ann", 2))
    assert pages == [wanted[:2], wanted[2:4], wanted[4:]]
    assert list(paged(page, "ann", 5)) == [wanted]
    assert list(paged(page, "eve", 5)) == [[]]


def test_what_comes_meanwhile_moves_no_later_page(listed: tuple[Make, List], clock: Clock) -> None:
    make, page = listed
    first, second = make("ann"), make("ann")
    begun = page("ann", None, 1)
    clock.now += 1
    make("ann")
    (left,) = page("ann", begun.next, 5).data
    assert {begun.data[0].id, left.id} == {first, second}


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "é", "bnVsbA", "WzFd", Cursor((1.0, 2.0), "a").text, Cursor((float("inf"),), "a").text, "A" * 200],
)
def test_what_is_no_cursor_is_refused(listed: tuple[Make, List], cursor: str) -> None:
    with pytest.raises(InvalidInput, match="no cursor of this list"):
        listed[1]("ann", cursor, 5)
