"""Every error the project raises on purpose, sorted by who can repair it.

AudioGPTError
|- RequestError            the caller repairs it
|  |- InvalidInput         a field has a wrong type, range or content
|  |- UnsupportedMedia     a file cannot be decoded, or is of a kind the task cannot take
|  |- TooLarge             an upload, a text or an audio exceeds its limit
|  |- Unauthenticated      no key was sent, or one that is unknown, expired or revoked
|  |- Forbidden            who asks, or the page that asks, may not
|  |- NotFound             no such task, model, artifact, session or run
|  |- Conflict             the thing exists but its state forbids the call
|  |- LimitExceeded        a limit of the tenant's is used up; wait or ask for less
|- PlanError               the planner repairs it: sent back for another plan
|  |- InvalidPlan          unknown task, missing reference, cycle, wrong modality or argument
|- ModelError              the operator repairs it
   |- ModelFailed          the model raised, or returned something unusable
   |- ModelUnavailable     switched off, not installed, or refused to load
   |- ModelOverloaded      its queue is full; try again later
   |- ModelLost            its process died while it was working
   |- DeadlineExceeded     the answer did not come in time
   |- WouldMissDeadline    the answer could not come in time: refused before any work
   |- Cancelled            the caller went away or asked to stop
   |- StorageUnavailable   the artifact store or the database cannot be reached
      |- StorageFull       it has no room left
"""

from typing import ClassVar


class AudioGPTError(Exception):
    """Base of the tree.

    The message is the only positional argument, so that an error survives pickling between processes.
    """

    code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        hint: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """Describe what is wrong, what was got, what is allowed and what to do.

        Args:
            message: One or two sentences for the person who repairs it.
            param: The field or argument at fault, dotted for nested ones.
            hint: What to do instead, where the message does not say.
            retry_after_s: Seconds after which the same call may succeed.
        """
        super().__init__(message)
        self.param = param
        self.hint = hint
        self.retry_after_s = retry_after_s

    @property
    def message(self) -> str:
        """The sentence the error was made with."""
        return str(self.args[0])

    @property
    def for_log(self) -> str:
        """What a log may keep of it: code and field, as its words may repeat what a tenant sent."""
        return f"{self.code} ({self.param})" if self.param else self.code


class RequestError(AudioGPTError):
    """The caller repairs it."""

    code = "invalid_request"


class InvalidInput(RequestError):
    """A field has a wrong type, range or content."""

    code = "invalid_input"


class UnsupportedMedia(RequestError):
    """A file cannot be decoded, or is of a kind the task cannot take."""

    code = "unsupported_media"


class TooLarge(RequestError):
    """An upload, a text or an audio exceeds its limit."""

    code = "too_large"


class Unauthenticated(RequestError):
    """No key was sent, or one that is unknown, expired or revoked."""

    code = "unauthenticated"


class Forbidden(RequestError):
    """Who asks, or the page that asks, may not."""

    code = "forbidden"


class NotFound(RequestError):
    """No such task, model, artifact, session or run."""

    code = "not_found"


class Conflict(RequestError):
    """The thing exists but its state forbids the call."""

    code = "conflict"


class LimitExceeded(RequestError):
    """A limit of the tenant's is used up; wait or ask for less."""

    code = "limit_exceeded"


class PlanError(AudioGPTError):
    """The planner repairs it: sent back for another plan."""

    code = "invalid_plan"


class InvalidPlan(PlanError):
    """Unknown task, missing reference, cycle, wrong modality or argument."""

    code = "invalid_plan"


class ModelError(AudioGPTError):
    """The operator repairs it."""

    code = "model_error"

    @property
    def for_log(self) -> str:
        """The message, which the operator needs and no tenant wrote."""
        return self.message


class ModelFailed(ModelError):
    """The model raised, or returned something unusable."""

    code = "model_failed"


class ModelUnavailable(ModelError):
    """The model is switched off, not installed, or refused to load."""

    code = "model_unavailable"


class ModelOverloaded(ModelError):
    """The model's queue is full; try again later."""

    code = "overloaded"


class ModelLost(ModelError):
    """The model's process died while it was working."""

    code = "model_lost"


class DeadlineExceeded(ModelError):
    """The answer did not come in time."""

    code = "deadline_exceeded"


class WouldMissDeadline(ModelError):
    """The answer could not come in time: refused before any work."""

    code = "would_miss_deadline"


class Cancelled(ModelError):
    """The caller went away or asked to stop."""

    code = "cancelled"


class StorageUnavailable(ModelError):
    """The artifact store or the database cannot be reached."""

    code = "storage_unavailable"


class StorageFull(StorageUnavailable):
    """The artifact store or the database has no room left."""

    code = "storage_full"
