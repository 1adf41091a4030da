"""Every model of the production config is run by some test, on each of its tasks."""

from pathlib import Path

import pytest

from router.spec import ModelSpec, read_specs
from tests.published.cases import CASES

ROOT = Path(__file__).parents[1]
CONFIGS = ("serve_config.yaml", "serve_config.cpu.yaml", "serve_config.embedded.yaml")
MODELS = {spec.wrapper: spec for name in CONFIGS for spec in read_specs(ROOT / name)}.values()
PUBLISHED = [spec for spec in MODELS if ".published." in spec.wrapper]
PACKAGED = [spec for spec in MODELS if ".embedded." in spec.wrapper]


@pytest.mark.parametrize("spec", PUBLISHED, ids=lambda spec: spec.id)
def test_published_model_has_a_tiny_checkpoint_and_a_case_of_each_task(spec: ModelSpec) -> None:
    tested = {case.task for case in CASES.values() if case.wrapper == spec.wrapper}
    missing = set(spec.card.tasks) - tested
    assert not missing, f"add to tests/published/checkpoints a module with CASES of {spec.wrapper} for {missing}"


@pytest.mark.parametrize("spec", PACKAGED, ids=lambda spec: spec.id)
def test_packaged_model_has_a_test_of_its_own(spec: ModelSpec) -> None:
    module, _, name = spec.wrapper.partition(":")
    tests = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    assert any(module in text and name in text for text in tests), f"no test of {spec.wrapper}"


def test_no_model_is_of_another_room() -> None:
    assert len(PUBLISHED) + len(PACKAGED) == len(MODELS)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case_is_of_a_model_in_service(case) -> None:
    assert case.wrapper in {spec.wrapper for spec in PUBLISHED}
