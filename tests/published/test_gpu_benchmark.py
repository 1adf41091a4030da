import argparse
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu import models as gpu
from benchmarks.gpu.report import COLUMNS
from benchmarks.gpu.roofline import PEAKS, Work, count_work, peak_of
from model_wrappers.contract import base
from tests.published.cases import BENCHMARKS


def test_benchmark_runs_to_its_end_on_a_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "gpu.md"
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "gpu",
            *[
                "--tiny",
                "--device",
                "cpu",
                "--repeats",
                "1",
                "--batches",
                "1,2",
                "--models",
                "espnet-conv-tasnet",
                "--out",
            ],
            str(table),
        ],
    )
    gpu.main()
    head, rule, *rows = [line for line in table.read_text().splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in head.strip("|").split("|")] == list(COLUMNS)
    assert set(rule) == {"|", "-"}
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [(row[0], row[1]) for row in cells] == [("espnet-conv-tasnet", "1"), ("espnet-conv-tasnet", "2")]
    assert all(float(row[2]) > 0 and float(row[5]) > 0 for row in cells)
    assert "espnet-conv-tasnet" in capsys.readouterr().out


def test_models_whose_library_is_absent_are_skipped_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(base.importlib.util, "find_spec", lambda name: None if name == "espnet2" else name)
    monkeypatch.setattr(sys, "argv", ["gpu", "--tiny", "--device", "cpu", "--models", "tf-gridnet"])
    gpu.main()
    assert "tf-gridnet was skipped: espnet2 is not installed" in capsys.readouterr().out


def test_model_an_older_library_lacks_leaves_the_others_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = gpu.load

    def load(name: str, *others: Any) -> Any:
        if name == "pe-a-frame":
            raise ImportError("cannot import name 'PeAudioFrameLevelModel'")
        return real(name, *others)

    table = tmp_path / "gpu.md"
    monkeypatch.setattr(gpu, "load", load)
    options = [
        "--tiny",
        "--device",
        "cpu",
        "--repeats",
        "1",
        "--batches",
        "1",
        "--models",
        "pe-a-frame,espnet-conv-tasnet",
    ]
    monkeypatch.setattr(sys, "argv", ["gpu", *options, "--out", str(table)])
    gpu.main()
    assert "| espnet-conv-tasnet | 1 |" in table.read_text()
    assert "- pe-a-frame was given up: " in table.read_text()


def test_batches_there_is_no_time_for_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "gpu.md"
    options = ["--tiny", "--device", "cpu", "--repeats", "1", "--batches", "1,2", "--models", "espnet-conv-tasnet"]
    monkeypatch.setattr(sys, "argv", ["gpu", *options, "--budget-s", "0", "--out", str(table)])
    gpu.main()
    assert "- espnet-conv-tasnet from batch 1 on was left out: 0 s do not suffice." in table.read_text()


@pytest.mark.parametrize("name", [name for name, benchmark in BENCHMARKS.items() if benchmark.parameters])
def test_networks_of_the_benchmark_have_the_published_sizes(name: str, tmp_path: Path) -> None:
    options = argparse.Namespace(tiny=False, device="meta")
    network = BENCHMARKS[name].network(gpu.load(name, tmp_path, options))
    published = BENCHMARKS[name].parameters
    assert sum(value.numel() for value in network.parameters()) == pytest.approx(published, rel=0.03)


def test_work_counts_operations_and_the_weights_read_in_every_pass() -> None:
    import torch

    layer = torch.nn.Linear(8, 4, bias=False)
    given = torch.zeros(3, 8)
    work = count_work(lambda: [layer(given) for _ in range(2)], [layer])
    assert work.flops == 2 * (2 * 3 * 8 * 4)
    assert work.weight_bytes == 2 * 4 * 8 * 4


def test_least_time_is_that_of_the_scarcer_resource() -> None:
    peak = PEAKS["T4"]
    assert Work(65e12, 0).least_s(2, peak, half=True) == pytest.approx(2.0)
    assert Work(1, 320e9).least_s(2, peak, half=True) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("device", "known"),
    [
        ("Tesla T4", "T4"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA A100-SXM4-80GB", "A100-SXM4-80GB"),
        ("NVIDIA H200", "H200"),
    ],
)
def test_peaks_are_found_by_the_name_of_the_device(device: str, known: str) -> None:
    assert peak_of(device) is PEAKS[known]


@pytest.mark.parametrize("device", ["NVIDIA GeForce GTX 1080", "NVIDIA GH200 480GB", "NVIDIA H100 PCIe"])
def test_unknown_device_has_no_peak(device: str) -> None:
    assert peak_of(device) is None
