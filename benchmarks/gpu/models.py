"""Measure the published models on a GPU, beside the bare libraries: `python -m benchmarks.gpu.models --out gpu.md`.

Needs neither Ray nor a hub: networks have their published sizes and random weights, and write texts of fixed length.
`--tiny --device cpu` runs the same on tiny networks anywhere.
"""

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from benchmarks.gpu.cases import SOUND_S, USUAL_SAMPLE_RATE, Model, benchmark_request
from benchmarks.gpu.report import Report, Row
from benchmarks.gpu.roofline import Peak, Work, count_work, peak_of
from benchmarks.gpu.weights import build_folder, never_ending, random_weights
from model_wrappers.contract.base import import_wrapper, missing_requirements
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.torch.torchaudio_import import prepare_torchaudio
from tests.published.cases import BENCHMARKS, CASES

BATCHES = (1, 2, 4, 8, 16, 32, 64)
TINY_SECONDS = 1.0
GROWTH = 2.0  # how much longer the next batch size may take than the last


class Quiet:
    """A run context nobody listens to."""

    def progress(self, item: int, fraction: float) -> None:
        """Ignore it."""

    def cancelled(self, item: int) -> bool:
        """Tell that somebody waits."""
        return False


def main() -> None:
    """Measure what was asked for and print the table."""
    options = _options()
    import torch

    prepare_torchaudio()
    report = Report(options.device, options.out)
    deadline = time.monotonic() + options.budget_s
    for name in options.models:
        wrapper = import_wrapper(CASES[name].wrapper)
        missing = missing_requirements(wrapper.card(wrapper.Config()))
        if missing:
            report.note(f"{name} was skipped: {', '.join(each.name for each in missing)} is not installed.")
            continue
        try:
            with torch.inference_mode():
                measure(name, options, report, deadline)
        except (ImportError, AudioGPTError) as exc:
            report.note(f"{name} was given up: {type(exc).__name__}: {exc}")
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def measure(name: str, options: argparse.Namespace, report: Report, deadline: float) -> None:
    """Add a row for each batch size of one model, as many as there is time for.

    Raises:
        ImportError: If an installed library lacks the model.
        AudioGPTError: If the model does not load, or not even one request fits into the device's memory.
    """
    import torch

    benchmark, task = BENCHMARKS[name], CASES[name].task
    seconds = TINY_SECONDS if options.tiny else SOUND_S[task]
    peak = peak_of(torch.cuda.get_device_name(options.device)) if _on_gpu(options) else None
    with tempfile.TemporaryDirectory(prefix="audiogpt-gpu-") as folder:
        model = load(name, Path(folder), options)
        rate = sample_rate_of(model)
        work: Work | None = None
        took_s = 0.0
        for batch in options.batches:
            began = time.monotonic()
            if began + GROWTH * took_s > deadline:
                report.note(f"{name} from batch {batch} on was left out: {options.budget_s:g} s do not suffice.")
                break
            requests = [benchmark_request(task, seconds, rate, seed) for seed in range(batch)]
            ours = _runner(model, requests)
            bare = benchmark.bare(model, ours, requests)
            ours_s, used = _median_and_peak(ours, options)
            bare_s = _bare_s(bare, options)
            if work is None and bare_s is not None:
                work = _scaled(count_work(bare, [benchmark.network(model)]), batch)
            report.add(Row(name, batch, seconds, ours_s, bare_s, used, _least_s(work, batch, peak, model)))
            took_s = time.monotonic() - began
        model.unload()


def load(name: str, folder: Path, options: argparse.Namespace) -> Model:
    """Return a loaded model with random weights of full size, or the tiny one."""
    case, benchmark = CASES[name], BENCHMARKS[name]
    build_folder(case.folders["model"], folder, {} if options.tiny else benchmark.sizes)
    _use_words_of(folder)
    wrapper = import_wrapper(case.wrapper)
    args = {"model": str(folder), **benchmark.args, **(benchmark.tiny_args if options.tiny else {})}
    model = wrapper(wrapper.Config.model_validate(args))
    with nullcontext() if options.tiny else random_weights(options.device):
        model.load(options.device)
    if benchmark.known_tokens is not None:
        never_ending(benchmark.network(model), benchmark.known_tokens(model))
    return model


def sample_rate_of(model: Model) -> int:
    """Return the rate in Hz of the sounds a model is given."""
    declared = model.card(model.config).sample_rate or getattr(model.config, "sample_rate", None)
    return declared or USUAL_SAMPLE_RATE


def _use_words_of(folder: Path) -> None:
    """Let the pronunciations be those of the checkpoint, where it has some."""
    if (folder / "nltk_data").exists():
        import nltk

        nltk.data.path[:] = [str(folder / "nltk_data")]


def _runner(model: Model, requests: Sequence[Any]) -> Callable[[], Any]:
    def run() -> Any:
        answers = model.run_batch(requests, Quiet())
        failed = next((answer for answer in answers if isinstance(answer, AudioGPTError)), None)
        if failed is not None:
            raise failed
        return answers

    return run


def _on_gpu(options: argparse.Namespace) -> bool:
    return bool(options.device.startswith("cuda"))


def _median_and_peak(run: Callable[[], Any], options: argparse.Namespace) -> tuple[float, int | None]:
    """Return the median of some runs, and the most memory PyTorch held meanwhile."""
    import torch

    if not _on_gpu(options):
        return _median_s(run, options), None
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(options.device)
    return _median_s(run, options), torch.cuda.max_memory_allocated(options.device)


def _median_s(run: Callable[[], Any], options: argparse.Namespace) -> float:
    """Return the median of some runs, after one that is not counted."""
    import torch

    times = []
    for _ in range(options.repeats + 1):
        began = time.perf_counter()
        run()
        if _on_gpu(options):
            torch.cuda.synchronize(options.device)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def _bare_s(run: Callable[[], Any], options: argparse.Namespace) -> float | None:
    """Return the bare library's time, None where it has too little memory; the wrapper splits such batches."""
    import torch

    try:
        return _median_s(run, options)
    except torch.OutOfMemoryError:
        torch.cuda.empty_cache()
        return None


def _scaled(work: Work, batch: int) -> Work:
    return Work(work.flops / batch, work.weight_bytes)


def _least_s(work: Work | None, batch: int, peak: Peak | None, model: Model) -> float | None:
    half = getattr(model, "dtype").itemsize == 2  # noqa: B009  # of torch models, which all of these are
    return work.least_s(batch, peak, half=half) if work and peak else None


def _options() -> argparse.Namespace:
    def batches(text: str) -> list[int]:
        return [int(size) for size in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--models", type=lambda text: text.split(","), default=list(BENCHMARKS), help="names, by commas"
    )
    parser.add_argument("--batches", type=batches, default=list(BATCHES), help="batch sizes, by commas, ascending")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--repeats", type=int, default=3, help="runs the median is taken of")
    parser.add_argument("--budget-s", type=float, default=float("inf"), help="leave out what would take longer in all")
    parser.add_argument("--tiny", action="store_true", help="tiny networks, to try it out")
    parser.add_argument("--out", type=Path, help="file for the table, written after every line")
    options = parser.parse_args()
    if unknown := [name for name in options.models if name not in BENCHMARKS]:
        parser.error(f"no model '{unknown[0]}'; choose from: {', '.join(BENCHMARKS)}")
    return options


if __name__ == "__main__":
    main()
