"""Long lists in pages, the newest first: each page says where the next one begins."""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from model_wrappers.contract.errors import InvalidInput

ItemT = TypeVar("ItemT")

PAGE = 50  # things on a page unless asked otherwise
MAX_PAGE = 200
ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Page(BaseModel, Generic[ItemT]):
    """A part of a list."""

    model_config = ConfigDict(frozen=True)

    data: tuple[ItemT, ...] = Field(description="The newest first")
    next: str | None = Field(default=None, description="The `cursor` of the page after this one; null on the last")


@dataclass(frozen=True, order=True)
class Cursor:
    """The place of a thing in its list: the times it is ordered by, in seconds since 1970, then its id."""

    times: tuple[float, ...]
    id: str

    @property
    def text(self) -> str:
        """The cursor as it is sent."""
        return base64.urlsafe_b64encode(json.dumps([*self.times, self.id]).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, times: int = 1) -> Self:
        """Read a cursor as it was sent.

        Args:
            text: From a page of the same list.
            times: How many times the list is ordered by.

        Raises:
            InvalidInput: If it is none.
        """
        try:
            *found, last = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            cursor = cls(tuple(float(time) for time in found), last)
            if len(found) == times and all(map(math.isfinite, cursor.times)) and ID.fullmatch(last):
                return cursor
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
            pass
        raise InvalidInput(
            f"'{text[:80]}' is no cursor of this list; send what its last page gave as 'next', or none to begin.",
            param="cursor",
        )


def page_of(found: Sequence[ItemT], limit: int, place: Callable[[ItemT], Cursor]) -> Page[ItemT]:
    """Make a page of what was found for it: one thing more than `limit` says that another page follows."""
    kept = tuple(found[:limit])
    return Page(data=kept, next=place(kept[-1]).text if len(found) > limit else None)
