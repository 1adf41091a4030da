"""Every metric of the system. Ray exports them on each node as `ray_` and the name; docs/operating.md lists them."""

from router.telemetry.metric import Counter, Gauge, Histogram, Metric

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
SHORT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
LONG_SECONDS = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0)
COUNTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)

HTTP_REQUESTS = Counter(
    "audiogpt_http_requests_total", "HTTP requests answered", ("method", "route", "status", "tenant_class")
)
HTTP_SECONDS = Histogram("audiogpt_http_seconds", "Time to the end of the answer", ("method", "route"), SECONDS)

LIMITS_REFUSED = Counter(
    "audiogpt_limits_refused_total", "What tenants asked for past a limit of theirs", ("limit", "tenant_class")
)

PLANS = Counter("audiogpt_plans_total", "Requests planned", ("planner", "outcome"))
PLAN_SECONDS = Histogram("audiogpt_plan_seconds", "Time to the outcome of planning", ("planner",), SECONDS)
LLM_PLANS = Counter(
    "audiogpt_llm_plans_total", "Plans of the LLM, by whether the offline planner reads them the same way", ("agreed",)
)
LLM_FALLBACKS = Counter("audiogpt_llm_fallbacks_total", "Requests the LLM did not plan, by why", ("code",))

STEPS = Counter("audiogpt_steps_total", "Steps and single tasks that ended", ("task", "model", "state", "tenant_class"))
STEP_SECONDS = Histogram("audiogpt_step_seconds", "Time of a step that is done", ("task",), SECONDS)
STEP_WAIT_SECONDS = Histogram(
    "audiogpt_step_wait_seconds", "The part of it outside the model", ("task", "loading"), SECONDS
)
FIRST_STEP_WAIT_SECONDS = Histogram(
    "audiogpt_first_step_wait_seconds",
    "From the start of a plan's first step until its model works on it",
    ("loading",),
    SECONDS,
)
STEP_RETRIES = Counter("audiogpt_step_retries_total", "Further attempts at steps, by why", ("task", "code"))
COLD_STARTS = Counter("audiogpt_cold_starts_total", "Steps whose model had to be loaded first", ("model",))
MODEL_CALLS = Gauge("audiogpt_model_calls", "Calls that are out, by the process that waits", ("model", "state"))
MODELS = Gauge("audiogpt_models", "Configured models by state", ("state",))
LIVE_TASKS = Gauge("audiogpt_live_tasks", "Tasks in service")

REQUESTS = Counter("audiogpt_requests_total", "Calls a model's replicas ended", ("task", "model", "tenant_class"))
ERRORS = Counter("audiogpt_errors_total", "Those that ended in an error", ("task", "model", "code"))
RUN_SECONDS = Histogram("audiogpt_run_seconds", "Time in the model", ("task", "model"), SECONDS)
QUEUE_SECONDS = Histogram(
    "audiogpt_queue_seconds", "Time waited for the model", ("task", "model", "tenant_class"), SECONDS
)
BATCH_SIZE = Histogram("audiogpt_batch_size", "Requests run together", ("task", "model"), COUNTS)
AUDIO_SECONDS = Counter("audiogpt_audio_seconds_total", "Seconds of audio taken and given", ("task", "model"))
MODEL_SECONDS = Counter(
    "audiogpt_model_seconds_total", "Time in the model divided among its batch", ("task", "model", "tenant_class")
)
LOAD_SECONDS = Histogram("audiogpt_load_seconds", "Time a replica took to load its model", ("model",), SECONDS)
GPU_MEMORY = Gauge("audiogpt_gpu_memory_bytes", "GPU memory of a replica by kind", ("model", "kind"))

RUNS_ACCEPTED = Counter("audiogpt_runs_accepted_total", "Runs queued", ("tenant_class",))
RUNS_ENDED = Counter(
    "audiogpt_runs_ended_total", "Runs that ended: done, failed, cancelled, expired, lost", ("outcome", "tenant_class")
)
RUN_DURATION_SECONDS = Histogram(
    "audiogpt_run_duration_seconds", "From a run's first claim to its end", ("outcome",), LONG_SECONDS
)
RUN_QUEUE_SECONDS = Histogram(
    "audiogpt_run_queue_seconds", "From a run's request to its first claim", ("tenant_class",), LONG_SECONDS
)
RUNS = Gauge("audiogpt_runs", "Runs that have not ended; equal in all processes", ("state", "tenant_class"))
OLDEST_RUN = Gauge("audiogpt_oldest_queued_run_seconds", "Age of the run that waits longest")
STALE_LEASES = Gauge("audiogpt_stale_leases", "Running runs whose owner is silent for longer than a lease")
LEASES = Counter("audiogpt_leases_total", "Leases claimed, taken over, released, lost, not renewed", ("event",))

DECODER_JOBS = Counter("audiogpt_decoder_jobs_total", "Files decoded: done, refused, lost", ("outcome",))
DECODER_SECONDS = Histogram("audiogpt_decoder_seconds", "Time of a decoder's job, with its wait", (), SECONDS)
DECODERS_BUSY = Gauge("audiogpt_decoders_busy", "Files being decoded or waiting for a decoder")
DECODERS = Gauge("audiogpt_decoders", "Files that may be decoded at once")
CACHE_LOOKUPS = Counter("audiogpt_cache_lookups_total", "Look-ups in caches: hit, miss", ("cache", "result"))

DATABASE_SECONDS = Histogram(
    "audiogpt_database_seconds", "Time of a transaction, with its wait for a connection", ("kind",), SHORT_SECONDS
)
DATABASE_ERRORS = Counter("audiogpt_database_errors_total", "Transactions the database did not answer", ("kind",))
DATABASE_CONNECTIONS = Gauge("audiogpt_database_connections", "Connections of a pool: in use, most", ("state",))
STORAGE_SECONDS = Histogram(
    "audiogpt_storage_seconds", "Time of an operation of the artifact store, S3 or a folder", ("operation",), SECONDS
)
STORAGE_ERRORS = Counter("audiogpt_storage_errors_total", "Operations of it that failed", ("operation",))
STORAGE_BYTES = Counter("audiogpt_storage_bytes_total", "Bytes read and written there", ("operation",))

ALL: tuple[Metric, ...] = tuple(value for value in vars().copy().values() if isinstance(value, Metric))
