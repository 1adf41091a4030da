from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.placement.cluster import WorkerGroup
from deployments.placement.packing import Demand, at_maximum, pack, rolling_out
from deployments.serve.gpus import CONTEXT_MB, GPU_MEMORY_MB, capacity_mb, least_fraction, needed_mb
from model_wrappers.contract.errors import InvalidInput

T4 = WorkerGroup("t4", "T4", gpus_per_node=1, cpus_per_node=8, max_nodes=2)
A100 = WorkerGroup("a100", "A100", gpus_per_node=8, cpus_per_node=96, max_nodes=1)


def demand(model: str, num_gpus: float, gpu_type: str | None = "T4", **changes: float) -> Demand:
    made = Demand(
        model, gpu_type, num_gpus, num_cpus=1, gpu_memory_mb=100, memory_mb=100, min_replicas=1, max_replicas=1
    )
    return replace(made, **changes)


@given(st.integers(1, 200_000), st.sampled_from(sorted(GPU_MEMORY_MB)))
def test_least_fraction_holds_the_memory_and_one_step_less_does_not(memory_mb: int, gpu_type: str) -> None:
    least = least_fraction(memory_mb, gpu_type)
    assert least * capacity_mb(gpu_type) >= needed_mb(memory_mb) - 1e-6
    assert (least - 0.01) * capacity_mb(gpu_type) < needed_mb(memory_mb)


def test_need_counts_the_context_and_a_tenth_more_than_declared() -> None:
    assert needed_mb(1_000) == 1_100 + CONTEXT_MB


def test_unknown_gpu_type_is_refused() -> None:
    with pytest.raises(InvalidInput, match="GPU type 'RTX' is not known"):
        capacity_mb("RTX")


def test_small_models_share_one_gpu() -> None:
    packing = pack([demand(f"m{i}", 0.1) for i in range(8)], [T4])
    assert packing.count(T4) == 1
    assert packing.gpus[0].fraction == pytest.approx(0.8)


def test_fractions_that_add_up_to_one_in_floating_point_share_one_gpu() -> None:
    assert pack([demand(f"m{i}", 0.1) for i in range(10)], [replace(T4, cpus_per_node=10)]).gpus[0].fraction == (
        pytest.approx(1.0)
    )


def test_large_models_are_placed_before_small_ones_fill_the_gaps() -> None:
    packing = pack([demand("small", 0.3), demand("medium", 0.6), demand("large", 0.7)], [T4])
    assert [[replica.model for replica in gpu.replicas] for gpu in packing.gpus] == [["large", "small"], ["medium"]]


def test_a_gpu_takes_no_more_replicas_than_it_has_cpus_for() -> None:
    assert pack([demand(f"m{i}", 0.1, num_cpus=4) for i in range(3)], [T4]).count(T4) == 2


def test_replicas_go_only_to_their_gpu_type() -> None:
    packing = pack([demand("any", 0.5, None), demand("large", 0.5, "A100")], [T4, A100])
    assert {gpu.group.name: [replica.model for replica in gpu.replicas] for gpu in packing.gpus} == {
        "t4": ["any"],
        "a100": ["large"],
    }


def test_replicas_beyond_the_groups_bound_are_left_over() -> None:
    packing = pack(at_maximum([demand("m", 1.0, max_replicas=3)]), [T4])
    assert packing.count(T4) == 2
    assert [replica.model for replica in packing.left_over] == ["m"]


def test_roll_out_needs_room_for_a_successor_of_each_that_is_replaced_by_surge() -> None:
    replicas = rolling_out([demand("small", 0.2), demand("large", 0.9, max_replicas=2, surges=True)])
    assert sorted(replica.model for replica in replicas) == ["large", "large", "large", "small"]


def test_models_without_gpu_are_not_packed() -> None:
    assert pack([demand("cpu", 0.0, None)], [T4]).gpus == ()
