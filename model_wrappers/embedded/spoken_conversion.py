"""Text in the voice of a recording: speech synthesis, then voice conversion."""

from collections.abc import Mapping
from typing import Any

from model_wrappers.contract.base import CompositeModel, SubStep
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import ModelFailed
from model_wrappers.contract.tasks.base import TaskResponse
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest, StyleTransferResponse


class SpokenConversion(CompositeModel[StyleTransferRequest, StyleTransferResponse]):
    """Speak a text with text-to-speech and convert the result; speech is converted directly."""

    part_tasks = ("text-to-speech", "style-transfer")

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Synthesis and voice conversion",
            tasks=("style-transfer",),
            method="composite",
            licence="Apache-2.0",
            source="text-to-speech, then style-transfer of speech",
            revision="1",
            memory_mb=1,
        )

    def sub_steps(self, request: StyleTransferRequest) -> tuple[SubStep, ...]:
        """Speak the text, if it is one, and convert."""
        if request.text is None:
            return (SubStep("conversion", "style-transfer", {"audio": request.audio, "reference": request.reference}),)
        return (
            SubStep("speech", "text-to-speech", {"text": request.text}),
            SubStep(
                "conversion", "style-transfer", {"audio": {"from": "speech.audio"}, "reference": request.reference}
            ),
        )

    def combine(self, request: StyleTransferRequest, outputs: Mapping[str, TaskResponse]) -> StyleTransferResponse:
        """Return the conversion."""
        conversion = outputs["conversion"]
        if not isinstance(conversion, StyleTransferResponse):
            raise ModelFailed(f"The sub-step 'conversion' answered {type(conversion).__name__}.")
        return conversion
