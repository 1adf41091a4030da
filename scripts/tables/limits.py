"""Every bound on what a client may send, from the code and the settings."""

from collections.abc import Iterator

from deployments.api import forms, json_text
from deployments.api.edge import admission, bodies
from deployments.api.native import downloads
from deployments.api.native import tasks as task_routes
from deployments.api.openai.audio import form as audio_form
from deployments.api.openai.audio import speech
from deployments.api.openai.chat import remote_files
from deployments.api.openai.chat import request as chat_request
from deployments.api.realtime import client_events, conversation, listening, turns
from deployments.api.realtime import routes as realtime_routes
from llm_planner import processes
from llm_planner.offline import planner
from llm_planner.plans import plan
from model_wrappers.contract import audio_stream, joined, source, visual
from model_wrappers.contract.tasks import base
from model_wrappers.singing import midi, midi_events, score
from router.media import canonical, sandbox, stills
from router.settings import Settings

SETTINGS = Settings.model_fields
Row = tuple[str, str, str]


def limits_table() -> str:
    """Return a Markdown table, one row for each bound."""
    rows = [("what", "at most", "setting"), ("---", "---", "---"), *_rows()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _set(what: str, field: str, unit: str) -> Row:
    value = SETTINGS[field].default
    shown = _bytes(value) if unit == "bytes" else f"{value:,.10g} {unit}".strip()
    return what, shown, f"`AUDIOGPT_{field.upper()}`"


def _fixed(what: str, value: float, unit: str) -> Row:
    return what, _bytes(int(value)) if unit == "bytes" else f"{value:,.10g} {unit}".strip(), ""


def _bytes(value: int) -> str:
    for size, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if value >= size:
            return f"{value / size:g} {name}"
    return f"{value} bytes"


def _rows() -> Iterator[Row]:
    yield _set("one file", "max_upload_bytes", "bytes")
    yield _set("files of a request", "max_attachments", "")
    yield _set("large requests (above " + _bytes(admission.SMALL_BYTES) + ") at once", "max_bytes_at_once", "bytes")
    yield _set("files decoded at once", "decoders", "")
    yield _set("files that wait for a decoder", "max_waiting_files", "")
    yield _set("sound", "max_audio_s", "s")
    yield _fixed("samples of a sound over all channels, a second", canonical.MAX_VALUES_A_SECOND, "")
    yield _fixed("channels", audio_stream.MAX_CHANNELS, "")
    yield _fixed("sample rate", audio_stream.MAX_SAMPLE_RATE, "Hz")
    yield _fixed("of a damaged sound that may be lost", round(100 * source.MAX_LOST_SHARE), "%")
    yield _fixed("files joined in one", joined.MAX_LINKS, "")
    yield _fixed("a picture, and a frame that is drawn", round(visual.MAX_PIXELS / 1e6, 1), "megapixels")
    yield _fixed("a score", canonical.MAX_SCORE_BYTES, "bytes")
    yield _fixed("tracks of a MIDI file", midi_events.MAX_TRACKS, "")
    yield _fixed("notes of a score's sung line", midi.MAX_NOTES, "")
    yield _fixed("notes sung at once", score.MAX_NOTES, "")
    yield _fixed("memory of a decoder beside its start", sandbox.MAX_MEMORY_BYTES, "bytes")
    yield _fixed("what a decoder writes", sandbox.MAX_OUTPUT_BYTES, "bytes")
    yield _fixed("computing for one file", sandbox.MAX_CPU_S, "s")
    yield _fixed("computing without a block of sound or a frame", sandbox.STALL_CPU_S, "s")
    yield _fixed("the same by the clock", sandbox.STALL_S, "s")
    yield _fixed("frames decoded for a still of a video", stills.MAX_SKIPPED_FRAMES, "")
    yield _fixed("text of a request, a plan or a task, everywhere", base.MAX_TEXT_CHARACTERS, "characters")
    yield _fixed("of it outside quotes, for the offline planner", planner.MAX_CHARACTERS, "characters")
    yield _fixed("computing for one plan, offline", processes.CPU_LIMIT_S, "s")
    yield _fixed("the same by the clock", processes.WALL_LIMIT_S, "s")
    yield _set("a plan somebody waits for", "plan_timeout_s", "s")
    yield _set("a plan that runs by itself", "run_timeout_s", "s")
    yield _set("runs of a tenant that have not ended", "max_runs", "")
    yield _fixed("steps of a plan", plan.MAX_STEPS, "")
    yield _fixed("body of JSON", bodies.MAX_JSON_BYTES, "bytes")
    yield _fixed("the same with recordings in it (chat completions)", bodies.MAX_INLINE_BYTES, "bytes")
    yield _fixed("values in a body of JSON", json_text.MAX_VALUES, "")
    yield _fixed("a field of a form that is no file", forms.MAX_FIELD_BYTES, "bytes")
    yield _fixed("fields of a task's form", task_routes.MAX_FORM_FIELDS, "")
    yield _fixed("fields of a transcription", audio_form.MAX_FIELDS, "")
    yield _fixed("`input` of `/v1/audio/speech`", speech.MAX_INPUT_CHARACTERS, "characters")
    yield _fixed("messages of a chat completion", chat_request.MAX_MESSAGES, "")
    yield _fixed("parts of a message", chat_request.MAX_PARTS, "")
    yield _fixed("fetching a file named by URL", remote_files.TIMEOUT_S, "s")
    yield _fixed("an archive", downloads.MAX_ARCHIVE_BYTES, "bytes")
    yield _fixed("realtime connections of an ingress replica", realtime_routes.MAX_CONNECTIONS, "")
    yield _fixed("one of them", realtime_routes.MAX_CONNECTION_S, "s")
    yield _fixed("one of them without a word", realtime_routes.IDLE_S, "s")
    yield _fixed("an event of one", client_events.MAX_EVENT_CHARACTERS, "characters")
    yield _fixed("sound appended before it is committed", listening.MAX_HELD_S, "s")
    yield _fixed("speech of one turn", turns.MAX_SPEECH_S, "s")
    yield _fixed("utterances waiting in a connection", conversation.MAX_WORK, "")
    yield _set("turns a session remembers", "max_session_turns", "")
    yield _set("time that artifacts, idle sessions and ended runs are kept", "artifact_ttl_s", "s")
