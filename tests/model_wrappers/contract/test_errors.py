import pickle

import pytest

from model_wrappers.contract import errors
from model_wrappers.contract.errors import AudioGPTError, ModelError, PlanError, RequestError


def all_classes(base: type[AudioGPTError]) -> list[type[AudioGPTError]]:
    return [base, *(found for child in base.__subclasses__() for found in all_classes(child))]


CLASSES = [found for found in all_classes(AudioGPTError) if found.__module__ == errors.__name__]


@pytest.mark.parametrize("error_class", CLASSES)
def test_error_survives_pickling_with_all_its_fields(error_class: type[AudioGPTError]) -> None:
    original = error_class("Too long.", param="audio", hint="Cut it.", retry_after_s=2.5)
    copy = pickle.loads(pickle.dumps(original))
    assert type(copy) is error_class
    assert (copy.message, copy.param, copy.hint, copy.retry_after_s) == ("Too long.", "audio", "Cut it.", 2.5)
    assert str(copy) == "Too long."


@pytest.mark.parametrize("error_class", [found for found in CLASSES if found is not AudioGPTError])
def test_error_belongs_to_exactly_one_of_those_who_repair_it(error_class: type[AudioGPTError]) -> None:
    assert sum(issubclass(error_class, branch) for branch in (RequestError, PlanError, ModelError)) == 1


@pytest.mark.parametrize("error_class", CLASSES)
def test_docstring_of_the_module_draws_the_class(error_class: type[AudioGPTError]) -> None:
    assert errors.__doc__ is not None
    assert error_class.__name__ in errors.__doc__.split()
    assert error_class.__doc__


@pytest.mark.parametrize("branch", [RequestError, ModelError])
def test_codes_tell_the_errors_of_a_branch_apart(branch: type[AudioGPTError]) -> None:
    codes = [found.code for found in CLASSES if issubclass(found, branch)]
    assert len(set(codes)) == len(codes)


def test_everything_but_the_message_is_named() -> None:
    with pytest.raises(TypeError):
        errors.InvalidInput("Too long.", "audio")  # type: ignore[misc]
