import json
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from model_wrappers.contract.base import Work
from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidInput, ModelFailed, ModelUnavailable
from model_wrappers.torch.batches import answer_together, in_memory, waiting_rows
from model_wrappers.torch.device import check_memory, open_device, torch_dtype, weight_bytes
from tests.published.contexts import RecordedContext


class Device:
    """Squares numbers, as many at once as fit."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.batches: list[int] = []

    def __call__(self, numbers: Sequence[int]) -> list[int | AudioGPTError]:
        import torch

        self.batches.append(len(numbers))
        if sum(numbers) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return [number**2 for number in numbers]


def test_batch_too_large_for_the_device_goes_on_in_halves() -> None:
    device = Device(room=6)
    assert in_memory([1, 2, 3, 4, 5], device) == [1, 4, 9, 16, 25]
    assert device.batches == [5, 2, 3, 1, 2, 1, 1]


def test_request_too_large_alone_fails_without_the_others() -> None:
    small, large, other = in_memory([1, 9, 2], Device(room=6))
    assert (small, other) == (1, 4)
    assert isinstance(large, ModelFailed)
    assert "memory does not suffice for this one input (CUDA out of memory)" in large.message


def test_request_that_cannot_be_prepared_spoils_no_other() -> None:
    def prepare(number: int) -> int:
        if number < 0:
            raise InvalidInput("negative")
        return number

    def answer(batch: Sequence[int], work: Work) -> list[int]:
        work.report(1.0)
        return list(batch)

    context = RecordedContext()
    first, refused, last = answer_together([1, -1, 3], context, prepare, answer)
    assert (first, last) == (1, 3)
    assert isinstance(refused, InvalidInput)
    assert context.fractions[0][-1] == context.fractions[2][-1] == 1.0
    assert context.fractions[1] == [0.0]


def test_rows_nobody_waits_for_end_and_the_others_go_on() -> None:
    import torch

    work = Work(RecordedContext(cancel_after={0: 1}), (0, 1))
    criterion = waiting_rows(work, max_new_tokens=10, rows_each=2)
    tokens = torch.zeros((4, 1), dtype=torch.long)
    assert criterion(tokens, None).tolist() == [True, True, False, False]
    nobody = Work(RecordedContext(cancel_after={0: 0, 1: 0}), (0, 1))
    with pytest.raises(Cancelled):
        waiting_rows(nobody, max_new_tokens=10)(tokens, None)


def test_precision_is_that_of_the_device_unless_set() -> None:
    import torch

    cpu = open_device("cpu")
    assert torch_dtype("auto", cpu) is torch.float32
    assert torch_dtype("bfloat16", cpu) is torch.bfloat16


def test_device_that_is_not_here_is_refused_with_advice() -> None:
    with pytest.raises(ModelUnavailable, match=r"no device 'cuda:7' here.*set 'device: cpu'"):
        open_device("cuda:7")


def test_weights_larger_than_the_memory_are_refused_before_they_are_read(tmp_path: Path) -> None:
    values = 10**15
    header = json.dumps({"w": {"dtype": "F32", "shape": [values], "data_offsets": [0, 4 * values]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert weight_bytes(tmp_path, 2) == 2 * values
    with pytest.raises(ModelUnavailable, match=r"take .* MiB and cpu has .* MiB left.*num_gpus"):
        check_memory(tmp_path, open_device("cpu"), 2)


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"no header here")
    with pytest.raises(ModelUnavailable, match=r"model\.safetensors is no safetensors file"):
        weight_bytes(tmp_path, 2)


def test_convolutions_of_a_padded_batch_answer_as_for_each_row_alone() -> None:
    import torch

    from model_wrappers.torch.padded_convolutions import rows_of_length

    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv1d(2, 4, 5, padding=2),
        torch.nn.LeakyReLU(),
        torch.nn.ConvTranspose1d(4, 4, 8, stride=4, padding=2),
        torch.nn.Conv1d(4, 1, 7, padding=3),
    )
    rows = [torch.randn(2, 20), torch.randn(2, 12)]
    batch = torch.nn.utils.rnn.pad_sequence([row.T for row in rows], batch_first=True).transpose(1, 2)
    with torch.inference_mode(), rows_of_length(network, [20, 12]):
        together = network(batch)
    with torch.inference_mode():
        alone = [network(row[None])[0] for row in rows]
    for padded, single in zip(together, alone, strict=True):
        torch.testing.assert_close(padded[:, : single.shape[1]], single)


def test_rows_are_sampled_alike_in_any_company() -> None:
    import torch

    from model_wrappers.published.csm.row_sampling import RowSampler

    torch.manual_seed(0)
    scores = torch.randn(3, 50)
    together = RowSampler([7, 8, 9], temperature=0.9, top_k=10)(None, scores).argmax(-1)
    alone = [RowSampler([7 + row], 0.9, 10)(None, scores[row : row + 1]).argmax(-1) for row in range(3)]
    assert together.tolist() == [int(token) for token in alone]
    best = scores.topk(10).indices
    assert all(token in best[row] for row, token in enumerate(together))
    drawn = [int(RowSampler([seed], 0.9, 10)(None, scores[:1]).argmax()) for seed in range(40)]
    assert len(set(drawn)) > 3
