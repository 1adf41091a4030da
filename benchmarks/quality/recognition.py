"""Speech recognition beside faster-whisper's own defaults with the same weights, recording by recording.

    python -m benchmarks.quality.recognition --out recognition.json
    python -m benchmarks.quality.recognition --every 5 --library recognition.json

Word error rates after the same normalisation for both; CPU seconds by the process's own clock, one thread.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.quality.clips import SAMPLE_RATE, Clip, clips
from evaluation.capability.transcripts import word_errors
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.embedded.whisper.hypotheses import is_loop
from model_wrappers.embedded.whisper.weights import BASE_WEIGHTS
from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig

LOST = 0.5  # of an item the other one reads: words missed beyond this share

Answer = tuple[str, str]
Recogniser = Callable[[Clip], Answer]


@dataclass(frozen=True)
class Heard:
    """What one recogniser made of a clip."""

    text: str
    language: str
    errors: float
    words: float
    cpu_s: float

    @property
    def rate(self) -> float:
        """Word error rate of this clip, at most 1."""
        return min(1.0, self.errors / self.words) if self.words else float(bool(self.text))


class _Alone:
    def progress(self, item: int, fraction: float) -> None:
        pass

    def cancelled(self, item: int) -> bool:
        return False


def ours() -> Recogniser:
    """Return the wrapper as it is configured by default, on one thread."""
    model = Whisper(WhisperConfig(num_workers=1))
    model.load("cpu")
    model.warm_up()

    def recognise(clip: Clip) -> Answer:
        request = SpeechRecognitionRequest(audio=Audio(clip.waveform, SAMPLE_RATE))
        (answer,) = model.run_batch([request], _Alone())
        return ("", str(answer)) if isinstance(answer, AudioGPTError) else (answer.text, answer.language)

    return recognise


def library() -> Recogniser:
    """Return faster-whisper with its defaults."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(BASE_WEIGHTS.folder()), compute_type="int8", cpu_threads=1)

    def recognise(clip: Clip) -> Answer:
        segments, info = model.transcribe(clip.waveform.mean(axis=0))
        return " ".join(segment.text.strip() for segment in segments), info.language

    return recognise


def listen(clip: Clip, recognise: Recogniser) -> Heard:
    """Measure one recogniser on one clip."""
    begin = time.process_time()
    text, language = recognise(clip)
    cpu_s = time.process_time() - begin
    errors, words = word_errors(text, clip.words) if clip.words else (float(len(text.split())), 0.0)
    return Heard(text, language, errors, words, cpu_s)


def main() -> None:
    """Listen to the clips with both, print every difference and the table."""
    arguments = _arguments()
    known = json.loads(arguments.library.read_text()) if arguments.library else {}
    recognisers = {"ours": ours(), "library": library()}
    found: dict[str, dict[str, dict[str, object]]] = {}
    rows: list[tuple[Clip, dict[str, Heard]]] = []
    for number, clip in enumerate(clips(arguments.long, arguments.folder)):
        if number % arguments.every or (arguments.kind and arguments.kind not in clip.kind):
            continue
        heard = {"ours": listen(clip, recognisers["ours"])}
        earlier = known.get(clip.name, {}).get("library")
        heard["library"] = Heard(**earlier) if earlier else listen(clip, recognisers["library"])
        rows.append((clip, heard))
        found[clip.name] = {name: asdict(each) for name, each in heard.items()}
        _tell_difference(clip, heard)
        if arguments.out:
            arguments.out.write_text(json.dumps(found, ensure_ascii=False, indent=1))
    print("\n".join(table(rows)))


def _tell_difference(clip: Clip, heard: dict[str, Heard]) -> None:
    mine, theirs = heard["ours"], heard["library"]
    if mine.rate != theirs.rate:
        sign = "worse" if mine.rate > theirs.rate else "better"
        print(f"{sign} {clip.name} ({clip.waveform.shape[1] / SAMPLE_RATE:.1f} s)\n   said    {clip.words[:300]}")
        print(f"   ours    [{mine.language}] {mine.text[:300]}\n   library [{theirs.language}] {theirs.text[:300]}")


def table(rows: Iterable[tuple[Clip, dict[str, Heard]]]) -> list[str]:
    """Return the figures by kind and over all, as a table in Markdown."""
    kinds: dict[str, list[tuple[Clip, dict[str, Heard]]]] = defaultdict(list)
    for clip, heard in rows:
        kinds[clip.kind].append((clip, heard))
        kinds["all"].append((clip, heard))
    lines = ["| kind | clips | WER, ours | library | lost, ours | library | loops | CPU s/s, ours | library |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    for kind, members in sorted(kinds.items(), key=lambda each: (each[0] == "all", each[0])):
        cells = [kind, str(len(members))]
        cells += [f"{100 * np.mean([heard[name].rate for _, heard in members]):.1f} %" for name in ("ours", "library")]
        cells += [str(_lost(members, *pair)) for pair in (("ours", "library"), ("library", "ours"))]
        cells += [
            "/".join(
                str(sum(h[name].rate > 0 and is_loop(h[name].text) for _, h in members)) for name in ("ours", "library")
            )
        ]
        seconds = sum(clip.waveform.shape[1] for clip, _ in members) / SAMPLE_RATE
        cells += [f"{sum(heard[name].cpu_s for _, heard in members) / seconds:.3f}" for name in ("ours", "library")]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _lost(members: list[tuple[Clip, dict[str, Heard]]], one: str, other: str) -> int:
    """Count clips of which one misses half that the other reads, or in which it alone hears words where none are."""
    return sum(heard[one].rate - heard[other].rate > LOST for _, heard in members)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="JSON of every answer")
    parser.add_argument("--library", type=Path, help="an earlier --out, whose library answers are taken over")
    parser.add_argument("--every", type=int, default=1, help="take every Nth clip")
    parser.add_argument("--kind", help="only kinds that contain this")
    parser.add_argument("--folder", type=Path, help="recordings of one's own, each with a .txt")
    parser.add_argument("--long", action="store_true", help="with half an hour of reading")
    return parser.parse_args()


if __name__ == "__main__":
    main()
