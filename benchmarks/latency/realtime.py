"""Time from the end of speech to the first sound of the answer over /v1/realtime, and where it goes.

Usage: python -m benchmarks.latency.realtime [--turns 10] [--json FILE]
"""

import argparse
import asyncio
import base64
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import openai
from rich.console import Console
from rich.table import Table

from benchmarks.local_system import local_system
from benchmarks.throughput.openai_load import MODELS

RATE = 24_000  # Hz
PIECE_S = 0.02  # as microphones send
SILENCE_S = 1.2  # after each question; the server takes half a second of it for the end
QUESTIONS = ("Say: the weather is fine today.", "Say: the train leaves at noon.")
MARKS = {
    "speech_stopped": "input_audio_buffer.speech_stopped",
    "transcribed": "conversation.item.input_audio_transcription.completed",
    "planned": "audiogpt.planned",
    "replied": "audiogpt.replied",
    "first sound": "response.output_audio.delta",
}

Turn = dict[str, Any]


async def ask(connection: Any, pcm: bytes) -> Turn:
    """Say one question as a microphone does and return the seconds after its end at which things came."""
    ended = asyncio.get_running_loop().create_future()

    async def speak() -> None:
        size = round(PIECE_S * RATE) * 2
        due = time.perf_counter()
        for part in (pcm, bytes(2 * round(SILENCE_S * RATE))):
            for start in range(0, len(part), size):
                await connection.input_audio_buffer.append(audio=base64.b64encode(part[start : start + size]).decode())
                due += PIECE_S
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if not ended.done():
                ended.set_result(time.perf_counter())

    speaking = asyncio.create_task(speak())
    arrived: dict[str, float] = {}
    turn: Turn = {}
    while True:
        event = await connection.recv()
        arrived.setdefault(event.type, time.perf_counter())
        if event.type == MARKS["transcribed"]:
            turn["heard"] = event.transcript
        if event.type == "error":
            raise RuntimeError(str(event))
        if event.type == "response.done":
            turn["said"] = event.response.output[0].content[0].transcript
            break
    await speaking
    return turn | {name: arrived[kind] - ended.result() for name, kind in MARKS.items()}


async def measure(api_url: str, turns: int) -> list[Turn]:
    """Hold a dialogue that asks the questions in turn."""
    async with openai.AsyncOpenAI(base_url=f"{api_url}/v1", api_key="none") as client:
        sounds = []
        for text in QUESTIONS:
            answer = await client.audio.speech.create(model="tts-1", voice="alloy", input=text, response_format="pcm")
            sounds.append(trimmed(answer.content))
        async with client.realtime.connect(model="gpt-realtime") as connection:
            return [await ask(connection, sounds[number % len(sounds)]) for number in range(turns)]


def trimmed(pcm: bytes) -> bytes:
    """Return speech without the silence behind it: where that begins is where the speech ends."""
    samples = np.frombuffer(pcm, "<i2")
    loud = np.flatnonzero(np.abs(samples) > 300)  # -41 dB
    return samples[: loud[-1] + 1].tobytes()


def report(turns: list[Turn], path: Path | None) -> None:
    """Print the dialogue and the times."""
    console = Console()
    for turn in turns[: len(QUESTIONS)]:
        console.print(f"user: {turn['heard']}\nassistant: {turn['said']}", highlight=False)
    table = Table("after the end of speech", "p50 ms", "p95 ms")
    for name in MARKS:
        values = sorted(turn[name] for turn in turns)
        p95 = values[min(len(values) - 1, int(0.95 * len(values)))]
        table.add_row(name, f"{1e3 * statistics.median(values):.0f}", f"{1e3 * p95:.0f}")
    console.print(table)
    console.print(f"Load average {os.getloadavg()}")
    if path is not None:
        path.write_text(json.dumps({"turns": turns, "load": os.getloadavg()}, indent=1))


def main() -> None:
    """Start the system, talk, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with local_system(MODELS) as api_url:
        turns = asyncio.run(measure(api_url, arguments.turns))
    report(turns, arguments.json)


if __name__ == "__main__":
    main()
