import numpy as np
import pytest

from model_wrappers.contract.base import Work
from model_wrappers.contract.errors import Cancelled, ModelFailed
from model_wrappers.torch.windows import Windowing, run_windows
from tests.model_wrappers.measures import RecordedContext

WINDOWING = Windowing(length=100, overlap=20, grain=10)


def members(count: int, cancelled: tuple[int, ...] = ()) -> Work:
    return Work(RecordedContext(cancelled), tuple(range(count)))


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("samples", [1, 10, 99, 100, 101, 180, 181, 1_000])
def test_windows_joined_again_are_the_waveform(samples: int) -> None:
    waveform = noise(samples)
    windows = WINDOWING.cut(waveform)
    assert len({window.shape for window in windows}) == 1
    np.testing.assert_allclose(WINDOWING.join(windows, samples), waveform, atol=1e-6)


def test_channels_are_cut_and_joined_one_by_one() -> None:
    waveform = noise(3, 250)
    np.testing.assert_allclose(WINDOWING.join_channels(WINDOWING.cut_channels(waveform), 3, 250), waveform, atol=1e-6)


def test_first_windows_of_all_share_the_first_pass() -> None:
    passes: list[list[tuple[int, int]]] = []

    def run(windows, rows):
        passes.append([(row.member, row.window) for row in rows])
        return windows

    run_windows([WINDOWING.cut(noise(180)), WINDOWING.cut(noise(100))], members(2), run, rows=2)
    assert passes == [[(0, 0), (1, 0)], [(0, 1)]]


def test_windows_of_other_lengths_take_another_pass() -> None:
    passes: list[tuple[int, ...]] = []

    def run(windows, rows):
        passes.append(windows.shape)
        return windows

    run_windows([[noise(100)], [noise(50)], [noise(100)]], members(3), run, rows=8)
    assert passes == [(2, 100), (1, 50)]


def test_a_member_that_is_cancelled_is_run_no_further() -> None:
    ran: list[int] = []

    def run(windows, rows):
        ran.extend(row.member for row in rows)
        return windows

    first, second = run_windows([[noise(10)], [noise(10)]], members(2, cancelled=(0,)), run, rows=1)
    assert isinstance(first, Cancelled)
    assert ran == [1]
    assert len(second) == 1


def test_progress_reaches_one_for_every_member() -> None:
    context = RecordedContext()
    run_windows([[noise(10)] * 2, [noise(10)]], Work(context, (0, 1)), lambda windows, rows: windows, rows=1)
    assert context.fractions == {0: [0.5, 1.0], 1: [1.0]}


def test_out_of_memory_runs_fewer_windows_in_a_pass() -> None:
    import torch

    sizes: list[int] = []

    def run(windows, rows):
        sizes.append(len(windows))
        if len(windows) > 2:
            raise torch.OutOfMemoryError("too much")
        return windows

    outputs = run_windows([[noise(10)] * 4], members(1), run, rows=4)
    assert sizes == [4, 2, 2]
    assert len(outputs[0]) == 4


def test_a_window_that_fits_no_memory_fails_its_member_alone() -> None:
    import torch

    def run(windows, rows):
        if windows.shape[-1] > 10:
            raise torch.OutOfMemoryError("too much")
        return windows

    first, second = run_windows([[noise(20)], [noise(10)]], members(2), run, rows=4)
    assert isinstance(first, ModelFailed)
    assert len(second) == 1
