"""The tables of models, from the serve configs."""

import re
from collections.abc import Iterator, Sequence

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


def overview(embedded: Sequence[ModelSpec], production: Sequence[ModelSpec]) -> str:
    """Return a Markdown table with a row for each model of each task, of both profiles, best first."""
    lines = _head("task", "the paper's model", "embedded", "production", "licence", "memory")
    for task, paper in PAPER.items():
        first = (task, paper)
        for packaged, published in _pairs(task, embedded, production):
            names = (f"`{spec.id}`" if spec else "" for spec in (packaged, published))
            lines.append(_row(*first, *names, _licence(packaged or published), _memory(packaged, published)))
            first = ("", "")
    return "\n".join(lines)


def details(embedded: Sequence[ModelSpec], production: Sequence[ModelSpec]) -> str:
    """Return a Markdown table of what every model of both profiles declares, those of production first."""
    lines = _head("model", "licence", "source", "revision", "languages", "input", "memory")
    packaged, published = ({spec.id: spec for spec in specs} for specs in (embedded, production))
    for name, spec in (published | packaged).items():
        card = spec.card
        lines.append(
            _row(
                f"`{name}`: {card.title}, {card.method}",
                _licence(spec),
                card.source,
                _revision(card),
                _languages(card),
                _input(card),
                _memory(packaged.get(name), published.get(name)),
            )
        )
    return "\n".join(lines)


def _pairs(
    task: str, embedded: Sequence[ModelSpec], production: Sequence[ModelSpec]
) -> Iterator[tuple[ModelSpec | None, ModelSpec | None]]:
    """Yield the models of a task as they are in each profile."""
    published = {spec.id: spec for spec in production if task in spec.card.tasks}
    for spec in embedded:
        if task in spec.card.tasks:
            yield spec, published.pop(spec.id, None)
    yield from ((None, spec) for spec in published.values())


def _licence(spec: ModelSpec | None) -> str:
    assert spec is not None
    return spec.card.licence + ("" if spec.card.commercial_use else " (off until allowed)")


def _memory(packaged: ModelSpec | None, published: ModelSpec | None) -> str:
    sizes = [_size(spec) for spec in (packaged, published) if spec]
    return " or ".join(dict.fromkeys(sizes))


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
