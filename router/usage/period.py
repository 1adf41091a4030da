"""The time a bill is over: a month, or from one hour to another, in UTC."""

import re
from datetime import UTC, datetime

from model_wrappers.contract.errors import InvalidInput
from router.usage.store import DAY_S, HOUR_S, By

MONTH = re.compile(r"(\d{4})-(\d{2})")
MOST_ROWS = 1_000  # hours or days of one answer


def period(month: str | None, since: datetime | None, until: datetime | None, now: float) -> tuple[float, float]:
    """Return where a period begins and ends, in seconds since 1970.

    Args:
        month: Such as 2026-11, instead of the other two; the one that `now` lies in if none is given.
        since: Where it begins; in UTC unless it says otherwise.
        until: Where it ends; now if None.
        now: Seconds since 1970.

    Raises:
        InvalidInput: If it is none.
    """
    if month is not None and (since is not None or until is not None):
        raise InvalidInput("Give 'month', or 'since' and 'until'; not both.", param="month")
    if since is None and until is None:
        return _month(f"{datetime.fromtimestamp(now, UTC):%Y-%m}" if month is None else month)
    if since is None:
        raise InvalidInput("'until' needs a 'since'.", param="since")
    begin, end = _seconds(since), _seconds(until) if until is not None else now + HOUR_S
    if begin >= end:
        raise InvalidInput(f"'since' must lie before 'until'; got {since} and {until or 'now'}.", param="since")
    return begin, end


def check_rows(by: By, since: float, until: float) -> None:
    """Refuse sums over so many hours or days that nobody reads them at once."""
    length_s = {"hour": HOUR_S, "day": DAY_S}.get(by)
    if length_s is not None and (until - since) / length_s > MOST_ROWS:
        raise InvalidInput(
            f"The period has {(until - since) / length_s:,.0f} {by}s; ask for at most {MOST_ROWS:,}.", param="by"
        )


def _month(text: str) -> tuple[float, float]:
    found = MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or not 1970 <= int(found[1]) < 9999:
        raise InvalidInput(f"'{text[:40]}' is no month; write it as 2026-11.", param="month")
    year, month = int(found[1]), int(found[2])
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    return datetime(year, month, 1, tzinfo=UTC).timestamp(), datetime(*after, 1, tzinfo=UTC).timestamp()


def _seconds(at: datetime) -> float:
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()
