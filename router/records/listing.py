"""Queries for one page of a long table."""

from typing import Any

from sqlalchemy import Column, Select, and_, or_

from router.pages import Cursor


def newest_first(
    query: "Select[Any]", time: "Column[float]", key: "Column[str]", cursor: str | None, limit: int
) -> "Select[Any]":
    """Narrow a query to the rows of a page, and one more if there are any after them.

    Args:
        query: Of all rows.
        time: The column they are ordered by.
        key: Tells rows of the same time apart.
        cursor: Where the page before ended; the first page if None.
        limit: Rows of the page.

    Raises:
        InvalidInput: If the cursor is none.
    """
    if cursor is not None:
        last = Cursor.read(cursor)
        query = query.where(or_(time < last.times[0], and_(time == last.times[0], key < last.id)))
    return query.order_by(time.desc(), key.desc()).limit(limit + 1)
