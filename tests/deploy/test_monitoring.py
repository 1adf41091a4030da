"""Alert rules and dashboards: the rules by `promtool`, the dashboards as Grafana reads them."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from router.telemetry.metrics import ALL
from scripts.monitoring.alerts import ALERTS
from scripts.monitoring.dashboards import DASHBOARDS, dashboard_json, queries

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
PAGE = (ROOT / "docs" / "operating.md").read_text()
MINUTES = 480  # that the series last
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs Debian's package prometheus")


@dataclass(frozen=True)
class Case:
    """Series, in promtool's short form, with which an alert fires at a minute, and others with which it does not."""

    bad: dict[str, str]
    good: dict[str, str]
    minute: int = 60


def run_state(outcome: str) -> str:
    return f'ray_audiogpt_runs_ended_total{{outcome="{outcome}", WorkerId="1"}}'


def buckets(name: str, labels: str, *values: tuple[str, str]) -> dict[str, str]:
    """Return the series of a histogram: counts up to each bound, and their sum in `+Inf`."""
    series = {f'ray_audiogpt_{name}_bucket{{{labels}, le="{bound}"}}': value for bound, value in values}
    return series | {f"ray_audiogpt_{name}_count{{{labels}}}": values[-1][1]}


def slow(name: str, labels: str) -> Case:
    """Return a histogram whose values are all long, and one whose values are all short."""
    bounds = ("0.005", "10.0", "60.0", "300.0")
    bad = zip((*bounds, "+Inf"), ("0x480", "0x480", "0x480", "0+6x480", "0+6x480"), strict=True)
    good = zip((*bounds, "+Inf"), ("0+6x480",) * 5, strict=True)
    return Case(buckets(name, labels, *bad), buckets(name, labels, *good))


def share(part: str, whole: str) -> Case:
    """Return two counters of which the part is half of the whole, and of which it is nothing."""
    return Case({part: "0+3x480", whole: "0+6x480"}, {part: "0x480", whole: "0+6x480"})


def gauge(name: str, bad: str, good: str) -> Case:
    return Case({f"ray_audiogpt_{name}": f"{bad}x480"}, {f"ray_audiogpt_{name}": f"{good}x480"})


CASES = {
    # A series that is new, with the first run that was ever lost, must fire too.
    "AudioGPTRunsLost": Case(
        {run_state("done"): "0+1x480", run_state("lost"): "_x55 1x400"}, {run_state("done"): "0+1x480"}
    ),
    "AudioGPTRunsNotEnding": Case(
        {run_state("done"): "0+1x480", run_state("expired"): "0+1x480"}, {run_state("done"): "0+1x480"}
    ),
    "AudioGPTRunsWaiting": gauge("oldest_queued_run_seconds", "400", "20"),
    "AudioGPTLeasesStale": gauge("stale_leases", "1", "0"),
    "AudioGPTFirstStepSlow": Case(
        buckets("first_step_wait_seconds", 'loading="false"', ("2.0", "0+3x480"), ("+Inf", "0+6x480")),
        buckets("first_step_wait_seconds", 'loading="true"', ("2.0", "0+3x480"), ("+Inf", "0+6x480"))
        | buckets("first_step_wait_seconds", 'loading="false"', ("2.0", "0+6x480"), ("+Inf", "0+6x480")),
    ),
    "AudioGPTServerErrors": share(
        'ray_audiogpt_http_requests_total{status="503"}', 'ray_audiogpt_http_requests_total{status="200"}'
    ),
    "AudioGPTModelErrors": Case(
        {
            'ray_audiogpt_errors_total{model="m", code="model_failed"}': "0+3x480",
            'ray_audiogpt_requests_total{model="m"}': "0+6x480",
        },
        {
            'ray_audiogpt_errors_total{model="m", code="invalid_input"}': "0+3x480",
            'ray_audiogpt_requests_total{model="m"}': "0+6x480",
        },
    ),
    "AudioGPTModelQueueLong": slow("queue_seconds", 'model="m", task="t"'),
    "AudioGPTModelsStarting": Case(
        {'ray_audiogpt_models{state="starting"}': "1x480"},
        {'ray_audiogpt_models{state="starting"}': "0x480", 'ray_audiogpt_models{state="off"}': "3x480"},
    ),
    "AudioGPTPlansSlow": slow("plan_seconds", 'planner="llm"'),
    "AudioGPTLLMFallbacks": share(
        'ray_audiogpt_llm_fallbacks_total{code="model_unavailable"}', 'ray_audiogpt_plans_total{planner="offline"}'
    ),
    "AudioGPTDecodersBusy": Case(
        {"ray_audiogpt_decoders_busy": "40x480", "ray_audiogpt_decoders": "4x480"},
        {"ray_audiogpt_decoders_busy": "4x480", "ray_audiogpt_decoders": "4x480"},
    ),
    "AudioGPTDatabaseFailing": Case(
        {'ray_audiogpt_database_errors_total{kind="read"}': "0+60x480"},
        {'ray_audiogpt_database_errors_total{kind="read"}': "2x480"},
    ),
    "AudioGPTDatabaseSlow": slow("database_seconds", 'kind="write"'),
    "AudioGPTStorageFailing": Case(
        {
            'ray_audiogpt_storage_errors_total{operation="read"}': "0+3x480",
            'ray_audiogpt_storage_seconds_count{operation="read"}': "0+6x480",
        },
        {'ray_audiogpt_storage_seconds_count{operation="read"}': "0+6x480"},
    ),
    "AudioGPTLeasesLost": Case(
        {'ray_audiogpt_leases_total{event="lost"}': "0+1x480"},
        {'ray_audiogpt_leases_total{event="claimed"}': "0+9x480"},
    ),
    "AudioGPTGPUMemoryFull": Case(
        {
            'ray_node_gram_used{ip="10.0.0.7", GpuIndex="0"}': "15300x480",
            'ray_node_gram_available{ip="10.0.0.7", GpuIndex="0"}': "60x480",
        },
        {
            'ray_node_gram_used{ip="10.0.0.7", GpuIndex="0"}': "9000x480",
            'ray_node_gram_available{ip="10.0.0.7", GpuIndex="0"}': "6360x480",
        },
    ),
    "AudioGPTNodeUnseen": Case({'up{job="audiogpt", instance="a:1"}': "0x480"}, {'up{job="audiogpt"}': "1x480"}),
    "AudioGPTUnseen": Case({'up{job="audiogpt"}': "1x480"}, {"ray_audiogpt_live_tasks": "16x480"}),
}  # fmt: skip


