"""The metrics of the paper's Table 3, and how they add up over items."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from evaluation.capability.captions import cider_d
from evaluation.capability.distributions import frechet_distance

RESAMPLES = 2_000
CORPUS_RESAMPLES = 100  # of metrics that have to be computed anew for each resample
SEED = 0

Observation = Any
"""What one item adds to a metric: `(numerator, denominator)`, or what its `aggregate` says."""


def ratio(observations: Sequence[tuple[float, float]]) -> float:
    """Return the sum of all numerators over the sum of all denominators; a mean where those are 1."""
    numerators, denominators = np.sum(np.asarray(observations, float), axis=0)
    return float(numerators / denominators) if denominators else float("nan")


def worst(observations: Sequence[tuple[float, float]]) -> float:
    """Return the smallest value."""
    return float(min(numerator / denominator for numerator, denominator in observations))


def largest(observations: Sequence[tuple[float, float]]) -> float:
    """Return the largest value."""
    return float(max(numerator / denominator for numerator, denominator in observations))


def bleu(observations: Sequence[tuple[str, tuple[str, ...]]]) -> float:
    """Return corpus BLEU of `(translation, references)`, 0 to 1."""
    return float(_corpus_metric("BLEU").corpus_score(*_parallel(observations)).score) / 100


def chrf(observations: Sequence[tuple[str, tuple[str, ...]]]) -> float:
    """Return corpus chrF2 of `(translation, references)`, 0 to 1."""
    return float(_corpus_metric("CHRF").corpus_score(*_parallel(observations)).score) / 100


def _corpus_metric(name: str) -> Any:
    from sacrebleu import metrics

    return getattr(metrics, name)()


def _parallel(observations: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[list[str], list[list[str]]]:
    count = min(len(references) for _, references in observations)
    references = [[refs[k] for _, refs in observations] for k in range(count)]
    return [hypothesis for hypothesis, _ in observations], references


def mean_average_precision(observations: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> float:
    """Return the mean over classes that occur of the average precision of segments.

    Args:
        observations: Per item, probabilities and truth, both of shape `(segments, classes)`.
    """
    return _over_classes(observations, _average_precision)


def mean_auc(observations: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> float:
    """Return the mean over classes that occur of the area under the ROC curve.

    Args:
        observations: Per item, probabilities and truth, both of shape `(segments, classes)`.
    """
    return _over_classes(observations, _auc)


def _over_classes(
    observations: Sequence[tuple[NDArray[Any], NDArray[Any]]], score: Callable[[NDArray[Any], NDArray[Any]], float]
) -> float:
    scores = np.concatenate([found for found, _ in observations])
    truth = np.concatenate([true for _, true in observations])
    present = np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0))
    return float(np.mean([score(scores[:, k], truth[:, k]) for k in present])) if len(present) else float("nan")


def _average_precision(scores: NDArray[Any], truth: NDArray[Any]) -> float:
    order = np.argsort(-scores, kind="stable")
    hits = truth[order].astype(float)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / hits.sum())


def _auc(scores: NDArray[Any], truth: NDArray[Any]) -> float:
    ranks = rankdata(scores)
    positives = int(truth.sum())
    above = ranks[truth].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(truth) - positives)))


@dataclass(frozen=True)
class Metric:
    """How a metric is named, read and added up."""

    title: str
    unit: str = ""
    higher_is_better: bool = True
    aggregate: Callable[[Sequence[Any]], float] = ratio

    def show(self, value: float | None, *, signed: bool = False) -> str:
        """Return a value as people read it."""
        if value is None or not np.isfinite(value):
            return "–"
        sign = "+" if signed else ""
        if self.unit == "%":
            return f"{100 * value:{sign}.1f} %"
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        return f"{value:{sign}.{digits}f}{' ' + self.unit if self.unit else ''}"


def _lower(title: str, unit: str = "", aggregate: Callable[[Sequence[Any]], float] = ratio) -> Metric:
    return Metric(title, unit, higher_is_better=False, aggregate=aggregate)


METRICS: dict[str, Metric] = {
    "wer": _lower("WER", "%"),
    "cer": _lower("CER", "%"),
    "bleu": Metric("BLEU", "%", aggregate=bleu),
    "chrf": Metric("chrF2", "%", aggregate=chrf),
    "paper_sentence": Metric("paper's sentence right", "%"),
    "similarity": Metric("speaker similarity"),
    "mcd": _lower("MCD", "dB"),
    "ffe": _lower("FFE", "%"),
    "si_sdr": Metric("SI-SDR", "dB"),
    "si_sdr_worst_gain": Metric("SI-SDR gain, worst item", "dB", aggregate=worst),
    "snr": Metric("SNR", "dB"),
    "pesq": Metric("PESQ-wb"),
    "stoi": Metric("STOI"),
    "l2": _lower("L2 x 1000"),
    "mrstft": _lower("MRSTFT"),
    "itd_error": _lower("ITD error, largest", "%", largest),
    "ild_error": _lower("ILD error, largest", "%", largest),
    "gap_snr": Metric("gap SNR", "dB"),
    "gap_snr_gain": Metric("gap SNR over linear interpolation", "dB"),
    "lsd": _lower("log-spectral distance", "dB"),
    "lsd_gain": Metric("log-spectral distance below linear interpolation", "dB"),
    "map": Metric("mAP", "%", aggregate=mean_average_precision),
    "auc": Metric("AUC", "%", aggregate=mean_auc),
    "segment_f": Metric("segment F-score", "%"),
    "event_f": Metric("event F-score (onset ± 0.5 s)", "%"),
    "found": Metric("events found (onset ± 0.5 s)", "%"),
    "mouth": Metric("mouth opening to loudness, correlation"),
    "frames_per_s": Metric("frames per CPU second", "/s"),
    "lmd": _lower("LMD x 100"),
    "right": Metric("right at the first hit", "%"),
    "refused": Metric("absurd queries refused", "%"),
    "named": Metric("true events named", "%"),
    "false_named": _lower("statements about what is not there", "%"),
    "false_events": _lower("events that are not there", "%"),
    "dnsmos": Metric("DNSMOS"),
    "cider_d": Metric("CIDEr-D", aggregate=cider_d),
    "notes": Metric("notes within 50 cents", "%"),
    "cents": _lower("pitch error, largest note", "cents", largest),
    "fid": _lower("FID", aggregate=frechet_distance),
    "kl": _lower("KL divergence"),
    "clap": Metric("CLAP score"),
}


def confidence_interval(metric: Metric, observations: Sequence[Any]) -> tuple[float, float] | None:
    """Return the 95 % interval of a metric over items, resampled with replacement; None for fewer than two items."""
    count = len(observations)
    if count < 2 or metric.aggregate in (worst, largest):
        return None
    if metric.aggregate in (bleu, chrf):
        return _corpus_interval("BLEU" if metric.aggregate is bleu else "CHRF", observations)
    rng = np.random.default_rng(SEED)
    if metric.aggregate is ratio:
        sums = np.asarray(observations, float)[rng.integers(0, count, (RESAMPLES, count))].sum(axis=1)
        values = sums[sums[:, 1] > 0, 0] / sums[sums[:, 1] > 0, 1]
    else:
        rows = rng.integers(0, count, (CORPUS_RESAMPLES, count))
        values = np.array([metric.aggregate([observations[k] for k in row]) for row in rows])
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _corpus_interval(name: str, observations: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[float, float]:
    """Return sacreBLEU's own bootstrap interval, which is symmetric."""
    metric = _corpus_metric(name)
    score = metric.corpus_score(*_parallel(observations), n_bootstrap=RESAMPLES)
    told = json.loads(score.format(signature=metric.get_signature().format(), is_json=True))
    mean, half = told.get("confidence_mean", 0.0), told.get("confidence_var", 0.0)
    return (mean - half) / 100, (mean + half) / 100
