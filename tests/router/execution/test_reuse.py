"""What makes two pieces of work the same."""

import pytest

from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.tasks import get_task
from router.execution.reuse import work_key
from tests.router.dispatching import scope
from tests.router.models import echo_request, spec
from tests.router.scripted import Scripted, catalog, execute, plan, step

TASK = get_task("speech-translation")


def key(models: Catalog, model: str = "m", text: str = "hi", tenant: str = "ann") -> str:
    return work_key(models, models.get(model), TASK, echo_request(text), tenant)


def test_equal_work_has_an_equal_key() -> None:
    assert key(catalog("m")) == key(catalog("m"))


@pytest.mark.parametrize(
    "other",
    [
        key(catalog("m"), text="ho"),
        key(catalog("m"), tenant="bob"),
        key(catalog("n"), "n"),
        key(catalog("m", revision="2")),
        key(Catalog(models=(catalog("m").models[0].model_copy(update={"version": "2"}),))),
        key(Catalog(models=(catalog("m").models[0].model_copy(update={"config": '{"a": 1}'}),))),
    ],
    ids=["request", "tenant", "model", "revision", "code", "arguments"],
)
def test_what_differs_in_anything_that_matters_has_another(other: str) -> None:
    assert other != key(catalog("m"))


def test_a_composite_is_another_once_a_model_it_may_use_is() -> None:
    spoken = spec("m", "SpokenTranslation").entry()
    parts = [spec("hearer", "Hearer", text="x").entry(), spec("echo", "Echo").entry()]
    newer = [parts[0], parts[1].model_copy(update={"version": "2"})]
    assert key(Catalog(models=(spoken, *parts))) == key(Catalog(models=(spoken, *parts)))
    assert key(Catalog(models=(spoken, *parts))) != key(Catalog(models=(spoken, *newer)))


async def test_a_step_of_a_model_that_never_repeats_itself_has_no_key() -> None:
    for repeatable in (True, False):
        (result,) = await execute(Scripted(), plan(step("s")), catalog("m", repeatable=repeatable), within=scope())
        assert (result.key is not None) is repeatable
