import asyncio
import json
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiogpt_cli import main
from audiogpt_cli.terminal import session_record
from audiogpt_cli.terminal.microphone import record
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput
from tests.deployments.conftest import SPECS, TONE_READER

EXAMPLES = Path(__file__).parents[3] / "examples" / "data"
SPEECH = str(EXAMPLES / "speech.flac")


@pytest.fixture
def audiogpt(server_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., "asyncio.Future[int]"]:
    """Run the command against the server; the exit code comes back."""
    monkeypatch.setenv("AUDIOGPT_URL", server_url)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["audiogpt", *arguments])
        with pytest.raises(SystemExit) as end:
            main.main()
        return int(end.value.code or 0)

    return lambda *arguments: asyncio.to_thread(run, *arguments)


async def test_ask_shows_the_reply_and_writes_the_outputs(audiogpt, tmp_path, capsys):
    assert await audiogpt("ask", "halve it and say done", "--file", SPEECH, "--out", str(tmp_path)) == 0
    written = sorted(path.name for path in tmp_path.glob("audio-*"))
    assert written == ["audio-2-speech-enhancement.wav", "audio-3-text-to-speech.wav"]
    assert "speech-enhancement" in capsys.readouterr().out


async def test_status_shows_models_runs_and_what_waits(audiogpt, capsys):
    await audiogpt("ask", "halve it and say done", "--file", SPEECH)
    capsys.readouterr()
    assert await audiogpt("status") == 0
    shown = capsys.readouterr().out
    assert "Nothing waits." in shown
    assert "Runs: 0 queued, 0 in work." in shown
    assert re.search(r"sine\W+live", shown)
    assert await audiogpt("status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["slow_because"] == []


async def test_ask_with_json_prints_nothing_else(audiogpt, capsys):
    assert await audiogpt("ask", "hello", "--json") == 0
    assert json.loads(capsys.readouterr().out)["text"] == "You said: hello"


async def test_ask_goes_on_with_the_last_session(audiogpt, capsys):
    await audiogpt("ask", "hello")
    await audiogpt("ask", "and again", "--session", "last")
    (session,) = session_record.recorded()
    assert session.request == "hello"
    capsys.readouterr()
    assert await audiogpt("sessions", "show", "last") == 0
    shown = capsys.readouterr().out
    assert shown.index("> hello") < shown.index("> and again")
    assert await audiogpt("sessions", "delete", "last") == 0
    assert session_record.recorded() == []


async def test_sessions_are_kept_from_other_users(audiogpt):
    await audiogpt("ask", "hello")
    assert session_record.record_path().stat().st_mode & 0o077 == 0


async def test_plan_shows_steps_and_runs_none(audiogpt, capsys):
    assert await audiogpt("plan", "halve it and say done", "--file", SPEECH, "--json") == 0
    steps = json.loads(capsys.readouterr().out)["outcome"]["plan"]["steps"]
    assert [step["task"] for step in steps] == ["speech-enhancement", "text-to-speech"]


async def test_run_takes_settings_and_files(audiogpt, tmp_path):
    assert await audiogpt("run", "speech-enhancement", "--file", SPEECH, "--out", str(tmp_path)) == 0
    (path,) = tmp_path.glob("*.wav")
    halved, whole = Audio.decode(path.read_bytes()), Audio.decode((EXAMPLES / "speech.flac").read_bytes())
    assert halved.waveform == pytest.approx(whole.resample(halved.sample_rate).waveform / 2, abs=2**-14)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "no-such-task"), "no-such-task"),
        (("run", "text-to-speech", "--set", "texxt=hi"), "texxt"),
        (("run", "text-to-speech", "--set", "text=hi", "--file", f"audio={SPEECH}"), "takes no file"),
        (("run", "speech-enhancement", "--file", "/no/such/file.wav"), "No such file or directory: /no/such/file.wav."),
        (("sessions", "show", "last"), "No session was held"),
        (("speak", "  "), "nothing to say"),
        (("speak", "hello", "--out", "x.ogx"), "end the name in: wav, flac, mp3"),
        (("speak", "hello", "--pronounce", "hello"), "write e.g. Nguyen=win"),
        (("ask", ""), "The request is empty"),
        (("tasks", "--server", "http://[::1"), "is no address"),
    ],
)
async def test_wrong_request_says_why_and_ends_with_two(audiogpt, capsys, arguments, said):
    assert await audiogpt(*arguments) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert said in error
    assert "Traceback" not in error


