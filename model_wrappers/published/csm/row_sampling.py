"""Sampling tokens for several requests at once, each with its own random numbers."""

from collections.abc import Sequence
from typing import Any

from model_wrappers.contract.base import Work


class RowSampler:
    """A logits processor after which the largest score is a sample (the Gumbel-max trick).

    Every row draws from its own generator, so that it says the same in any company.
    """

    def __init__(self, seeds: Sequence[int], temperature: float, top_k: int) -> None:
        """Seed one generator for each row.

        Args:
            seeds: One for each row.
            temperature: Above 0; smaller is surer.
            top_k: How many of the likeliest tokens to draw from.
        """
        import torch

        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._temperature = temperature
        self._top_k = top_k

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return scores with noise, those outside the likeliest forbidden."""
        import torch

        scores = scores.float() / self._temperature
        likeliest = scores.topk(min(self._top_k, scores.shape[-1])).values[:, -1:]
        drawn = [torch.rand(scores.shape[-1], generator=generator) for generator in self._generators]
        noise = -torch.log(-torch.log(torch.stack(drawn).clamp(1e-9, 1 - 1e-7)))
        return torch.where(scores < likeliest, -torch.inf, scores + noise.to(scores.device))


class StepStreamer:
    """A streamer for `generate` that only counts, for models that take no stopping criterion."""

    def __init__(self, work: Work, most_steps: int) -> None:
        """Report each step as a part of `most_steps`."""
        self._work = work
        self._most = most_steps
        self._steps = 0

    def put(self, value: Any) -> None:
        """Count one step, and stop if nobody waits any more."""
        self._work.report(min(self._steps / self._most, 1.0))
        self._steps += 1

    def end(self) -> None:
        """Have nothing to flush."""
