import pickle

import pytest
from pydantic import ValidationError

from router.spec import ModelSpec
from tests.router.models import Sine

SINE = "tests.router.models:Sine"


def test_spec_builds_its_model_with_the_configured_arguments() -> None:
    spec = ModelSpec(id="sine", wrapper=SINE, args={"frequency_hz": 220})
    model = spec.build()
    assert isinstance(model, Sine)
    assert model.config.frequency_hz == 220.0


def test_entry_is_live_and_carries_the_config_that_rebuilds_the_model() -> None:
    entry = ModelSpec(id="sine", wrapper=SINE, args={"output_languages": ["en", "de"]}).entry()
    assert (entry.state, entry.reason) == ("live", None)
    assert entry.card.output_languages == ("en", "de")
    assert Sine.Config.model_validate_json(entry.config).output_languages == ("en", "de")


def test_entry_of_a_model_without_its_program_is_off_and_names_the_package() -> None:
    entry = ModelSpec(id="demanding", wrapper="tests.router.models:Demanding").entry()
    assert entry.state == "off"
    assert entry.reason == "executable 'no-such-program' is missing; run: apt-get install no-such-package"


@pytest.mark.parametrize(("allowed", "state"), [(False, "off"), (True, "live")])
def test_non_commercial_model_is_off_unless_it_is_allowed(allowed: bool, state: str) -> None:
    entry = ModelSpec(id="nc", wrapper="tests.router.models:NonCommercial", allow_non_commercial=allowed).entry()
    assert entry.state == state
    assert ("CC-BY-NC-4.0" in (entry.reason or "")) is not allowed


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"wrapper": "tests.router.models:Nothing"}, "No wrapper at 'tests.router.models:Nothing'"),
        ({"wrapper": "tests.router.models"}, "write 'module:Class'"),
        ({"wrapper": "tests.router.models:card"}, "is not a ModelWrapper subclass"),
        ({"wrapper": SINE, "args": {"frequency": 220}}, "'args' of model 'x' is invalid: 'frequency' is unknown"),
        ({"wrapper": SINE, "args": {"frequency_hz": "high"}}, "'frequency_hz' is 'high': input should be a valid"),
    ],
)
def test_wrong_entry_is_rejected_with_what_is_wrong(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ModelSpec.model_validate({"id": "x", **fields})
    assert sentence in str(caught.value)


def test_spec_travels_between_processes() -> None:
    spec = ModelSpec(id="sine", wrapper=SINE)
    assert spec.card.tasks == ("text-to-speech",)
    assert pickle.loads(pickle.dumps(spec)) == spec
