"""The alerts, and Prometheus' rules made from them; docs/operating.md has a runbook for each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from router.telemetry import metrics as m
from scripts.monitoring.promql import (
    grown,
    histogram_rate,
    most,
    name_of,
    or_nothing,
    quantile,
    rate,
    ratio,
    share_within,
    total,
)

RUNBOOKS = "docs/operating.md"
FIRST_STEP_S = 2.0  # objective: a warm plan's first step is worked on within so long
FIRST_STEP_SHARE = 0.99
ENDING_SHARE = 0.999  # objective: of the accepted runs so many end
HEAD = "# Made by `make tables` from scripts/monitoring/alerts.py; `promtool test rules` tests them.\n"


@dataclass(frozen=True)
class Alert:
    """Something an operator is told: a value that is out of its bounds for a time."""

    name: str
    value: str
    bound: str
    lasts: str
    severity: Literal["page", "ticket"]
    summary: str

    @property
    def query(self) -> str:
        """What Prometheus asks."""
        return f"{self.value} {self.bound}"

    @property
    def runbook(self) -> str:
        """Where it is written what to do."""
        return f"{RUNBOOKS}#{self.name.lower()}"


ALERTS = (
    Alert(
        "AudioGPTRunsLost",
        grown(m.RUNS_ENDED, "1h", outcome="=~lost|expired"),
        "> 0",
        "0m",
        "page",
        "{{ $value }} accepted runs ended in the last hour because nobody carried them out",
    ),
    Alert(
        "AudioGPTRunsNotEnding",
        ratio(
            rate(m.RUNS_ENDED, over="6h", outcome="=~lost|expired"),
            rate(m.RUNS_ENDED, over="6h"),
        ),
        f"> {round(1 - ENDING_SHARE, 6)}",
        "5m",
        "page",
        "{{ $value | humanizePercentage }} of the runs of six hours did not end as they should",
    ),
    Alert(
        "AudioGPTRunsWaiting",
        most(m.OLDEST_RUN),
        "> 300",
        "5m",
        "page",
        "A run has waited for {{ $value | humanizeDuration }} to be begun",
    ),
    Alert(
        "AudioGPTLeasesStale",
        most(m.STALE_LEASES),
        "> 0",
        "2m",
        "ticket",
        "{{ $value }} runs have lost their process and nobody takes them over",
    ),
    Alert(
        "AudioGPTFirstStepSlow",
        share_within(m.FIRST_STEP_WAIT_SECONDS, FIRST_STEP_S, over="30m", loading="false"),
        f"< {FIRST_STEP_SHARE}",
        "10m",
        "ticket",
        "Only {{ $value | humanizePercentage }} of first steps on loaded models are worked on within 2 s",
    ),
    Alert(
        "AudioGPTServerErrors",
        ratio(rate(m.HTTP_REQUESTS, over="5m", status="=~5.."), rate(m.HTTP_REQUESTS, over="5m")),
        "> 0.05",
        "5m",
        "page",
        "{{ $value | humanizePercentage }} of all requests end in an error of the server",
    ),
    Alert(
        "AudioGPTModelErrors",
        ratio(rate(m.ERRORS, ("model",), over="10m", code="!~invalid_.*|cancelled|too_large|unsupported_media"),
              rate(m.REQUESTS, ("model",), over="10m")),
        "> 0.1",
        "10m",
        "ticket",
        "Model {{ $labels.model }} fails on {{ $value | humanizePercentage }} of its calls",
    ),
    Alert(
        "AudioGPTModelQueueLong",
        quantile(0.95, m.QUEUE_SECONDS, ("model",), over="10m"),
        "> 30",
        "10m",
        "ticket",
        "Calls wait {{ $value | humanizeDuration }} for model {{ $labels.model }}",
    ),
    Alert(
        "AudioGPTModelsStarting",
        most(m.MODELS, ("state",), state="starting"),
        "> 0",
        "20m",
        "ticket",
        "{{ $value }} models have not come up for 20 minutes",
    ),
    Alert(
        "AudioGPTPlansSlow",
        quantile(0.95, m.PLAN_SECONDS, ("planner",), over="10m"),
        "> 10",
        "10m",
        "ticket",
        "Planning by {{ $labels.planner }} takes {{ $value | humanizeDuration }}",
    ),
    Alert(
        "AudioGPTLLMFallbacks",
        ratio(rate(m.LLM_FALLBACKS, over="10m"), rate(m.PLANS, over="10m", planner="=~llm|offline")),
        "> 0.2",
        "10m",
        "ticket",
        "The LLM does not plan {{ $value | humanizePercentage }} of the requests",
    ),
    Alert(
        "AudioGPTDecodersBusy",
        f"{total(m.DECODERS_BUSY)} / {total(m.DECODERS)}",
        "> 4",
        "10m",
        "ticket",
        "{{ $value }} files wait for each decoder",
    ),
    Alert(
        "AudioGPTDatabaseFailing",
        or_nothing(rate(m.DATABASE_ERRORS, over="5m")),
        "> 0.1",
        "2m",
        "page",
        "The database does not answer {{ $value }} times a second",
    ),
    Alert(
        "AudioGPTDatabaseSlow",
        quantile(0.95, m.DATABASE_SECONDS, ("kind",), over="10m"),
        "> 0.5",
        "10m",
        "ticket",
        "Transactions ({{ $labels.kind }}) take {{ $value | humanizeDuration }}",
    ),
    Alert(
        "AudioGPTStorageFailing",
        ratio(
            rate(m.STORAGE_ERRORS, over="5m"),
            histogram_rate(m.STORAGE_SECONDS, over="5m"),
        ),
        "> 0.01",
        "5m",
        "page",
        "The artifact store fails on {{ $value | humanizePercentage }} of its operations",
    ),
    Alert(
        "AudioGPTLeasesLost",
        grown(m.LEASES, "1h", event="=~lost|not renewed"),
        "> 5",
        "0m",
        "ticket",
        "{{ $value }} times in an hour a process lost runs, or could not keep them",
    ),
    Alert(
        "AudioGPTGPUMemoryFull",
        "max by (ip, GpuIndex) (ray_node_gram_used / (ray_node_gram_used + ray_node_gram_available))",
        "> 0.97",
        "10m",
        "ticket",
        "GPU {{ $labels.GpuIndex }} of node {{ $labels.ip }} has {{ $value | humanizePercentage }} of its memory used",
    ),
    Alert(
        "AudioGPTNodeUnseen",
        "up",
        "== 0",
        "5m",
        "ticket",
        "{{ $labels.instance }} has not answered for 5 minutes",
    ),
    Alert(
        "AudioGPTUnseen",
        or_nothing(f"count({name_of(m.LIVE_TASKS)})"),
        "== 0",
        "5m",
        "page",
        "No process of the system tells how it is",
    ),
)  # fmt: skip


def rules() -> str:
    """Return Prometheus' file of rules."""
    return HEAD + yaml.safe_dump(_groups(), sort_keys=False, width=10_000)


def kubernetes_rules() -> str:
    """Return the same for the Prometheus operator."""
    made = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "audiogpt"},
        "spec": _groups(),
    }
    return HEAD + yaml.safe_dump(made, sort_keys=False, width=10_000)


def alerts_table() -> str:
    """Return the alerts for their page."""
    rows = [
        f"| [{a.name}](#{a.name.lower()}) | {a.severity} | {a.summary} | `{a.bound}` for {a.lasts} |" for a in ALERTS
    ]
    return "\n".join(["| alert | severity | says | when |", "|---|---|---|---|", *rows])


def _groups() -> dict[str, Any]:
    return {"groups": [{"name": "audiogpt", "rules": list(_rules())}]}


def _rules() -> Iterator[dict[str, Any]]:
    for alert in ALERTS:
        yield {
            "alert": alert.name,
            "expr": alert.query,
            "for": alert.lasts,
            "labels": {"severity": alert.severity},
            "annotations": {"summary": alert.summary, "runbook_url": alert.runbook},
        }
