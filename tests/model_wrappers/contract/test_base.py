import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from model_wrappers.contract.base import ModelConfig, import_wrapper, missing_requirements
from model_wrappers.contract.catalog import ModelCard, Requirement
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.embedded.hibari.hibari import Hibari


def test_wrapper_is_imported_by_its_path() -> None:
    assert import_wrapper("model_wrappers.embedded.hibari:Hibari") is Hibari


@pytest.mark.parametrize(
    "path",
    [
        "model_wrappers.embedded.hibari.hibari",
        "model_wrappers.nothing:Hibari",
        "model_wrappers.embedded.hibari:Nothing",
        "",
        ":",
        "os:path",
    ],
)
def test_path_that_names_no_wrapper_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        import_wrapper(path)
    assert caught.value.param == "wrapper"


def test_config_refuses_unknown_settings_and_changes() -> None:
    with pytest.raises(ValidationError):
        ModelConfig.model_validate({"no_such_setting": 1})
    with pytest.raises(ValidationError):
        Hibari.Config().seed = 1  # type: ignore[attr-defined]


def test_missing_requirements_are_found(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    present = (
        Requirement(kind="executable", name=sys.executable, package="python3", manager="apt"),
        Requirement(kind="module", name="json", package="json", manager="pip"),
        Requirement(kind="file", name=str(tmp_path / "there"), package="there", manager="apt"),
    )
    absent = (
        Requirement(kind="executable", name="no-such-program", package="none", manager="apt"),
        Requirement(kind="module", name="no_such_module", package="none", manager="pip"),
        Requirement(kind="file", name=str(tmp_path / "not-there"), package="none", manager="apt"),
    )
    card = ModelCard(
        title="x",
        tasks=("text-to-speech",),
        method="neural",
        licence="MIT",
        source="x",
        revision="1",
        memory_mb=1,
        requires=present + absent,
    )
    assert missing_requirements(card) == absent
