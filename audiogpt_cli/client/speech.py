"""`audiogpt transcribe` and `audiogpt speak`."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from audiogpt_cli.client.one_task import run_one
from audiogpt_cli.terminal.connection import ApiKey, ServerUrl, connect
from audiogpt_cli.terminal.outputs import exit_if_failed
from audiogpt_client import ServerError
from audiogpt_client.client import DEFAULT_URL
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionResponse
from router.events import Replied

SOUND_FORMATS = ("wav", "flac", "mp3")


class Format(StrEnum):
    """How a transcript is written."""

    TEXT = "text"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"


def transcribe(
    file: Annotated[Path, typer.Argument(help="The recording")],
    language: Annotated[str | None, typer.Option(help="Language spoken (ISO 639-1); detected if absent")] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="How to write it; as the name of --out says if absent")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; standard output if absent")] = None,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Write down what is said in a recording of any length."""
    arguments = {"language": language} if language else {}
    with connect(server, api_key) as client:
        reply = run_one(client, Console(stderr=True), "speech-recognition", arguments, {"audio": file})
    answer = SpeechRecognitionResponse.model_validate(_outputs(reply))
    text = _written(answer, form or _form_of(out))
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text)


def speak(
    text: Annotated[str, typer.Argument(help="What to say; '-' reads standard input")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File: .wav, .flac or .mp3")] = Path("speech.wav"),
    voice: Annotated[str | None, typer.Option(help="Voice by name")] = None,
    language: Annotated[str, typer.Option(help="Language of the text (ISO 639-1)")] = "en",
    speed: Annotated[float, typer.Option(min=0.25, max=4.0, help="Speaking rate, 1 is normal")] = 1.0,
    pronounce: Annotated[
        list[str] | None, typer.Option(help="How a word is said, e.g. Nguyen=win or Goethe=/ɡœtə/; may be repeated")
    ] = None,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Speak a text into a WAV, FLAC or MP3 file."""
    if text == "-":
        text = sys.stdin.read()
    if not text.strip():
        raise InvalidInput("There is nothing to say; give a text.", param="text")
    form = out.suffix.lower().removeprefix(".") or "wav"
    if form not in SOUND_FORMATS:
        raise InvalidInput(f"'{out}' cannot be written; end the name in: {', '.join(SOUND_FORMATS)}.", param="out")
    arguments: dict[str, Any] = {"text": text, "language": language, "speed": speed}
    if voice is not None:
        arguments["voice"] = voice
    if pronounce:
        arguments["pronunciations"] = dict(map(_word_and_sound, pronounce))
    console = Console(stderr=True)
    with connect(server, api_key) as client:
        reply = run_one(client, console, "text-to-speech", arguments, {})
        out.write_bytes(client.download_as(_outputs(reply)["audio"]["id"], form))
    console.print(f"wrote {out}", highlight=False)


def _word_and_sound(given: str) -> tuple[str, str]:
    word, sign, said = given.rpartition("=")
    if not sign:
        raise InvalidInput(f"'{given}' says no word and how it is said; write e.g. Nguyen=win.", param="pronounce")
    return word.strip(), said.strip()


def _form_of(out: Path | None) -> Format:
    """Return how a file of this name is written."""
    suffix = out.suffix.lower().removeprefix(".") if out else ""
    return Format(suffix) if suffix in [form.value for form in Format] else Format.TEXT


def _outputs(reply: Replied) -> dict[str, Any]:
    """Return the only step's outputs; end with its error if it failed."""
    if not reply.results:
        raise ServerError(reply.text, code="not_run")
    result = reply.results[0]
    if result.error is not None:
        raise ServerError(result.error.message, code=result.error.code, hint=result.error.hint)
    exit_if_failed(reply)
    return dict(result.outputs)


def _written(answer: SpeechRecognitionResponse, form: Format) -> str:
    from deployments.api.openai.audio.transcripts import srt, vtt

    if form is Format.JSON:
        return json.dumps(answer.model_dump(mode="json"), ensure_ascii=False) + "\n"
    if form is Format.TEXT:
        return answer.text.strip() + "\n"
    return srt(answer.segments) if form is Format.SRT else vtt(answer.segments)
