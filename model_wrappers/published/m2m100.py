"""M2M-100: texts from any of ninety languages into any other, fast enough for a CPU."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from model_wrappers.contract.base import ModelConfig, ModelWrapper, RunContext, Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidInput, ModelFailed, ModelUnavailable
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.contract.written_language import written_language
from model_wrappers.speech.numbers import changed_numbers
from model_wrappers.speech.sentences import split_sentences
from model_wrappers.torch.model import needs
from model_wrappers.weights.ctranslate2_model import converted
from model_wrappers.weights.hub import BINARY_FILES, NOT_PINNED, Checkpoint

_CODES = """
af am ar az ba be bg bn br bs ca cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he hi hr ht hu hy id ig is it ja
jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no oc or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv
sw ta th tl tn tr uk ur uz vi wo xh yi yo zh zu
"""
LANGUAGES = tuple(_CODES.split())
MAX_PIECE_CHARACTERS = 400  # the network was trained on sentences; far longer ones lose their ends
MAX_TOKENS = 256  # of the translation of one piece

_SENTENCE_END = re.compile(r"(?<=[。！？؟।])")  # scripts that put no space behind it


class M2M100Config(ModelConfig):
    """Which size of M2M-100, and how it is run."""

    model: str = Field(default="facebook/m2m100_418M", description="Folder with the checkpoint, or its repository")
    revision: str | None = Field(default=None, description="Commit of the repository; None takes the newest")
    compute_type: str = Field(default="int8", description="CTranslate2 type: int8 on CPUs, float16 on GPUs")
    beam_size: int = Field(default=4, ge=1, le=20)
    threads: int = Field(default=2, ge=1, description="Threads of one batch")
    pieces_per_batch: int = Field(default=8, ge=1, le=256, description="Sentences translated together at most")
    memory_mb: int = Field(default=1_100, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=0, ge=0, description="GPU memory of a loaded replica in MiB")


@dataclass
class _Text:
    """A text on its way: its paragraphs' sentences, and their translations."""

    source: str
    target: str
    paragraphs: list[list[str]]
    translated: dict[tuple[int, int], str] = field(default_factory=dict)

    def places(self) -> Iterator[tuple[int, int]]:
        return ((row, column) for row, sentences in enumerate(self.paragraphs) for column in range(len(sentences)))

    def joined(self) -> str:
        rows = range(len(self.paragraphs))
        space = "" if self.target in ("ja", "zh", "th", "lo", "km", "my") else " "
        return "\n".join(
            space.join(self.translated[row, column] for column in range(len(self.paragraphs[row]))) for row in rows
        )


