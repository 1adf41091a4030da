"""Pydantic's errors in the project's own words."""

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput

MAX_INPUT_CHARACTERS = 80  # of a rejected value quoted in a message
MAX_ERRORS = 5  # named in one message


def invalid_input(error: ValidationError, model: type[BaseModel], what: str) -> InvalidInput:
    """Return the error to raise for values that do not fit a model.

    Args:
        error: What pydantic raised.
        model: The type the values were for.
        what: What is invalid, for the message, e.g. `The text-to-speech request`.
    """
    errors = error.errors(include_url=False)
    told = [item for item in errors if not (_is_reference(item) and item["type"] == "is_instance_of")]
    problems = dict.fromkeys(_sentence(item, model) for item in told or errors)
    shown = "; ".join(list(problems)[:MAX_ERRORS])
    return InvalidInput(
        f"{what} is invalid: {shown}.",
        param=_field(errors[0], model),
        hint=f"It takes: {', '.join(model.model_fields)}." if model.model_fields else "It takes nothing.",
    )


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    reason = error["msg"].removeprefix("Value error, ")
    field = _field(error, model)
    if field is None:
        return reason
    if error["type"] == "missing":
        return f"'{field}' is missing"
    if error["type"] == "extra_forbidden":
        return f"'{field}' is unknown"
    if _is_reference(error):
        return f"'{field}' does not fit: {reason}"
    got = repr(error["input"])
    got = got if len(got) <= MAX_INPUT_CHARACTERS else f"{got[:MAX_INPUT_CHARACTERS]}..."
    return f"'{field}' is {got}: {reason[:1].lower()}{reason[1:]}"


def _is_reference(error: ErrorDetails) -> bool:
    """Tell whether a file was rejected, of which nobody wants to read more than its kind."""
    return isinstance(error["input"], ArtifactRef)


def _field(error: ErrorDetails, model: type[BaseModel]) -> str | None:
    """Return the dotted name, without the labels of union members that pydantic puts between."""
    parts = [str(part) for part in error["loc"]]
    return ".".join(part for part in parts if "[" not in part) or None
