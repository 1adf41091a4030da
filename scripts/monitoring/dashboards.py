"""Grafana dashboards as JSON, made from the metrics."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from router.telemetry import metrics as m
from scripts.monitoring.promql import (
    INTERVAL,
    histogram_rate,
    most,
    or_nothing,
    quantile,
    rate,
    ratio,
    share_within,
    total,
)

SCHEMA = 39  # of Grafana 10 and later
WIDTH, HEIGHT, COLUMNS = 8, 8, 3
SOURCE = {"type": "prometheus", "uid": "${source}"}
MODEL = "=~$model"  # chosen on the dashboard


@dataclass(frozen=True)
class Panel:
    """One graph; its queries by what their lines are called, in Grafana's `{{label}}`."""

    title: str
    queries: Mapping[str, str]
    unit: str = "short"
    what: str = ""


@dataclass(frozen=True)
class Dashboard:
    """One page of graphs."""

    name: str
    title: str
    panels: Sequence[Panel]


def _spread(metric: m.Histogram, by: Sequence[str] = (), **where: str) -> dict[str, str]:
    """Return median and 95th percentile."""
    label = " ".join(f"{{{{{name}}}}}" for name in by)
    return {f"{label} p{round(q * 100)}".strip(): quantile(q, metric, by, **where) for q in (0.5, 0.95)}


OVERVIEW = Dashboard(
    "overview",
    "AudioGPT: overview",
    (
        Panel("Requests", {"{{status}}": rate(m.HTTP_REQUESTS, ("status",))}, "reqps"),
        Panel("Time to the end of the answer", _spread(m.HTTP_SECONDS, ("route",)), "s"),
        Panel(
            "Errors of the server",
            {"share": ratio(rate(m.HTTP_REQUESTS, status="=~5.."), rate(m.HTTP_REQUESTS))},
            "percentunit",
        ),
        Panel(
            "First step within 2 s, model loaded",
            {"share": share_within(m.FIRST_STEP_WAIT_SECONDS, 2.0, over="30m", loading="false")},
            "percentunit",
            "Objective: 99 %",
        ),
        Panel("Plans", {"{{planner}} {{outcome}}": rate(m.PLANS, ("planner", "outcome"))}, "ops"),
        Panel("Time to plan", _spread(m.PLAN_SECONDS, ("planner",)), "s"),
        Panel("Requests the LLM did not plan", {"{{code}}": or_nothing(rate(m.LLM_FALLBACKS, ("code",)))}, "ops"),
        Panel("LLM and offline planner agree", {"agreed {{agreed}}": rate(m.LLM_PLANS, ("agreed",))}, "ops"),
        Panel("Models", {"{{state}}": most(m.MODELS, ("state",)), "tasks": most(m.LIVE_TASKS)}),
        Panel("Files decoded", {"{{outcome}}": rate(m.DECODER_JOBS, ("outcome",))}, "ops"),
        Panel(
            "Decoders", {"in work or waiting": total(m.DECODERS_BUSY), "there are": total(m.DECODERS)},
        ),
        Panel("Time to decode", _spread(m.DECODER_SECONDS), "s"),
        Panel(
            "Cache hits",
            {"{{cache}}": f"{rate(m.CACHE_LOOKUPS, ('cache',), result='hit')} / {rate(m.CACHE_LOOKUPS, ('cache',))}"},
            "percentunit",
        ),
        Panel("Database transactions", _spread(m.DATABASE_SECONDS, ("kind",)), "s"),
        Panel("Database connections", {"{{state}}": total(m.DATABASE_CONNECTIONS, ("state",))}),
        Panel("Database errors", {"errors": or_nothing(rate(m.DATABASE_ERRORS))}, "ops"),
        Panel("Artifact store", _spread(m.STORAGE_SECONDS, ("operation",)), "s"),
        Panel("Artifact store, bytes", {"{{operation}}": rate(m.STORAGE_BYTES, ("operation",))}, "Bps"),
        Panel("Artifact store, errors", {"errors": or_nothing(rate(m.STORAGE_ERRORS))}, "ops"),
        Panel("Memory of the nodes", {"{{ip}}": "sum by (ip) (ray_node_mem_used)"}, "bytes"),
        Panel("CPU of the nodes", {"{{ip}}": "avg by (ip) (ray_node_cpu_utilization)"}, "percent"),
    ),
)  # fmt: skip

MODELS = Dashboard(
    "models",
    "AudioGPT: models",
    (
        Panel("Calls", {"{{model}}": rate(m.REQUESTS, ("model",), model=MODEL)}, "reqps"),
        Panel("Errors", {"{{model}} {{code}}": or_nothing(rate(m.ERRORS, ("model", "code"), model=MODEL))}, "ops"),
        Panel("Calls that are out", {"{{model}} {{state}}": total(m.MODEL_CALLS, ("model", "state"), model=MODEL)}),
        Panel("Wait for the model", _spread(m.QUEUE_SECONDS, ("model",), model=MODEL), "s"),
        Panel("Time in the model", _spread(m.RUN_SECONDS, ("model",), model=MODEL), "s"),
        Panel("Batch size", _spread(m.BATCH_SIZE, ("model",), model=MODEL)),
        Panel("Cold starts", {"{{model}}": or_nothing(rate(m.COLD_STARTS, ("model",), model=MODEL))}, "ops"),
        Panel("Time to load", _spread(m.LOAD_SECONDS, ("model",), model=MODEL), "s"),
        Panel("Seconds of audio a second", {"{{model}}": rate(m.AUDIO_SECONDS, ("model",), model=MODEL)}),
        Panel("Model seconds a second", {"{{model}}": rate(m.MODEL_SECONDS, ("model",), model=MODEL)}),
    ),
)

