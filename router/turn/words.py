"""The words of a request: one bound for all ways in."""

from typing import Annotated

from pydantic import AfterValidator, Field

from model_wrappers.contract.errors import TooLarge
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS


def checked_words(text: str) -> str:
    """Return a text that may be a request's, without NUL characters.

    Raises:
        TooLarge: If it is longer than any request may be; no task takes a longer text either.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise TooLarge(
            f"The text has {len(text):,} characters; at most {MAX_TEXT_CHARACTERS:,} are allowed. "
            "Send less at once, long texts in parts.",
            param="text",
        )
    return text.replace("\0", "")


Words = Annotated[str, AfterValidator(checked_words), Field(json_schema_extra={"maxLength": MAX_TEXT_CHARACTERS})]
"""Text that people or programs send as a request, or as an earlier one."""
