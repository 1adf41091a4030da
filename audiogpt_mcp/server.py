"""The MCP server over any backend: tools, artifacts as resources, progress."""

import base64
import json
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from importlib.metadata import version
from typing import Any

import mcp_types as types
from mcp import MCPError
from mcp.server import Server, ServerRequestContext

from audiogpt_client import ServerError
from audiogpt_client.single_step import single_step
from audiogpt_mcp.backend import ARTIFACT, Backend, attach
from audiogpt_mcp.progress import Progress
from audiogpt_mcp.tools import PLAN_AND_RUN, task_of, tools
from llm_planner.plans.plan import Plan
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import AudioGPTError, InvalidInput
from model_wrappers.contract.sessions import SessionArtifact
from router.events import Event, Replied
from router.following import follow

MAX_RESOURCE_BYTES = 32 * 2**20
MAX_RECENT = 200  # artifacts a connection lists
MAX_FILES = 10
MAX_EVENTS = 256  # that wait to be sent; older progress is left out, not piled up

INSTRUCTIONS = """Audio models as tools: speech, sound, music and talking heads. Give files as artifact ids, artifact://
URIs or data URLs; what a tool makes comes back as resource links to read. plan_and_run takes a request in plain words
and chains the models itself."""

Context = ServerRequestContext[Any]


def build_server(backend: Backend, *, local_files: bool = False) -> Server[Any]:
    """Return the MCP server of a system.

    Args:
        backend: The system.
        local_files: Whether files of this machine may be named by path, and what this process made is listed: right for
            a server of one user over standard input and output.
    """
    handlers = _Handlers(backend, local_files)
    return Server(
        "audiogpt-serve",
        version=version("audiogpt-serve"),
        title="AudioGPT Serve",
        instructions=INSTRUCTIONS,
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_resource_templates,
        on_read_resource=handlers.read_resource,
    )


class _Handlers:
    def __init__(self, backend: Backend, local_files: bool) -> None:
        self._backend = backend
        self._local_files = local_files
        self._recent: OrderedDict[str, SessionArtifact] = OrderedDict()

    async def list_tools(self, context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        live = await self._backend.live_tasks()
        return types.ListToolsResult(tools=tools(live, local_files=self._local_files))

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            reply = await self._respond(context, params.name, params.arguments or {})
        except (AudioGPTError, ServerError) as exc:
            said = f"{exc} {exc.hint or ''}".strip()
            return types.CallToolResult(content=[types.TextContent(text=said)], is_error=True)
        return self._result(reply, whole=params.name == PLAN_AND_RUN)

    async def _respond(self, context: Context, name: str, arguments: Mapping[str, Any]) -> Replied:
        text: str | None = None
        plan: Plan | None = None
        session_id: str | None = None
        if name == PLAN_AND_RUN:
            text, session_id = _text_of(arguments, "request"), _text_of(arguments, "session_id")
            files = arguments.get("files") or []
            if not isinstance(files, list):
                raise InvalidInput(f"'files' must be a list, got {type(files).__name__}.", param="files")
            named = {f"files[{i}]": value for i, value in enumerate(files)}
            media = await self._attached(named)
        else:
            plan, media = await self._single(name, dict(arguments))
        return await self._run(context, text, plan, media, session_id)

    async def _single(self, name: str, arguments: dict[str, Any]) -> tuple[Plan, dict[str, ArtifactRef]]:
        task = task_of(name)
        if task is None:
            raise InvalidInput(f"There is no tool '{name}'; list the tools to see which there are.", param="name")
        model = arguments.pop("model", None)
        media = await self._attached({key: arguments.pop(key) for key in task.inputs if arguments.get(key) is not None})
        return single_step(task.id, arguments, media, model), media

    async def _attached(self, values: Mapping[str, Any]) -> dict[str, ArtifactRef]:
        if len(values) > MAX_FILES:
            raise InvalidInput(
                f"The request names {len(values)} files; at most {MAX_FILES} are allowed.", param="files"
            )
        return {
            name: await attach(value, self._backend, name, local_files=self._local_files)
            for name, value in values.items()
        }

    async def _run(
        self,
        context: Context,
        text: str | None,
        plan: Plan | None,
        media: Mapping[str, ArtifactRef],
        session_id: str | None,
    ) -> Replied:
        work = partial(self._backend.respond, text, plan, list(media.values()), session_id)
        progress = Progress()
        event: Event | None = None
        async with aclosing(follow(work, max_waiting=MAX_EVENTS)) as events:
            async for event in events:
                if event is not None and (said := progress(event)) is not None:
                    await context.session.report_progress(*said)
        assert isinstance(event, Replied)
        return event

    def _result(self, reply: Replied, *, whole: bool) -> types.CallToolResult:
        made = [artifact for artifact in reply.artifacts if artifact.origin == "output"]
        for artifact in made:
            self._recent[artifact.ref.id] = artifact
            if len(self._recent) > MAX_RECENT:
                self._recent.popitem(last=False)
        failed = any(result.state == "failed" for result in reply.results)
        if whole:
            structured = reply.model_dump(mode="json", by_alias=True, exclude={"type"})
            said = reply.text
        else:
            structured = dict(reply.results[0].outputs or {}) if reply.results else {}
            said = reply.text if failed or not reply.results else json.dumps(structured, ensure_ascii=False)
        content = [types.TextContent(text=said), *(_link(artifact) for artifact in made)]
        return types.CallToolResult(content=content, structured_content=structured, is_error=failed)

    async def list_resources(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        recent = reversed(self._recent.values()) if self._local_files else ()
        return types.ListResourcesResult(resources=[types.Resource(**_resource(artifact)) for artifact in recent])

    async def list_resource_templates(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(
            name="artifact",
            uri_template=ARTIFACT + "{id}",
            description="A stored audio, picture, video, score or table, by the id a tool returned",
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        uri = str(params.uri)
        try:
            ref = await attach(uri if uri.startswith(ARTIFACT) else "", self._backend, "uri", local_files=False)
            if ref.size_bytes > MAX_RESOURCE_BYTES:
                raise InvalidInput(
                    f"The artifact has {ref.size_bytes:,} bytes; at most {MAX_RESOURCE_BYTES:,} can be read as a "
                    f"resource. Fetch it from /v1/artifacts/{ref.id}."
                )
            data = await self._backend.read(ref)
        except (AudioGPTError, ServerError) as exc:
            raise MCPError(types.INVALID_PARAMS, str(exc)) from exc
        blob = base64.b64encode(data).decode()
        contents = types.BlobResourceContents(uri=uri, mime_type=ref.media_type, blob=blob)
        return types.ReadResourceResult(contents=[contents])


def _text_of(arguments: Mapping[str, Any], name: str) -> str | None:
    value = arguments.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"'{name}' must be a text, got {type(value).__name__}.", param=name)
    return value


def _link(artifact: SessionArtifact) -> types.ResourceLink:
    return types.ResourceLink(**_resource(artifact))


def _resource(artifact: SessionArtifact) -> dict[str, Any]:
    return {
        "uri": ARTIFACT + artifact.ref.id,
        "name": artifact.name,
        "description": artifact.description,
        "mime_type": artifact.ref.media_type,
        "size": artifact.ref.size_bytes,
    }
