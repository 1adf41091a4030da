"""What is known of webhooks, as people and programs read it; times are seconds since 1970."""

from pydantic import BaseModel, ConfigDict, Field


class Webhook(BaseModel):
    """An address that is told when a run of its tenant has ended."""

    model_config = ConfigDict(frozen=True)

    id: str
    url: str
    created: float
    rotated: float | None = Field(default=None, description="When its secret was last replaced; None if it never was")
    waiting: int = Field(default=0, description="Messages that are still to be told")
    given_up: int = Field(default=0, description="Messages that were told to nobody, kept for a day")


class SecretWebhook(Webhook):
    """A webhook with what its messages are signed with, as Standard Webhooks has it; it is shown once."""

    secret: str