@pytest.mark.parametrize("command", ["ask", "plan"])
@pytest.mark.parametrize(("request_", "said"), [("what about it", "Which rec"), ("fly to the moon", "no audio work")])
async def test_question_and_refusal_are_told_in_words_and_end_with_two(audiogpt, capsys, command, request_, said):
    assert await audiogpt(command, request_) == 2
    shown = capsys.readouterr().out
    assert said in shown
    assert "{" not in shown


@pytest.mark.parametrize("name", ["said.flac", "said.mp3"])
async def test_speak_writes_what_the_file_s_name_says(audiogpt, tmp_path, name):
    out = tmp_path / name
    assert await audiogpt("speak", "hello", "--out", str(out)) == 0
    assert soundfile.info(out).format == out.suffix[1:].upper()


@pytest.mark.parametrize("command", ["tasks", "models", "sessions", "sessions list", "runs", "artifacts"])
async def test_lists_come_as_json(audiogpt, services, capsys, command):
    await audiogpt("speak", "hello", "--out", "/dev/null")
    services.runs.create("{}", tenant="default", deadline_s=60)
    await audiogpt("ask", "hello")
    capsys.readouterr()
    assert await audiogpt(*command.split(), "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["id"]


async def test_a_list_is_followed_from_page_to_page(audiogpt, services, capsys):
    made = [services.sessions.create("default").id for _ in range(205)]
    assert await audiogpt("sessions", "list", "--json", "--limit", "300") == 0
    assert {session["id"] for session in json.loads(capsys.readouterr().out)} == set(made)
    assert await audiogpt("sessions", "list", "--limit", "3") == 0
    assert sum(line[2:34] in made for line in capsys.readouterr().out.splitlines()) == 3


async def test_a_stored_file_is_fetched_by_its_id(audiogpt, services, tmp_path):
    ref = services.artifacts.put(b"words", kind="text", media_type="text/plain", tenant="default", most_bytes=None)
    out = tmp_path / "got.txt"
    assert await audiogpt("artifacts", "get", ref.id, "--out", str(out)) == 0
    assert out.read_bytes() == b"words"


async def test_things_are_deleted_one_by_one_and_all_together(audiogpt, services, capsys):
    ref = services.artifacts.put(b"words", kind="text", media_type="text/plain", tenant="default", most_bytes=None)
    run = services.runs.create("{}", tenant="default", deadline_s=60)
    assert await audiogpt("artifacts", "delete", ref.id) == 0
    assert await audiogpt("runs", "delete", run) == 0
    assert await audiogpt("runs", "delete", run) == 2
    services.sessions.create("default")
    capsys.readouterr()
    assert await audiogpt("data", "delete", "--yes", "--json") == 0
    receipt = json.loads(capsys.readouterr().out)
    assert (receipt["tenant"], receipt["rows"]["sessions"], receipt["files"]) == ("default", 1, 0)
    assert await audiogpt("data", "delete", "--yes") == 0
    assert "receipt del_" in capsys.readouterr().out


async def test_a_run_is_cancelled_from_the_list(audiogpt, services):
    run = services.runs.create("{}", tenant="default", deadline_s=60)
    assert await audiogpt("runs", "cancel", run) == 0
    assert services.runs.get(run, "default").cancel_requested or services.runs.get(run, "default").ended


async def test_a_session_is_listed_whole_and_found_by_the_begin_of_its_id(audiogpt, capsys):
    await audiogpt("ask", "hello")
    (session,) = session_record.recorded()
    capsys.readouterr()
    await audiogpt("sessions")
    assert session.id in capsys.readouterr().out
    assert await audiogpt("sessions", "show", session.id[:6]) == 0
    assert "> hello" in capsys.readouterr().out


async def test_on_a_pipe_every_event_is_a_line(audiogpt, capsys):
    await audiogpt("ask", "halve it and say done", "--file", SPEECH)
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith(("s1 ", "s2 ")) for line in lines) == 4


