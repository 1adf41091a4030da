from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelWrapper
from model_wrappers.contract.errors import Cancelled, ModelUnavailable
from model_wrappers.contract.media import media_fields
from model_wrappers.contract.tasks import get_task
from model_wrappers.contract.tasks.base import TaskRequest
from model_wrappers.torch.model import TorchModel
from router.spec import ModelSpec
from tests.published.case import Case
from tests.published.cases import CASES
from tests.published.contexts import RecordedContext
from tests.published.likeness import assert_alike


def always_sounds(case: Case) -> bool:
    fields = media_fields(get_task(case.task).response).values()
    return any(field.required and field.medium is Audio for field in fields)


SOUNDING = [name for name, case in CASES.items() if always_sounds(case) or name == "seamless-m4t-v2-spoken"]


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture(scope="module")
def model(spec: ModelSpec) -> Iterator[ModelWrapper[Any, Any]]:
    loaded = spec.build()
    loaded.load("cpu")
    loaded.warm_up()
    yield loaded
    loaded.unload()


@pytest.fixture
def requests(case: Case, cut: Callable[[float, float], Audio]) -> Sequence[TaskRequest]:
    return case.requests(cut)


def test_batch_of_several_users_answers_as_each_alone(
    case: Case, model: ModelWrapper[Any, Any], requests: Sequence[TaskRequest]
) -> None:
    assert len({str(model.batch_key(request)) for request in requests}) == 1
    context = RecordedContext()
    together = model.run_batch(requests, context)
    alone = [model.run_batch([request], RecordedContext())[0] for request in requests]
    assert all(isinstance(response, get_task(case.task).response) for response in together), together
    for joint, single in zip(together, alone, strict=True):
        assert_alike(joint, single)
    assert len({repr(response) for response in together}) == len(together), "requests are told apart"
    for fractions in context.fractions.values():
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0


def test_work_stops_when_nobody_waits(model: ModelWrapper[Any, Any], requests: Sequence[TaskRequest]) -> None:
    context = RecordedContext(cancel_after=dict.fromkeys(range(len(requests)), 1))
    outcomes = model.run_batch(requests, context)
    assert all(isinstance(outcome, Cancelled) for outcome in outcomes), outcomes
    assert all(len(fractions) <= 2 for fractions in context.fractions.values())


def test_card_declares_what_operators_ask_for(case: Case, spec: ModelSpec) -> None:
    card = spec.card
    assert case.task in card.tasks
    assert card.method == "neural"
    assert card.memory_mb >= 500
    assert (card.gpu_memory_mb >= 500) is issubclass(spec.wrapper_class, TorchModel)
    assert card.commercial_use is not case.non_commercial
    assert spec.entry().state == "live", spec.entry().reason
    shut = spec.model_copy(update={"allow_non_commercial": False})
    assert (shut.entry().state == "off") is case.non_commercial


def test_folder_with_other_files_is_refused(case: Case, spec: ModelSpec, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no weights")
    args = spec.args | {"model": str(tmp_path)}
    with pytest.raises(ModelUnavailable, match=r"is no checkpoint of this model.*audiogpt models pull"):
        spec.model_copy(update={"args": args}).wrapper_class(spec.wrapper_class.Config.model_validate(args)).load("cpu")


@pytest.mark.parametrize("case", [CASES[name] for name in SOUNDING], ids=SOUNDING, indirect=True, scope="module")
def test_audio_stays_in_range(case: Case, model: ModelWrapper[Any, Any], requests: Sequence[TaskRequest]) -> None:
    [response] = model.run_batch(requests[:1], RecordedContext())
    values = [getattr(response, name) for name in media_fields(type(response))]
    items = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
    sounds = [item for item in items if isinstance(item, Audio)]
    assert sounds
    for sound in sounds:
        assert sound.waveform.dtype == np.float32
        assert np.abs(sound.waveform).max() <= 1.0
        assert sound.duration_s > 0.01
        assert np.isfinite(sound.waveform).all()
