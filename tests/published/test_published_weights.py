"""The published checkpoints that are on this machine, one real request each.

Fetch them with `audiogpt models pull`, then run `python -m pytest tests/published -m weights`.
"""

from pathlib import Path
from typing import Any

import pytest

from model_wrappers.contract.errors import AudioGPTError, ModelUnavailable
from router.spec import ModelSpec, read_specs
from tests.published.contexts import RecordedContext
from tests.published.judged import judged

CONFIG = Path(__file__).parents[2] / "serve_config.yaml"
pytestmark = [pytest.mark.weights, pytest.mark.timeout(1_800)]


def published() -> list[ModelSpec]:
    return [spec for spec in read_specs(CONFIG) if spec.checkpoints]


def device() -> str:
    import torch

    return "cuda:0" if torch.cuda.is_available() else "cpu"


@pytest.mark.parametrize("spec", published(), ids=lambda spec: spec.id)
def test_published_model_answers_a_real_request_well(spec: ModelSpec) -> None:
    try:
        for checkpoint in spec.checkpoints:
            checkpoint.folder(offline=True)
    except ModelUnavailable as exc:
        pytest.skip(exc.message)
    model = spec.build()
    model.load(device())
    faults: dict[str, Any] = {}
    for task in spec.card.tasks:
        if task == "speech-translation" and "de" not in (spec.card.output_languages or ("de",)):
            continue
        case = judged(task, spec.card.limits)
        [answer] = model.run_batch([case.request], RecordedContext())
        faults[task] = answer if isinstance(answer, AudioGPTError) else case.fault(answer)
    model.unload()
    assert not any(faults.values()), faults
