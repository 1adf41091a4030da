"""The tables of models, from the serve configs."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from model_wrappers.contract.catalog import Limits, ModelCard
from router.spec import ModelSpec

PAPER = {
    "speech-recognition": "Whisper",
    "speech-translation": "MultiDecoder",
    "style-transfer": "GenerSpeech",
    "speech-enhancement": "ConvTasNet",
    "speech-separation": "TF-GridNet",
    "mono-to-binaural": "NeuralWarp",
    "audio-inpainting": "Make-An-Audio",
    "sound-extraction": "LASSNet",
    "sound-detection": "Pyramid Transformer",
    "target-sound-detection": "TSDNet",
    "talking-head-synthesis": "GeneFace",
    "text-to-speech": "FastSpeech 2",
    "text-to-audio": "Make-An-Audio",
    "audio-captioning": "MAAC",
    "image-to-audio": "Make-An-Audio",
    "singing-synthesis": "DiffSinger, VISinger",
}
SHOWN_DIGITS = 12  # of a commit or checksum
LISTED_LANGUAGES = 3  # more are counted


Profiles = Mapping[str, Sequence[ModelSpec]]
"""Models by profile: embedded, CPU, production."""


def overview(profiles: Profiles) -> str:
    """Return a Markdown table with a row for each model of each task, best first in the profile that has it first."""
    lines = _head("task", "the paper's model", *profiles, "licence", "memory")
    for task, paper in PAPER.items():
        first = (task, paper)
        for name, specs in _by_name(profiles, task).items():
            names = (f"`{name}`" if profile in specs else "" for profile in profiles)
            lines.append(_row(*first, *names, _licence(next(iter(specs.values()))), _memory(specs.values())))
            first = ("", "")
    return "\n".join(lines)


def details(profiles: Profiles) -> str:
    """Return a Markdown table of what every model declares, those of the last profile first."""
    lines = _head("model", "licence", "source", "revision", "languages", "input", "memory")
    for name, specs in _by_name(dict(reversed(profiles.items()))).items():
        spec = next(iter(specs.values()))
        card = spec.card
        lines.append(
            _row(
                f"`{name}`: {card.title}, {card.method}",
                _licence(spec),
                card.source,
                _revision(card),
                _languages(card),
                _input(card),
                _memory(reversed(specs.values())),
            )
        )
    return "\n".join(lines)


def _by_name(profiles: Profiles, task: str | None = None) -> dict[str, dict[str, ModelSpec]]:
    """Return each model, of a task or of all, as it is in the profiles that have it."""
    found: dict[str, dict[str, ModelSpec]] = {}
    for profile, specs in profiles.items():
        for spec in specs:
            if task is None or task in spec.card.tasks:
                found.setdefault(spec.id, {})[profile] = spec
    return found


def _licence(spec: ModelSpec) -> str:
    return spec.card.licence + ("" if spec.card.commercial_use else " (off until allowed)")


def _memory(specs: Iterable[ModelSpec]) -> str:
    return " or ".join(dict.fromkeys(_size(spec) for spec in specs))


def _size(spec: ModelSpec) -> str:
    if spec.card.is_composite:
        return "that of its steps"
    on_gpu = spec.device.startswith("cuda")
    return f"{spec.card.gpu_memory_mb:,} MiB of GPU" if on_gpu else f"{spec.card.memory_mb:,} MiB"


def _revision(card: ModelCard) -> str:
    return re.sub(rf"\b([0-9a-f]{{{SHOWN_DIGITS}}})[0-9a-f]+\b", r"\1", card.revision)


def _languages(card: ModelCard) -> str:
    known = list(dict.fromkeys((*(card.input_languages or ()), *(card.output_languages or ()))))
    return ", ".join(known) if len(known) <= LISTED_LANGUAGES else str(len(known))


def _input(card: ModelCard) -> str:
    rate = [f"{card.sample_rate / 1000:g} kHz"] if card.sample_rate else []
    return ", ".join([*rate, *_limits(card.limits)])


def _limits(limits: Limits) -> Iterator[str]:
    if limits.max_duration_s:
        yield f"at most {limits.max_duration_s:,.0f} s"
    if limits.min_channels:
        yield f"at least {limits.min_channels} channels"
    if limits.max_channels:
        yield f"at most {limits.max_channels} channels"
    if limits.max_characters:
        yield f"at most {limits.max_characters:,} characters"
    if limits.unsupported:
        yield f"no {', '.join(limits.unsupported)}"


def _head(*names: str) -> list[str]:
    return [_row(*names), "|" + "---|" * len(names)]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
