"""The example request of `make run`: clean a noisy recording, write it down, read it back."""

import os
from pathlib import Path

from rich.console import Console

from audiogpt_cli.terminal.display import RunDisplay
from audiogpt_cli.terminal.outputs import save_outputs, show_reply
from audiogpt_client import AudioGPT
from llm_planner.plans.results import StepResult
from router.events import Replied

_PACKAGED = Path(__file__).parents[1] / "data"  # in an installed wheel
DATA = _PACKAGED if _PACKAGED.exists() else Path(__file__).resolve().parents[2] / "examples" / "data"
REQUEST = "Clean up this recording, write down what is said, and read it back to me."
# Twice and more what was heard in fifteen variations of the sound on three kinds of processors: the last bits of a sum
# decide whether the recogniser writes "Dashwood had" or "Dash would have".
MAX_WER = 0.10
MAX_READ_BACK_WER = 0.20


def run(api_url: str, out: Path, console: Console, *, judge: bool) -> bool:
    """Send the example request through the HTTP API and show what came of it.

    Args:
        api_url: Address of the server.
        out: Folder for the outputs.
        console: Where to show them.
        judge: Whether to compare the words with the true ones, and the read-back with both.

    Returns:
        Whether every step is done and, if judged, the words are right.
    """
    clip = DATA / "noisy-speech.flac"
    console.print(f'\nExample: "{REQUEST}" with {clip.name}', style="bold", highlight=False)
    with AudioGPT(api_url, api_key=os.environ.get("AUDIOGPT_API_KEY")) as client:
        with RunDisplay(console) as display:
            reply = client.chat(REQUEST, files=[clip], on_event=display)
        show_reply(console, reply)
        for path in save_outputs(client, reply, out):
            console.print(f"wrote {path}", highlight=False)
        done = bool(reply.results) and all(result.state == "done" for result in reply.results)
        return done and (not judge or _judge(client, reply, console))


def _judge(client: AudioGPT, reply: Replied, console: Console) -> bool:
    true_words = (DATA / "speech.txt").read_text()
    transcript = _result(reply, "speech-recognition").outputs["text"]
    read_back = _result(reply, "text-to-speech").artifacts["audio"]
    again = client.run_task("speech-recognition", {"audio": read_back.id}).outputs["text"]
    wer, read_back_wer = word_error_rate(true_words, transcript), word_error_rate(transcript, again)
    console.print(f"Words spoken      {true_words.strip()}", highlight=False)
    console.print(f"Written down      {transcript}  (WER {wer:.1%}, at most {MAX_WER:.0%})", highlight=False)
    console.print(
        f"Read back, heard  {again}  (WER {read_back_wer:.1%}, at most {MAX_READ_BACK_WER:.0%})", highlight=False
    )
    return wer <= MAX_WER and read_back_wer <= MAX_READ_BACK_WER


def _result(reply: Replied, task: str) -> StepResult:
    return next(result for result in reply.results if result.task == task)


def word_error_rate(reference: str, hypothesis: str) -> float:
    """Return substitutions, insertions and deletions per reference word, without case and punctuation."""
    import jiwer

    words = jiwer.Compose(
        [
            jiwer.ToLowerCase(),
            jiwer.SubstituteRegexes({r"[-—]": " ", r"[^\w\s']": ""}),
            jiwer.RemoveMultipleSpaces(),
            jiwer.Strip(),
            jiwer.ReduceToListOfListOfWords(),
        ]
    )
    return float(jiwer.wer(reference, hypothesis, reference_transform=words, hypothesis_transform=words))
