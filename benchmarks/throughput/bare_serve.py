"""The least a Serve application does for a request of speech: an HTTP route, a streaming handle call, an answer.

It sends as many bytes as a short sentence has as WAV, and no model runs: what it costs is Serve's and FastAPI's share.
"""

from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np
from fastapi import Body, FastAPI
from fastapi.responses import StreamingResponse
from ray import serve
from ray.serve.handle import DeploymentHandle

SAMPLES = 72_000  # 3 s at 24 kHz
api = FastAPI()


@serve.deployment
class BareModel:
    """Yield samples that are there already."""

    def __init__(self) -> None:
        self._samples = np.zeros(SAMPLES, np.float32)

    async def stream(self, text: str) -> AsyncIterator[np.ndarray]:
        """Yield one part, whatever the text."""
        yield self._samples


@serve.deployment
@serve.ingress(api)
class BareIngress:
    """Pass the samples on as 16-bit ones."""

    def __init__(self, model: DeploymentHandle) -> None:
        self._model = model.options(stream=True)

    @api.post("/speech")
    async def speak(self, text: str = Body(embed=True)) -> StreamingResponse:
        """Answer with the model's samples."""

        async def parts() -> AsyncGenerator[bytes, None]:
            async for samples in self._model.stream.remote(text):
                yield (samples * 32_767).astype("<i2").tobytes()

        return StreamingResponse(parts(), media_type="audio/pcm")


application = BareIngress.bind(BareModel.bind())  # type: ignore[attr-defined]
