"""VISinger: Mandarin singing from lyrics and notes, end to end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, TooLarge
from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisRequest, SingingSynthesisResponse
from model_wrappers.published.espnet.checkpoint import EspnetFiles
from model_wrappers.published.espnet.model import NEEDS, EspnetConfig, EspnetModel
from model_wrappers.singing.alignment import align
from model_wrappers.singing.mandarin import mandarin_syllables, phonemes_of
from model_wrappers.singing.melody import Note, Rest, Song, SungWord, parse_notes
from model_wrappers.singing.score import read_score
from model_wrappers.torch.model import needs
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.torch.windows import Waveform

MAX_DURATION_S = 300.0
PHRASE_S = 15.0  # longer ones are cut at the next rest
TEMPO = 120  # the network reads seconds, not beats
HELD = "—"  # ESPnet's mark of a syllable that is held on another note

Phrase = list[tuple[float, float, str, int, str]]
"""Notes as ESPnet reads them: begin and end in seconds, syllable, MIDI number, phonemes."""


class VISingerConfig(EspnetConfig):
    """Which voice."""

    model: str = Field(
        default="espnet/opencpop_visinger", description="Folder with the checkpoint, or its repository on the hub"
    )
    title: str = Field(default="ESPnet VISinger", description="Name for people")
    seed: int = Field(default=0, description="Seed of the noise; equal songs give equal sound")
    memory_mb: int = Field(default=2_000, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=2_000, ge=0, description="GPU memory of a loaded replica in MiB")


@dataclass(frozen=True)
class _Song:
    phrases: list[Phrase]


class VISinger(EspnetModel[SingingSynthesisRequest, SingingSynthesisResponse, _Song]):
    """Sing Mandarin, given as characters or pinyin, phrase by phrase.

    The network times the phonemes itself, so that notes last about as long as written. ESPnet sings one song at a time:
    the phrases of a batch run in turn.

    Source: Y. Zhang et al., "VISinger: Variational Inference with Adversarial Learning for End-to-End Singing Voice
    Synthesis", ICASSP 2022.
    """

    Config = VISingerConfig
    config: VISingerConfig
    kind: ClassVar[str] = "svs"
    _sing: Any

    @classmethod
    def card(cls, config: VISingerConfig) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title=config.title,
            tasks=("singing-synthesis",),
            licence=config.licence,
            commercial_use=config.commercial_use,
            input_languages=("zh",),
            output_languages=("zh",),
            limits=Limits(max_duration_s=MAX_DURATION_S),
            requires=(*NEEDS, *needs("pypinyin")),
            reports_progress=True,
        )

    def open(self, files: EspnetFiles) -> None:
        """Build the network."""
        build = self.inference_class("svs_inference", "SingingGenerate")
        self._sing = build(train_config=str(files.config), device=str(self.device), svs_task="gan_svs")
        files.load_into(self._sing.model)
        self.on_device(self._sing.model)
        self._sample_rate = int(self._sing.fs)
        self._phonemes = frozenset(self._sing.train_args.token_list)

    def prepare(self, request: SingingSynthesisRequest) -> _Song:
        """Fit the syllables to the notes and cut the song into phrases."""
        if request.language != "zh":
            raise InvalidInput(
                f"This voice sings Mandarin ('zh'), not '{request.language}'; choose another model or translate.",
                param="language",
            )
        notes = list(_timed(_song(request)))
        if not notes or notes[-1][1] > MAX_DURATION_S:
            raise TooLarge(f"A song lasts at most {MAX_DURATION_S:g} s; send it verse by verse.")
        unknown = {phoneme for *_, phonemes in notes for phoneme in phonemes.split("_")} - self._phonemes
        if unknown:
            raise InvalidInput(
                f"This voice cannot sing {', '.join(sorted(unknown))}; write other syllables.", param="lyrics"
            )
        return _Song(list(_phrases(notes)))

    def answer(self, batch: Sequence[_Song], work: Work) -> Sequence[SingingSynthesisResponse | AudioGPTError]:
        """Sing phrase by phrase; whoever stopped waiting is left out of the next ones."""
        phrases = [song.phrases for song in batch]
        return respond(batch, run_pieces(phrases, work, self._sing_phrases, rows=1), self._response)

    def _sing_phrases(self, phrases: Sequence[Phrase]) -> list[Waveform]:
        import torch

        sung = []
        for phrase in phrases:
            text = " ".join(phoneme for *_, phonemes in phrase for phoneme in phonemes.split("_"))
            with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
                torch.manual_seed(self.config.seed)
                found = self._sing({"score": (TEMPO, phrase), "text": text})
            sung.append(found["wav"].reshape(-1).float().cpu().numpy())
        return sung

    def _response(self, song: _Song, parts: list[Waveform]) -> SingingSynthesisResponse:
        waveform = np.concatenate(parts)
        peak = np.float32(max(float(np.abs(waveform).max(initial=0.0)), 1.0))
        return SingingSynthesisResponse(
            audio=Audio(np.asarray(waveform / peak, np.float32)[np.newaxis], self._sample_rate)
        )


def _song(request: SingingSynthesisRequest) -> Song:
    lyrics = " ".join(mandarin_syllables(request.lyrics or ""))
    if request.score is None:
        return align(lyrics, parse_notes(request.notes, request.durations), _one_each)
    song, notes = read_score(request.score)
    return align(lyrics, notes, _one_each) if lyrics else song


def _one_each(words: Sequence[str]) -> list[int]:
    return [1] * len(words)


def _timed(song: Song) -> Iterator[tuple[float, float, str, int, str]]:
    """Yield the notes of a song as ESPnet reads them."""
    now_s = 0.0
    for part in song:
        if isinstance(part, Rest):
            name = "AP" if part.breath else "SP"
            yield now_s, now_s + part.duration_s, name, 0, name
            now_s += part.duration_s
            continue
        for syllable, notes in _shared(part):
            phonemes = phonemes_of(syllable)
            for number, note in enumerate(notes):
                held = number > 0
                sung = phonemes[-1] if held else "_".join(phonemes)
                yield now_s, now_s + note.duration_s, HELD if held else syllable, round(note.pitch or 0), sung
                now_s += note.duration_s


def _shared(word: SungWord) -> Iterator[tuple[str, Sequence[Note]]]:
    """Yield the syllables of a word with their notes; the last one holds what is left over."""
    syllables = mandarin_syllables(word.text)
    if not 0 < len(syllables) <= len(word.notes):
        raise InvalidInput(
            f"'{word.text}' has {len(syllables)} syllable(s) for {len(word.notes)} note(s); give at least one each.",
            param="lyrics",
        )
    for number, syllable in enumerate(syllables):
        last = number == len(syllables) - 1
        yield syllable, word.notes[number:] if last else word.notes[number : number + 1]


def _phrases(notes: list[tuple[float, float, str, int, str]]) -> Iterator[Phrase]:
    """Yield stretches that end with a rest once they last `PHRASE_S`, their times counted from their begin."""
    phrase: Phrase = []
    for note in notes:
        phrase.append(note)
        if note[3] == 0 and note[1] - phrase[0][0] >= PHRASE_S:
            yield _from_zero(phrase)
            phrase = []
    if phrase:
        yield _from_zero(phrase)


def _from_zero(phrase: Phrase) -> Phrase:
    begin_s = phrase[0][0]
    return [(start - begin_s, end - begin_s, *rest) for start, end, *rest in phrase]  # type: ignore[misc]
