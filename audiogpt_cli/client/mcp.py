"""`audiogpt mcp`: the MCP server over standard input and output, for agents on this machine."""

import asyncio

from audiogpt_cli.terminal.connection import ApiKey, ServerUrl
from audiogpt_client.client import DEFAULT_URL


def mcp(server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Serve the tools of a running system to an agent over standard input and output."""
    asyncio.run(_serve(server, api_key))


async def _serve(server_url: str, api_key: str | None) -> None:
    from mcp.server.stdio import stdio_server

    from audiogpt_client import AsyncAudioGPT
    from audiogpt_mcp.backend import HttpBackend
    from audiogpt_mcp.server import build_server

    async with AsyncAudioGPT(server_url, api_key=api_key) as client, stdio_server() as (incoming, outgoing):
        server = build_server(HttpBackend(client), local_files=True)
        await server.run(incoming, outgoing, server.create_initialization_options())
