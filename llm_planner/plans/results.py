"""What became of a plan's steps: the ground every reply stands on."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.usage import Usage

StepState = Literal["done", "failed", "skipped", "cancelled"]


class ErrorInfo(BaseModel):
    """An error as people and programs read it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(description="Who repairs it: request_error, plan_error or model_error")
    code: str
    message: str
    param: str | None = None
    hint: str | None = None
    retry_after_s: float | None = Field(default=None, description="Seconds after which the same may succeed")

    @classmethod
    def of(cls, error: AudioGPTError) -> "ErrorInfo":
        """Describe an error of the tree."""
        from model_wrappers.contract.errors import PlanError, RequestError

        owner = "request" if isinstance(error, RequestError) else "plan" if isinstance(error, PlanError) else "model"
        return cls(
            type=f"{owner}_error",
            code=error.code,
            message=error.message,
            param=error.param,
            hint=error.hint,
            retry_after_s=error.retry_after_s,
        )

    def error(self) -> AudioGPTError:
        """Return an error of the tree that says the same; of the plain base where the code is unknown here."""
        kind = next((kind for kind in _below(AudioGPTError) if kind.code == self.code), AudioGPTError)
        return kind(self.message, param=self.param, hint=self.hint, retry_after_s=self.retry_after_s)


def _below(kind: type[AudioGPTError]) -> Iterator[type[AudioGPTError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


class StepResult(BaseModel):
    """One step after it ran, or after it was certain that it would not."""

    model_config = ConfigDict(frozen=True)  # fields that another version stored are passed over

    id: str
    task: str
    state: StepState
    model: str | None = Field(default=None, description="Model that answered")
    outputs: dict[str, Any] = Field(
        default_factory=dict,
        description="The response's fields as JSON values; media fields are artifact references",
    )
    artifacts: dict[str, ArtifactRef] = Field(
        default_factory=dict, description="Every stored output by path, e.g. audio or speakers.1"
    )
    error: ErrorInfo | None = None
    warnings: tuple[str, ...] = Field(default=(), description="What of the step's inputs could not be read")
    attempts: int = 0
    usage: Usage | None = Field(default=None, description="What its calls to models came to; None if it made none")
    reused: bool = Field(default=False, description="Whether an earlier run of the same work answered")
    key: str | None = Field(default=None, exclude=True, description="Equal for equal work; told to no client")
    started_s: float | None = Field(default=None, description="Seconds after the start of the plan")
    duration_s: float | None = None
