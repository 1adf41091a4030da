import pickle
from pathlib import Path

import pytest
from pydantic import ValidationError

from model_wrappers.contract.errors import InvalidInput
from router.spec import ConfiguredModels, ModelSpec, read_specs
from tests.published.checkpoints.kokoro import build
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


def test_model_that_waits_for_its_weights_is_off_until_they_are_here(tmp_path: Path) -> None:
    args = {"model": str(tmp_path / "tiny")}
    fields = {"id": "voice", "wrapper": "model_wrappers.published.kokoro:Kokoro", "args": args, "only_if_pulled": True}
    spec = ModelSpec.model_validate(fields)
    entry = spec.entry()
    assert (entry.state, spec.why_never()) == ("off", None)
    assert "is not on this machine yet; run `audiogpt models pull voice`" in (entry.reason or "")
    (tmp_path / "tiny").mkdir()
    assert spec.entry().state == "off", "an empty folder is no checkpoint"
    build(tmp_path / "tiny")
    assert (spec.entry().state, spec.entry().reason) == ("live", None)
    with pytest.raises(ValidationError, match="can have no replica at the start"):
        ModelSpec.model_validate(fields | {"min_replicas": 1})


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
        ({"wrapper": SINE, "args": {"frequency_hz": "high"}}, "'frequency_hz' is 'high': it must be a number"),
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


def test_entry_that_names_a_gpu_runs_on_it() -> None:
    assert ModelSpec(id="sine", wrapper=SINE, accelerator_type="T4").device == "cuda:0"
    assert ModelSpec(id="sine", wrapper=SINE).device == "cpu"


def test_a_replica_aims_at_as_many_requests_as_it_runs_at_once() -> None:
    spec = ModelSpec(id="sine", wrapper=SINE, workers=2, max_batch_size=8, max_queue=10)
    assert (spec.concurrency, spec.capacity, spec.target_ongoing) == (16, 26, 16)
    assert ModelSpec(id="sine", wrapper=SINE).target_ongoing == 2
    assert ModelSpec(id="sine", wrapper=SINE, target_ongoing_requests=5).target_ongoing == 5


def test_an_application_has_one_entry_or_a_list_with_defaults() -> None:
    (one,) = ConfiguredModels.model_validate({"id": "sine", "wrapper": SINE}).models
    first, second = ConfiguredModels.model_validate(
        {
            "defaults": {"num_cpus": 0, "max_replicas": 1},
            "models": [{"id": "a", "wrapper": SINE}, {"id": "b", "wrapper": SINE, "max_replicas": 3}],
        }
    ).models
    assert (one.id, one.num_cpus, one.max_replicas) == ("sine", 1, 2)
    assert (first.num_cpus, first.max_replicas) == (0, 1)
    assert (second.num_cpus, second.max_replicas) == (0, 3)


@pytest.mark.parametrize(
    ("args", "where"),
    [
        ({"id": "a", "wrapper": SINE, "max_replica": 1}, "max_replica"),
        ({"defaults": {"max_replica": 1}, "models": [{"id": "a", "wrapper": SINE}]}, "max_replica"),
        ({"models": []}, "models"),
        ({"models": "a"}, "models"),
        ({"models": ["a"]}, "models"),
        ({}, "models"),
    ],
)
def test_wrong_application_is_rejected_with_the_place(args: dict[str, object], where: str) -> None:
    with pytest.raises(ValidationError, match=where):
        ConfiguredModels.model_validate(args)


@pytest.mark.parametrize("content", [b"a: [", b"a: 1", b"applications: 1", b"applications: [1]", b"\xff\xfe\xfa", b""])
def test_file_that_is_no_serve_config_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="is no serve config with models"):
        read_specs(path)