RUNS = Dashboard(
    "runs",
    "AudioGPT: runs and steps",
    (
        Panel("Runs that have not ended", {"{{state}}": most(m.RUNS, ("state",))}),
        Panel("Oldest run that waits", {"age": most(m.OLDEST_RUN)}, "s"),
        Panel("Runs accepted and ended", {
            "accepted": rate(m.RUNS_ACCEPTED), "{{outcome}}": rate(m.RUNS_ENDED, ("outcome",)),
        }, "ops"),
        Panel("Wait for a runner", _spread(m.RUN_QUEUE_SECONDS), "s"),
        Panel("Time of a run", _spread(m.RUN_DURATION_SECONDS, ("outcome",)), "s"),
        Panel("Leases", {"{{event}}": rate(m.LEASES, ("event",)), "stale": most(m.STALE_LEASES)}),
        Panel("Steps", {"{{task}} {{state}}": rate(m.STEPS, ("task", "state"))}, "ops"),
        Panel("Time of a step", _spread(m.STEP_SECONDS, ("task",)), "s"),
        Panel("The part of it outside the model", _spread(m.STEP_WAIT_SECONDS, ("task", "loading")), "s"),
        Panel("Start of a plan's first step", _spread(m.FIRST_STEP_WAIT_SECONDS, ("loading",)), "s"),
        Panel("Further attempts", {"{{task}} {{code}}": or_nothing(rate(m.STEP_RETRIES, ("task", "code")))}, "ops"),
    ),
)  # fmt: skip

TENANTS = Dashboard(
    "tenants",
    "AudioGPT: tenants, by class",
    (
        Panel("Requests", {"{{tenant_class}}": rate(m.HTTP_REQUESTS, ("tenant_class",))}, "reqps"),
        Panel("Refused", {"{{tenant_class}} {{status}}": or_nothing(
            rate(m.HTTP_REQUESTS, ("tenant_class", "status"), status="=~4.."),
        )}, "reqps"),
        Panel("Refused by a limit", {"{{tenant_class}} {{limit}}": or_nothing(
            rate(m.LIMITS_REFUSED, ("tenant_class", "limit")),
        )}, "reqps"),
        Panel("Calls to models", {"{{tenant_class}}": rate(m.REQUESTS, ("tenant_class",))}, "reqps"),
        Panel("Model seconds a second", {"{{tenant_class}}": rate(m.MODEL_SECONDS, ("tenant_class",))}),
        Panel("Wait for models", _spread(m.QUEUE_SECONDS, ("tenant_class",)), "s"),
        Panel("Steps", {"{{tenant_class}} {{state}}": rate(m.STEPS, ("tenant_class", "state"))}, "ops"),
        Panel("Runs that have not ended", {"{{tenant_class}} {{state}}": most(m.RUNS, ("tenant_class", "state"))}),
        Panel("Runs ended", {"{{tenant_class}} {{outcome}}": rate(m.RUNS_ENDED, ("tenant_class", "outcome"))}, "ops"),
        Panel("Wait for a runner", _spread(m.RUN_QUEUE_SECONDS, ("tenant_class",)), "s"),
    ),
)  # fmt: skip

MIB = 2**20
BY_GPU = "{{ip}} {{GpuIndex}}"
GPU = Dashboard(
    "gpu",
    "AudioGPT: GPUs",
    (
        Panel("Memory in use", {BY_GPU: f"sum by (ip, GpuIndex) (ray_node_gram_used) * {MIB}"}, "bytes"),
        Panel("Memory free", {BY_GPU: f"sum by (ip, GpuIndex) (ray_node_gram_available) * {MIB}"}, "bytes"),
        Panel("Utilisation", {BY_GPU: "avg by (ip, GpuIndex) (ray_node_gpus_utilization)"}, "percent"),
        Panel("Memory of the models", {"{{model}} {{kind}}": total(m.GPU_MEMORY, ("model", "kind"))}, "bytes"),
        Panel("Time in the model", _spread(m.RUN_SECONDS, ("model",)), "s"),
        Panel("Calls a model ends", {"{{model}}": histogram_rate(m.RUN_SECONDS, ("model",))}, "reqps"),
    ),
)  # fmt: skip

DASHBOARDS = (OVERVIEW, MODELS, RUNS, TENANTS, GPU)


def dashboard_json(dashboard: Dashboard) -> str:
    """Return a dashboard as Grafana imports it."""
    made = {
        "uid": f"audiogpt-{dashboard.name}",
        "title": dashboard.title,
        "tags": ["audiogpt"],
        "schemaVersion": SCHEMA,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": list(_variables(dashboard))},
        "panels": [_panel(number, panel) for number, panel in enumerate(dashboard.panels)],
    }
    return json.dumps(made, indent=1) + "\n"


def queries(made: Mapping[str, Any]) -> Iterator[str]:
    """Yield the queries of a dashboard as Prometheus takes them, with every model chosen."""
    for panel in made["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace(INTERVAL, "1m").replace("$model", ".*")


def _variables(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    yield {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    if any(MODEL[2:] in query for panel in dashboard.panels for query in panel.queries.values()):
        yield {
            "name": "model",
            "type": "query",
            "label": "Model",
            "datasource": SOURCE,
            "query": {"query": "label_values(ray_audiogpt_requests_total, model)", "refId": "models"},
            "refresh": 2,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, COLUMNS)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.what,
        "datasource": SOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": row * HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend, "datasource": SOURCE}
            for index, (legend, query) in enumerate(panel.queries.items())
        ],
    }
