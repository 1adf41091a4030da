"""The LLM as a deployment that only other deployments reach: no route leads to it, so that no key has to guard it."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from deployments.serve.llm.answers import AnswerHead, answered
from deployments.serve.llm.arguments import SERVED_AS, LLMArgs, engine_config
from deployments.serve.process import begin_process


class LLMDeployment:
    """A replica of Ray Serve LLM's own server, with vLLM on its share of a GPU."""

    async def __init__(self, args: LLMArgs) -> None:  # type: ignore[misc]  # Serve awaits constructors
        """Load the weights and start the engine.

        Raises:
            ModelUnavailable: If the weights are not on this node, or are not what they should be.
        """
        begin_process("llm")
        # Only the environment of these replicas has vLLM, which Ray's own module needs to be imported.
        from ray.serve.llm import LLMConfig
        from ray.serve.llm.deployment import LLMServer
        from ray.serve.llm.openai_api_models import ChatCompletionRequest

        folder = await asyncio.to_thread(args.weights.folder)
        self._request_type: Any = ChatCompletionRequest
        self._server: Any = LLMServer.sync_init(LLMConfig(**engine_config(args, folder)))
        await self._server.start()

    async def check(self) -> None:
        """Return at once: a replica that can be called can answer."""

    async def complete(self, body: bytes) -> AsyncGenerator[AnswerHead | bytes, None]:
        """Yield the head and the bytes of the answer to a chat completion in JSON."""
        async for item in answered(self._server, self._request_type, body, SERVED_AS):
            yield item

    async def check_health(self) -> None:
        """Raise if the engine is dead, so that Serve replaces the replica."""
        await self._server.check_health()

    async def __del__(self) -> None:
        """End the engine, whose workers are processes of their own."""
        if hasattr(self, "_server"):
            await self._server.__del__()
