"""The tables of sessions, runs, tenants, keys, usage and acts, as the newest revision in `migrations/` leaves them."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("summary", Text, nullable=False, default=""),
    Column("next_turn", Integer, nullable=False, default=0),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Index("sessions_by_age", "tenant", "updated"),
)

turns = Table(
    "turns",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", Text, nullable=False),
)

session_artifacts = Table(
    "session_artifacts",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("turn", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("content", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("session_id", String(32), nullable=True),
    Column("state", String(16), nullable=False),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("last_sequence", Integer, nullable=False, default=0),
    Column("heartbeat", Double, nullable=False),  # when its owner's lease was renewed last
    Column("request", Text),  # what a new owner needs to run it; none of runs from before revision 0002
    Column("plan", Text),  # the `Planned` event that stands
    Column("deadline", Double),
    Column("priority", Integer, nullable=False, server_default="0"),  # higher is claimed first
    Column("owner", String(64)),
    Column("fence", Integer, nullable=False, server_default="0"),  # counts owners; a write of an earlier one is refused
    Column("attempt", Integer, nullable=False, server_default="0"),  # counts owners that did not hand the run back
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Index("runs_by_age", "tenant", "created"),
    Index("runs_by_state", "state", "heartbeat"),
)

run_events = Table(
    "run_events",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("content", Text, nullable=False),
)

run_steps = Table(
    "run_steps",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", String(64), primary_key=True),
    Column("result", Text, nullable=False),  # a `StepResult` that is done
    Column("tenant", String(64)),
    Column("key", String(64)),  # equal for equal work; None if it is not to be used again
    Index("run_steps_by_key", "tenant", "key"),
)

tenants = Table(
    "tenants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created", Double, nullable=False),
    Column("weight", Double, nullable=False, server_default="1"),
    Column("limits", Text, nullable=False, server_default="{}"),  # a `TenantLimits`
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("tenant", ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("permissions", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=True),
    Column("revoked", Double, nullable=True),
    Column("last_used", Double, nullable=True),
    Index("keys_by_tenant", "tenant"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", String(32), nullable=False),
    Column("tenant", String(64), nullable=True),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_by_age", "at"),
)

usage_calls = Table(
    "usage_calls",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", Double, nullable=False),  # when the call ended
    Column("tenant", String(64), nullable=False),
    Column("key", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("step", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("task", String(64), nullable=False),
    Column("model", Text, nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("elapsed_s", Double, nullable=False),
    Column("queue_s", Double, nullable=False),
    Column("run_s", Double, nullable=False),
    Column("batch_size", Integer, nullable=False),
    Column("model_s", Double, nullable=False),
    Column("audio_in_s", Double, nullable=False),
    Column("audio_out_s", Double, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("prompt_tokens", Integer, nullable=False, server_default="0"),
    Column("completion_tokens", Integer, nullable=False, server_default="0"),
    Index("usage_calls_by_request", "tenant", "request_id"),
    Index("usage_calls_by_age", "at"),
)

usage_hours = Table(
    "usage_hours",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("hour", BigInteger, primary_key=True),  # its begin, in seconds since 1970
    Column("key", String(64), primary_key=True),  # empty where none was asked for
    Column("task", String(64), primary_key=True),
    Column("model", Text, primary_key=True),
    Column("outcome", String(64), primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("model_s", Double, nullable=False),
    Column("audio_in_s", Double, nullable=False),
    Column("audio_out_s", Double, nullable=False),
    Column("characters", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False, server_default="0"),
    Column("completion_tokens", BigInteger, nullable=False, server_default="0"),
)

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("token", String(16), nullable=False),  # of the claim whose answer it is
    Column("until", Double, nullable=False),  # end of the claim's lease, then of the answer's life
    Column("fingerprint", String(64)),  # of the request; like the rest, none while it is being answered
    Column("status", Integer),
    Column("headers", Text),
    Column("body", Text),
    Index("kept_answers_by_age", "until"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("generation", Integer, nullable=False, server_default="0"),  # of its secret
    Column("rotated", Double),  # when the secret was replaced last
    Index("webhooks_by_tenant", "tenant"),
)

webhook_messages = Table(
    "webhook_messages",  # the outbox: what ended runs have to tell, until it is told
    metadata,
    Column("id", String(40), primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("run_id", String(32), nullable=False),
    Column("content", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due", Double),  # when it is tried next; none once it was given up
    Column("created", Double, nullable=False),
    Column("error", Text, nullable=False, server_default=""),  # of the last try
    Index("webhook_messages_by_due", "due"),
    Index("webhook_messages_by_webhook", "webhook_id"),
)

storage_claims = Table(
    "storage_claims",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("key", String(160), nullable=False),  # of the artifact that is about to be written
    Column("size_bytes", BigInteger, nullable=False),
    Column("until", Double, nullable=False),
    Index("storage_claims_by_tenant", "tenant"),
)

people = Table(
    "people",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),  # a hash, of whom only the identity provider knows
    Column("reads", Boolean, nullable=False),  # whether the newest token permits to read files
    Column("issued", Double, nullable=False),  # when that token was
    Column("until", Double, nullable=False),  # its end
)
