"""Style transfer: say something in the voice of a reference recording."""

from typing import Self

from pydantic import Field, model_validator

from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS, Example, Task, TaskRequest, TaskResponse


class StyleTransferRequest(TaskRequest):
    """A text or speech, and the voice to give it."""

    reference: AudioField = Field(description="Recording of the voice to imitate")
    text: str | None = Field(
        default=None, min_length=1, max_length=MAX_TEXT_CHARACTERS, description="What to say in that voice"
    )
    audio: AudioField | None = Field(default=None, description="Speech to convert to that voice instead of a text")

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.audio is None) == (self.text is None):
            raise ValueError("give exactly one of 'text' and 'audio'")
        return self


class StyleTransferResponse(TaskResponse):
    """Speech in the reference voice."""

    audio: AudioField
    similarity: float | None = Field(
        default=None, description="Speaker similarity to the reference reached, -1 to 1; above about 0.7 is one speaker"
    )
    similarity_before: float | None = Field(default=None, description="The same before the conversion")
    quality: float | None = Field(
        default=None, description="How good people would find the speech, 1 to 5, estimated (DNSMOS)"
    )
    quality_before: float | None = Field(default=None, description="The same before the conversion")
    share: float | None = Field(
        default=None,
        description="How far the timbre went to the voice, 1 all the way; less where it spoilt the speech",
    )


TASK = Task(
    id="style-transfer",
    family="speech",
    summary="Speak a text, or convert speech, in the voice and style of a reference recording.",
    request=StyleTransferRequest,
    response=StyleTransferResponse,
    primary_output="audio",
    examples=(
        Example('Speak using the voice of this audio. The text is "here we go".', {"text": "here we go"}),
        Example("Make the first recording sound like the person in the second one"),
    ),
)
