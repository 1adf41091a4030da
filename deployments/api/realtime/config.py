"""What a client may set of a realtime session; settings that steer a language model are ignored."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.api.openai.audio.form import Prompt
from model_wrappers.contract.languages import LanguageCode

SAMPLE_RATE: Final = 24_000  # Hz, of the sound in both directions

STEERING = {  # a language model, or nothing at all
    *("instructions", "temperature", "max_output_tokens", "max_response_output_tokens", "reasoning", "truncation"),
    *("tool_choice", "parallel_tool_calls", "prompt", "tracing", "metadata", "id", "object", "expires_at"),
}
FLAT = {  # setting of an earlier session -> where it is now
    "input_audio_format": ("input", "format"),
    "input_audio_transcription": ("input", "transcription"),
    "input_audio_noise_reduction": ("input", "noise_reduction"),
    "turn_detection": ("input", "turn_detection"),
    "output_audio_format": ("output", "format"),
    "voice": ("output", "voice"),
    "speed": ("output", "speed"),
}


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PCM(_Config):
    """16-bit samples, little-endian, mono."""

    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Literal[24000] = SAMPLE_RATE


class TurnDetection(_Config):
    """How the server tells when somebody speaks."""

    type: Literal["server_vad"] = "server_vad"
    threshold: float = Field(default=0.5, ge=0.05, le=0.95, description="Probability that counts as speech")
    prefix_padding_ms: int = Field(default=300, ge=0, le=2_000, description="Sound kept from before the speech")
    silence_duration_ms: int = Field(default=500, ge=100, le=5_000, description="Silence that ends the speech")
    create_response: bool = Field(default=True, description="Whether the end of speech asks for an answer")
    interrupt_response: bool = Field(default=True, description="Whether speech cancels the running answer")
    idle_timeout_ms: None = Field(default=None, description="Not supported: silence is not answered")


class Transcription(_Config):
    """How what is said is written down."""

    model: str = Field(default="whisper-1", max_length=200)
    language: LanguageCode | None = None
    prompt: Prompt | None = None


class AudioInput(_Config):
    """Sound from the client."""

    format: PCM = PCM()
    transcription: Transcription | None = Transcription()
    turn_detection: TurnDetection | None = TurnDetection()
    noise_reduction: None = Field(default=None, description="Not supported: sound is heard as it is sent")


class AudioOutput(_Config):
    """Sound to the client."""

    format: PCM = PCM()
    voice: str = Field(default="alloy", max_length=100)
    speed: float = Field(default=1.0, ge=0.25, le=1.5)


class AudioConfig(_Config):
    """Sound in both directions."""

    input: AudioInput = AudioInput()
    output: AudioOutput = AudioOutput()


class SessionConfig(_Config):
    """A session's settings, in the shape of OpenAI's realtime session."""

    type: Literal["realtime"] = "realtime"
    model: str = Field(default="audiogpt", max_length=200)
    output_modalities: tuple[Literal["text", "audio"], ...] = Field(default=("audio",), min_length=1, max_length=1)
    audio: AudioConfig = AudioConfig()
    tools: tuple[Any, ...] = Field(default=(), max_length=0, description="Not supported: the planner has its own")
    include: tuple[Any, ...] | None = Field(default=None, max_length=0, description="Not supported")

    def updated(self, changes: dict[str, object]) -> "SessionConfig":
        """Return the settings with the given fields changed, nested ones one by one.

        Raises:
            ValidationError: If a value is not allowed.
        """
        return type(self).model_validate(_merged(self.model_dump(), _nested(without_steering(changes))))


def without_steering(fields: dict[str, Any]) -> dict[str, Any]:
    """Return settings without those that mean nothing here."""
    return {name: value for name, value in fields.items() if name not in STEERING}


def _nested(changes: dict[str, object]) -> dict[str, object]:
    """Return changes with the names of OpenAI's earlier sessions, which were flat, put where they are now."""
    nested = {name: value for name, value in changes.items() if name not in FLAT and name != "modalities"}
    for name, (side, field) in FLAT.items():
        if name in changes:
            value = changes[name]
            if field == "format":
                value = PCM().model_dump() if value == "pcm16" else {"type": value}
            nested = _merged(nested, {"audio": {side: {field: value}}})
    if "modalities" in changes:
        asked = changes["modalities"]
        speaks = isinstance(asked, (list, tuple)) and "audio" in asked
        nested["output_modalities"] = ("audio",) if speaks else asked
    return nested


def _merged(old: dict[str, object], new: dict[str, object]) -> dict[str, object]:
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged
