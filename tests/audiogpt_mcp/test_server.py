"""The MCP server as the official client sees it, over HTTP and over standard input and output."""

import asyncio
import base64
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolRequestParams

from audiogpt_mcp.server import MAX_EVENTS, _Handlers
from model_wrappers.contract.audio import Audio
from router.events import StepProgress

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "examples" / "data" / "speech.flac"
LONG_S = 60.0  # more than any of these tests takes
DATA_URL = "data:audio/flac;base64," + base64.b64encode(SPEECH.read_bytes()).decode()


@pytest.fixture
def connect(request: pytest.FixtureRequest, server_url: str) -> Callable[[], Client]:
    """Open connections in the test itself: their task groups must end in the task they began in."""
    command = ["-m", "audiogpt_cli.main", "mcp", "--server", server_url]
    if getattr(request, "param", "http") == "http":
        return lambda: Client(f"{server_url}/mcp")
    return lambda: Client(stdio_client(StdioServerParameters(command=sys.executable, args=command, cwd=ROOT)))


both_ways = pytest.mark.parametrize("connect", ["http", "stdio"], indirect=True)


def _links(result: Any) -> list[Any]:
    return [block for block in result.content if block.type == "resource_link"]


async def test_lists_a_tool_for_every_live_task_and_the_planner(connect):
    async with connect() as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {"plan_and_run", "text_to_speech", "speech_enhancement"} <= tools.keys()
        assert "singing_synthesis" not in tools  # no model of the test system sings
        schema = tools["speech_enhancement"].input_schema
        assert schema["properties"]["audio"]["type"] == "string"
        assert schema["required"] == ["audio"]


async def test_task_takes_a_data_url_and_returns_a_resource_to_read(connect):
    async with connect() as client:
        result = await client.call_tool("speech_enhancement", {"audio": DATA_URL})
        assert not result.is_error
        (link,) = _links(result)
        contents = (await client.read_resource(link.uri)).contents[0]
        halved, whole = Audio.decode(base64.b64decode(contents.blob)), Audio.decode(SPEECH.read_bytes())
        assert halved.waveform == pytest.approx(whole.resample(halved.sample_rate).waveform / 2, abs=2**-14)
        assert contents.mime_type == link.mime_type == "audio/wav"


async def test_result_of_one_tool_is_the_input_of_the_next(connect):
    async with connect() as client:
        first = await client.call_tool("text_to_speech", {"text": "hello"})
        second = await client.call_tool("speech_enhancement", {"audio": _links(first)[0].uri})
        assert not second.is_error
        assert _links(second)[0].uri != _links(first)[0].uri


@both_ways
async def test_planned_request_tells_its_progress_and_returns_everything(connect):
    async with connect() as client:
        told: list[tuple[float, float | None, str | None]] = []

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            told.append((progress, total, message))

        arguments = {"request": "halve it and say done", "files": [DATA_URL]}
        result = await client.call_tool("plan_and_run", arguments, progress_callback=tell)
        assert [link.uri for link in _links(result)]
        assert len(_links(result)) == 2
        assert [step["state"] for step in result.structured_content["results"]] == ["done", "done"]
        fractions = [progress for progress, _, _ in told]
        assert fractions == sorted(set(fractions))
        assert told[0][2] == "plan: speech-enhancement, text-to-speech"
        assert told[-1][:2] == (pytest.approx(2, abs=1e-3), 2)


async def test_session_goes_on(connect):
    async with connect() as client:
        first = await client.call_tool("plan_and_run", {"request": "hello"})
        session_id = first.structured_content["session_id"]
        second = await client.call_tool("plan_and_run", {"request": "again", "session_id": session_id})
        assert second.structured_content["turn"] == first.structured_content["turn"] + 1


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("no_such_tool", {}, "no tool 'no_such_tool'"),
        ("speech_enhancement", {"audio": "my-file"}, "names no artifact"),
        ("speech_enhancement", {"audio": "data:audio/wav;base64,###"}, "not base64"),
        ("speech_enhancement", {"audio": "data:audio/wav;base64," + base64.b64encode(b"RIFF").decode()}, ""),
        ("text_to_speech", {"text": ""}, "text"),
        ("plan_and_run", {"request": "hi", "files": [f"artifact://{'0' * 64}"]}, "0" * 64),
    ],
)
async def test_wrong_arguments_come_back_as_the_tools_own_error(connect, tool, arguments, said):
    async with connect() as client:
        result = await client.call_tool(tool, arguments)
        assert result.is_error
        assert said in result.content[0].text
        assert "Traceback" not in result.content[0].text


async def test_missing_resource_is_an_error(connect):
    async with connect() as client:
        with pytest.raises(MCPError):
            await client.read_resource(f"artifact://{'0' * 64}")


@both_ways
async def test_only_an_agent_on_this_machine_may_name_files(connect, request):
    async with connect() as client:
        result = await client.call_tool("speech_enhancement", {"audio": SPEECH.as_uri()})
        over_http = "http" in request.node.name
        assert result.is_error is over_http
        listed = (await client.list_resources()).resources
        assert [resource.uri for resource in listed] == ([] if over_http else [_links(result)[0].uri])


class Talkative:
    """A backend that tells more than fits in the queue, and then works until it is cancelled."""

    def __init__(self) -> None:
        self.cancelled = False

    async def respond(self, *arguments: Any) -> Any:
        on_event = arguments[-1]
        for number in range(2 * MAX_EVENTS):
            on_event(StepProgress(step=f"s{number}", fraction=0.5))
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


async def test_client_that_cannot_be_told_of_progress_any_more_ends_the_call_and_its_work():
    class Gone:
        async def report_progress(self, *progress: Any) -> None:
            raise ConnectionResetError("the agent has gone")

    backend = Talkative()
    call = CallToolRequestParams(name="plan_and_run", arguments={"request": "hello"})
    server: Any = _Handlers(backend, local_files=False)  # type: ignore[arg-type]
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(server.call_tool(SimpleNamespace(session=Gone()), call), LONG_S)
    assert backend.cancelled


async def test_language_may_be_a_name_or_a_tag(connect):
    async with connect() as client:
        for written in ("English", "en_GB", "auto"):
            assert not (await client.call_tool("text_to_speech", {"text": "hi", "language": written})).is_error
        refused = await client.call_tool("text_to_speech", {"text": "hi", "language": "klingon"})
        assert refused.is_error
        assert "ISO 639-1" in refused.content[0].text