async def test_failed_step_ends_with_one(audiogpt):
    assert await audiogpt("run", "text-to-speech", "--set", f"text={'x' * 2_000}") == 1


async def test_speak_writes_a_wave_file(audiogpt, tmp_path):
    out = tmp_path / "said.wav"
    assert await audiogpt("speak", "hello", "--out", str(out)) == 0
    assert Audio.decode(out.read_bytes()).duration_s > 0


async def test_server_that_is_not_there_ends_with_one(audiogpt, capsys):
    assert await audiogpt("tasks", "--server", "http://127.0.0.1:9") == 1
    told = capsys.readouterr().err
    assert "Connection refused." in told
    assert "Errno" not in told
    assert "make run" in told


def test_microphone_is_recorded_at_16_khz_for_a_minute_at_most():
    tone = Audio.decode(record(threading.Event(), device="sine=frequency=440", system="lavfi"))
    assert (tone.sample_rate, tone.channels) == (16_000, 1)
    assert tone.duration_s == pytest.approx(60, abs=0.2)
    spectrum = np.abs(np.fft.rfft(tone.mono()))
    assert np.argmax(spectrum) / tone.duration_s == pytest.approx(440, abs=0.5)


def test_microphone_stops_when_told():
    stop = threading.Event()
    stop.set()
    assert Audio.decode(record(stop, device="sine=frequency=440", system="lavfi")).duration_s < 1


def test_missing_microphone_is_told():
    with pytest.raises(InvalidInput, match="no-such-device"):
        record(threading.Event(), device="no-such-device")


async def test_models_are_listed_with_all_they_declare(audiogpt, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert await audiogpt("models") == 0
    shown = capsys.readouterr().out
    for spec in SPECS:
        card = spec.card
        assert {spec.id, card.licence, card.source, card.revision, *card.tasks} <= set(map(str.strip, cells(shown)))
    assert "max_characters 1000" in shown
    assert "off: " in shown


def cells(table: str) -> list[str]:
    return [cell for line in table.splitlines() for cell in line.split("│")]


@pytest.mark.parametrize("specs", [[TONE_READER]])
@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("said.srt", r"1\n00:00:00,000 --> 00:00:00,500\n\d+ hertz\n\n2\n00:00:00,500 --> "),
        ("said.vtt", r"WEBVTT\n\n00:00:00.000 --> 00:00:00.500\n\d+ hertz\n"),
        ("said.json", r'\{"text": "\d+ hertz'),
        ("said.txt", r"\d+ hertz \d+ hertz"),
    ],
)
async def test_transcript_is_written_as_its_file_s_name_says(audiogpt, tmp_path, name, written):
    out = tmp_path / name
    assert await audiogpt("transcribe", SPEECH, "--out", str(out)) == 0
    assert re.match(written, out.read_text())


async def test_webhooks_are_added_tried_rotated_and_taken_away(audiogpt, capsys):
    assert await audiogpt("webhooks", "create", "https://1.1.1.1/told", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert await audiogpt("webhooks", "test", made["id"]) == 0
    assert await audiogpt("webhooks", "rotate", made["id"]) == 0
    assert capsys.readouterr().out.strip() not in ("", made["secret"])
    assert await audiogpt("webhooks", "--json") == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["id"], listed["url"]) == (made["id"], "https://1.1.1.1/told")
    assert await audiogpt("webhooks", "delete", made["id"]) == 0
    assert await audiogpt("webhooks", "test", made["id"]) == 2