class M2M100(ModelWrapper[SpeechTranslationRequest, SpeechTranslationResponse]):
    """M2M-100 on CTranslate2; sentences of several users share a pass, whatever their languages.

    Source: Fan et al., Beyond English-Centric Multilingual Machine Translation, arXiv 2010.11125.
    """

    Config = M2M100Config
    config: M2M100Config
    _translator: Any
    _tokenizer: Any

    @classmethod
    def checkpoints(cls, config: M2M100Config) -> tuple[Checkpoint, ...]:
        """Return the checkpoint it reads."""
        return (Checkpoint(config.model, config.revision, (*BINARY_FILES, "*.safetensors"), "vocab.json"),)

    @classmethod
    def card(cls, config: M2M100Config) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title=f"M2M-100 {config.model.rpartition('_')[2]}",
            tasks=("speech-translation",),
            method="neural",
            licence="MIT",
            source=config.model,
            revision=config.revision or NOT_PINNED,
            input_languages=LANGUAGES,
            output_languages=LANGUAGES,
            limits=Limits(max_characters=MAX_TEXT_CHARACTERS, unsupported=("audio", "speak")),
            memory_mb=config.memory_mb,
            gpu_memory_mb=config.gpu_memory_mb,
            requires=needs("transformers", "torch", "sentencepiece"),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Read the checkpoint, converting it the first time."""
        import ctranslate2
        from transformers import AutoTokenizer

        folder = self.checkpoints(self.config)[0].folder()
        kind, _, index = device.partition(":")
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder)
            self._translator = ctranslate2.Translator(
                str(converted(folder, self.config.compute_type)),
                device=kind,
                device_index=int(index or 0),
                compute_type=self.config.compute_type,
                intra_threads=self.config.threads,
            )
        except (OSError, ValueError, KeyError, RuntimeError) as exc:
            raise ModelUnavailable(
                f"'{self.config.model}' does not load as M2M-100 from {folder}: {type(exc).__name__}: {exc}"
            ) from exc

    def warm_up(self) -> None:
        """Translate a word."""
        self._translate([("Hello.", "en", "es")])

    def unload(self) -> None:
        """Release network and words."""
        del self._translator, self._tokenizer

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        """Translate the sentences of all texts, so many at a time; a text nobody waits for drops out."""
        outcomes: dict[int, SpeechTranslationResponse | AudioGPTError] = {}
        texts: dict[int, _Text] = {}
        for item, request in enumerate(requests):
            try:
                texts[item] = self._prepare(request)
            except AudioGPTError as exc:
                outcomes[item] = exc
        for text in texts.values():
            if text.source == text.target:
                text.translated = {place: text.paragraphs[place[0]][place[1]] for place in text.places()}
        self._translate_all(texts, context, outcomes)
        for item, text in texts.items():
            if item not in outcomes:
                outcomes[item] = self._response(text, Work(context, (item,)))
        return [outcomes[item] for item in range(len(requests))]

    def _response(self, text: _Text, work: Work) -> SpeechTranslationResponse | AudioGPTError:
        try:
            work.report(1.0)
        except Cancelled as exc:
            return exc
        said, translated = "\n".join(map(" ".join, text.paragraphs)), text.joined()
        return SpeechTranslationResponse(
            text=translated,
            language=text.target,
            source_language=text.source,
            changed_numbers=changed_numbers(said, translated, text.source, text.target),
        )

    def _prepare(self, request: SpeechTranslationRequest) -> _Text:
        text = request.text or ""
        source = request.source_language or written_language(text)
        for name, code in (("source_language", source), ("target_language", request.target_language)):
            if code not in LANGUAGES:
                raise InvalidInput(f"M2M-100 does not know '{code}'; it knows: {', '.join(LANGUAGES)}.", param=name)
        return _Text(source, request.target_language, [list(_pieces(each)) for each in split_sentences(text)])

    def _translate_all(
        self,
        texts: Mapping[int, _Text],
        context: RunContext,
        outcomes: dict[int, SpeechTranslationResponse | AudioGPTError],
    ) -> None:
        """Translate what is not translated yet; a text that nobody waits for any more gets its error."""
        counts = {item: len(list(text.places())) for item, text in texts.items()}
        waiting = [(item, place) for item, text in texts.items() for place in text.places()]
        waiting = [(item, place) for item, place in waiting if place not in texts[item].translated]
        while waiting:
            for item in {item for item, _ in waiting[: self.config.pieces_per_batch]}:
                try:
                    Work(context, (item,)).report(len(texts[item].translated) / counts[item])
                except Cancelled as exc:
                    outcomes[item] = exc
            waiting = [each for each in waiting if each[0] not in outcomes]
            now, waiting = waiting[: self.config.pieces_per_batch], waiting[self.config.pieces_per_batch :]
            sentences = [(texts[i].paragraphs[p[0]][p[1]], texts[i].source, texts[i].target) for i, p in now]
            for (item, place), translated in zip(now, self._translate(sentences), strict=True):
                texts[item].translated[place] = translated

    def _translate(self, sentences: Sequence[tuple[str, str, str]]) -> list[str]:
        """Translate sentences, each with the languages it is in and to be in."""
        rows = []
        for sentence, source, _ in sentences:
            self._tokenizer.src_lang = source
            rows.append(self._tokenizer.convert_ids_to_tokens(self._tokenizer.encode(sentence)))
        try:
            results = self._translator.translate_batch(
                rows,
                target_prefix=[[self._tokenizer.get_lang_token(target)] for _, _, target in sentences],
                beam_size=self.config.beam_size,
                max_decoding_length=MAX_TOKENS,
            )
        except (RuntimeError, ValueError) as exc:
            raise ModelFailed(f"M2M-100 failed while translating: {exc}") from exc
        return [self._words(result.hypotheses[0][1:]) for result in results]

    def _words(self, tokens: Sequence[str]) -> str:
        ids = self._tokenizer.convert_tokens_to_ids(list(tokens))
        return str(self._tokenizer.decode(ids, skip_special_tokens=True)).strip()


def _pieces(sentences: Sequence[str]) -> Iterator[str]:
    """Yield sentences, cut where they are too long for the network: at spaces, or anywhere in scripts without."""
    for sentence in (part for whole in sentences for part in _SENTENCE_END.split(whole) if part.strip()):
        rest = sentence.strip()
        while len(rest) > MAX_PIECE_CHARACTERS:
            cut = rest.rfind(" ", 1, MAX_PIECE_CHARACTERS)
            cut = cut if cut > 0 else MAX_PIECE_CHARACTERS
            yield rest[:cut].strip()
            rest = rest[cut:].strip()
        if rest:
            yield rest
