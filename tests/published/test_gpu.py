"""The published models' tiny checkpoints on a GPU: `python -m pytest tests/published -m gpu`."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.contract.tasks import get_task
from model_wrappers.torch.batches import in_memory
from model_wrappers.torch.device import check_memory, limit_gpu_memory, open_device, torch_dtype
from router.spec import ModelSpec
from tests.published.case import Case
from tests.published.cases import CASES
from tests.published.contexts import RecordedContext
from tests.published.likeness import assert_alike

DEVICE = "cuda:0"
SHARE = 0.05
pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module", autouse=True)
def exact_gpu() -> Iterator[None]:
    """Skip where there is no GPU; let 32-bit sums be exact enough to compare."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = allowed


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


def test_batch_on_a_gpu_answers_as_each_alone(
    spec: ModelSpec, case: Case, cut: Callable[[float, float], Audio]
) -> None:
    model = spec.wrapper_class(spec.wrapper_class.Config.model_validate(spec.args | {"precision": "float32"}))
    model.load(DEVICE)
    requests = case.requests(cut)
    together = model.run_batch(requests, RecordedContext())
    alone = [model.run_batch([request], RecordedContext())[0] for request in requests]
    model.unload()
    for joint, single in zip(together, alone, strict=True):
        assert_alike(joint, single)


def test_model_answers_in_the_precision_of_the_gpu(
    spec: ModelSpec, case: Case, cut: Callable[[float, float], Audio]
) -> None:
    model = spec.build()
    model.load(DEVICE)
    model.warm_up()
    if spec.config.precision == "auto":  # type: ignore[attr-defined]
        assert model.dtype.itemsize == 2  # type: ignore[attr-defined]
    answers = model.run_batch(case.requests(cut), RecordedContext())
    model.unload()
    assert all(isinstance(answer, get_task(case.task).response) for answer in answers), answers
    sounds = [value for answer in answers for value in dict(answer).values() if isinstance(value, Audio)]
    assert all(np.isfinite(sound.waveform).all() for sound in sounds)


@pytest.fixture
def small_share() -> Iterator[int]:
    """Hold this process to a share of the GPU; yields it in bytes."""
    import torch

    torch.cuda.empty_cache()
    limit_gpu_memory(DEVICE, SHARE)
    yield int(torch.cuda.get_device_properties(DEVICE).total_memory * SHARE)
    torch.cuda.set_per_process_memory_fraction(1.0, DEVICE)
    torch.cuda.empty_cache()


def test_process_is_held_to_its_share_of_the_memory(small_share: int) -> None:
    import torch

    with pytest.raises(torch.OutOfMemoryError):
        torch.empty(2 * small_share, dtype=torch.uint8, device=DEVICE)


def test_weights_larger_than_the_share_are_refused(small_share: int, tmp_path: Path) -> None:
    with (tmp_path / "weights.bin").open("wb") as weights:
        weights.truncate(2 * small_share)  # a hole: it takes no room on the disk
    with pytest.raises(ModelUnavailable, match=r"cuda:0 has .* MiB left.*num_gpus"):
        check_memory(tmp_path, open_device(DEVICE), 4)


def test_batch_beyond_the_share_goes_on_in_halves(small_share: int) -> None:
    import torch

    sizes: list[int] = []

    def run(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        rows = torch.zeros(len(items), small_share // 3, dtype=torch.uint8, device=DEVICE)
        return [item + int(row[0]) for item, row in zip(items, rows, strict=True)]

    assert in_memory([1, 2, 3, 4], run) == [1, 2, 3, 4]
    assert sizes == [4, 2, 2]


def test_precision_is_16_bits_that_the_gpu_computes_in() -> None:
    import torch

    native = torch.cuda.get_device_capability(DEVICE) >= (8, 0)
    assert torch_dtype("auto", open_device(DEVICE)) is (torch.bfloat16 if native else torch.float16)
