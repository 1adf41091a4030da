"""Pydantic's errors in the project's own words."""

from collections.abc import Sequence

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput

MAX_INPUT_CHARACTERS = 80  # of a rejected value quoted in a message
MAX_ERRORS = 5  # named in one message
REASONS = {  # by pydantic's kind of error, with what it tells of it
    "less_than_equal": "it must be at most {le:g}",
    "less_than": "it must be below {lt:g}",
    "greater_than_equal": "it must be at least {ge:g}",
    "greater_than": "it must be above {gt:g}",
    "string_too_long": "it is too long, it must have {max_length} or fewer characters",
    "string_too_short": "it is too short, it must have {min_length} or more characters",
    "too_long": "it must have {max_length} or fewer entries",
    "too_short": "it must have {min_length} or more entries",
    "literal_error": "it must be one of: {expected}",
    "string_type": "it must be a text",
    "float_parsing": "it must be a number",
    "float_type": "it must be a number",
    "int_parsing": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "int_type": "it must be a whole number",
    "bool_parsing": "it must be true or false",
    "bool_type": "it must be true or false",
    "string_pattern_mismatch": "it does not have the form {pattern}",
    "none_required": "it is not supported, leave it out",
    "model_type": "it must be an object",
    "model_attributes_type": "it must be an object",
    "dict_type": "it must be an object",
    "tuple_type": "it must be a list",
    "list_type": "it must be a list",
    "union_tag_not_found": "{discriminator} is missing",
    "union_tag_invalid": "{discriminator} is '{tag:.80}': it must be one of: {expected_tags}",
}


def invalid_input(error: ValidationError, model: type[BaseModel], what: str) -> InvalidInput:
    """Return the error to raise for values that do not fit a model.

    Args:
        error: What pydantic raised.
        model: The type the values were for.
        what: What is invalid, for the message, e.g. `The text-to-speech request`.
    """
    found = worded(error.errors(include_url=False), what)
    found.hint = f"It takes: {', '.join(model.model_fields)}." if model.model_fields else "It takes nothing."
    return found


def worded(problems: Sequence[ErrorDetails], what: str, *, inside: int = 0) -> InvalidInput:
    """Return the error to raise for what pydantic found wrong.

    Args:
        problems: Pydantic's errors.
        what: What is invalid, for the message.
        inside: How many of the first parts of a location are no names of the caller's.
    """
    told = [item for item in problems if not _follows_from_another(item)]
    sentences = dict.fromkeys(_sentence(item, inside) for item in told or problems)
    shown = "; ".join(list(sentences)[:MAX_ERRORS])
    return InvalidInput(f"{what} is invalid: {shown}.", param=_field(problems[0], inside))


def _sentence(error: ErrorDetails, inside: int) -> str:
    reason = _reason(error)
    field = _field(error, inside)
    if field is None:
        return "it is empty" if error["type"] == "missing" else reason
    if error["type"] == "missing":
        return f"'{field}' is missing"
    if error["type"] == "extra_forbidden":
        return f"'{field}' is unknown"
    if _is_reference(error):
        return f"'{field}' does not fit: {reason}"
    value = error["input"]
    got = repr(value[: MAX_INPUT_CHARACTERS + 1] if isinstance(value, str) else value)
    got = got if len(got) <= MAX_INPUT_CHARACTERS else f"{got[:MAX_INPUT_CHARACTERS]}..."
    return f"'{field}' is {got}: {reason[:1].lower()}{reason[1:]}"


def _reason(error: ErrorDetails) -> str:
    words = REASONS.get(error["type"])
    return words.format(**error.get("ctx", {})) if words else error["msg"].removeprefix("Value error, ")


def _follows_from_another(error: ErrorDetails) -> bool:
    """Tell whether a problem is there only because of another: a reference's, or a default made from a wrong value."""
    return error["type"] == "default_factory_not_called" or (_is_reference(error) and error["type"] == "is_instance_of")


def _is_reference(error: ErrorDetails) -> bool:
    """Tell whether a file was rejected, of which nobody wants to read more than its kind."""
    return isinstance(error["input"], ArtifactRef)


def _field(error: ErrorDetails, inside: int) -> str | None:
    """Return the dotted name, without the labels of union members that pydantic puts between."""
    parts = [str(part) for part in error["loc"][inside:]]
    return ".".join(part for part in parts if "[" not in part) or None