@promtool
@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_alert_fires_when_it_should_and_only_then(alert: object, tmp_path: Path) -> None:
    name = alert.name  # type: ignore[attr-defined]
    case = CASES[name]
    firing = f'count(ALERTS{{alertname="{name}", alertstate="firing"}})'
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": series, "values": values} for series, values in given.items()],
            "promql_expr_test": [{"expr": firing, "eval_time": f"{case.minute}m", "exp_samples": expected}],
        }
        for given, expected in ((case.bad, [{"labels": "{}", "value": 1}]), (case.good, []))
    ]
    path = tmp_path / "tests.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@promtool
def test_prometheus_reads_rules_and_configuration() -> None:
    for command in (["rules", str(RULES)], ["config", "--syntax-only", str(RULES.with_name("prometheus.yml"))]):
        done = subprocess.run(["promtool", "check", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_and_a_runbook() -> None:
    assert CASES.keys() == {alert.name for alert in ALERTS}
    runbooks = dict(re.findall(r"^### (AudioGPT\w+)\n\n(.+?)(?=\n###? |\Z)", PAGE, re.M | re.S))
    assert runbooks.keys() == CASES.keys()
    assert all(len(text) > 100 for text in runbooks.values())
    for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]:
        page, anchor = rule["annotations"]["runbook_url"].split("#")
        assert (ROOT / page).is_file()
        assert anchor == rule["alert"].lower()


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.name)
def test_dashboards_are_what_grafana_imports(dashboard: object) -> None:
    made = json.loads(dashboard_json(dashboard))  # type: ignore[arg-type]
    assert {"uid", "title", "schemaVersion", "panels", "templating"} <= made.keys()
    ids = [panel["id"] for panel in made["panels"]]
    assert len(set(ids)) == len(ids) > 5
    spots = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in made["panels"]]
    assert len(set(spots)) == len(spots)
    assert all(target["datasource"]["uid"] == "${source}" for panel in made["panels"] for target in panel["targets"])
    assert "$" not in "".join(queries(made))


def test_every_metric_is_on_a_dashboard() -> None:
    shown = " ".join(query for each in DASHBOARDS for query in queries(json.loads(dashboard_json(each))))
    assert [metric.name for metric in ALL if f"ray_{metric.name}" not in shown] == []
