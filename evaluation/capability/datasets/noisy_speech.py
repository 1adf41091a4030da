"""Noisy and mixed speech with the clean voices: VoiceBank-DEMAND, CHiME-4, WSJ0-2mix, LibriMix."""

from collections.abc import Iterator
from pathlib import Path

from evaluation.capability.datasets.layout import Layout, load, required
from evaluation.capability.items import Item, Truth
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest

CHANNEL = "CH5"  # in front of the speaker, the one single-channel results are told for


def _voicebank(folder: Path, task: str) -> Iterator[Item]:
    for noisy in sorted(folder.glob("noisy_testset_wav*/*.wav")):
        clean = folder / noisy.parent.name.replace("noisy", "clean") / noisy.name
        yield _noisy(noisy, required(clean, f"the clean speech of {noisy.name}"))


def _chime4(folder: Path, task: str) -> Iterator[Item]:
    """Read simulated recordings under `isolated/`, and their clean speech under `isolated_ext/`."""
    for noisy in sorted(folder.rglob(f"isolated/et05_*_simu/*.{CHANNEL}.wav")):
        name = noisy.name.replace(".wav", ".Clean.wav")
        clean = noisy.parents[2] / "isolated_ext" / noisy.parent.name / name
        yield _noisy(noisy, required(clean, f"the clean speech of {noisy.name}"))


def _noisy(noisy: Path, clean: Path) -> Item:
    return Item(noisy.stem, SpeechEnhancementRequest(audio=load(noisy)), Truth(audio=load(clean)))


def _mixtures(folder: Path, task: str) -> Iterator[Item]:
    """Read `mix*/`, `s1/`, `s2/` ... side by side, with `tt` (WSJ0-2mix) or `test` (LibriMix) preferred."""
    first = [path for path in sorted(folder.rglob("s1")) if path.is_dir()]
    chosen = next((path for path in first if path.parent.name in ("tt", "test")), first[0]).parent
    speakers = sorted(path for path in chosen.glob("s[0-9]") if path.is_dir())
    mixtures = next(path for path in (chosen / "mix", chosen / "mix_clean", chosen / "mix_both") if path.is_dir())
    for mixture in sorted(mixtures.glob("*.wav")):
        voices = [required(speaker / mixture.name, f"a voice of {mixture.name}") for speaker in speakers]
        request = SpeechSeparationRequest(audio=load(mixture), speakers=len(voices))
        yield Item(mixture.stem, request, Truth(sources=tuple(map(load, voices))))


LAYOUTS = (
    Layout("VoiceBank-DEMAND", ("speech-enhancement",), "noisy_testset_wav*/*.wav", _voicebank),
    Layout("CHiME-4", ("speech-enhancement",), f"**/isolated/et05_*_simu/*.{CHANNEL}.wav", _chime4),
    Layout("WSJ0-2mix or LibriMix", ("speech-separation",), "**/s1/*.wav", _mixtures),
)
