"""Which files hold something made, and what they should hold."""

from pathlib import Path

from evaluation.capability.markdown import markdown
from evaluation.capability.report import CapabilityReport
from router.spec import read_specs
from scripts.monitoring.alerts import alerts_table, kubernetes_rules, rules
from scripts.monitoring.dashboards import DASHBOARDS, dashboard_json
from scripts.tables.benchmarks import benchmarks_table
from scripts.tables.capacity import capacity_table, kinds_table
from scripts.tables.configuration import configuration
from scripts.tables.http import document, reference
from scripts.tables.kubernetes import SOURCES, overlay_config, overlay_path
from scripts.tables.limits import limits_table
from scripts.tables.metrics import metrics_table
from scripts.tables.models import details, overview
from scripts.tables.tasks import tasks_table

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DEPLOY = ROOT / "deploy"
REPORT = DOCS / "capability.json"
PROFILES = {
    "embedded": ROOT / "serve_config.embedded.yaml",
    "CPU": ROOT / "serve_config.cpu.yaml",
    "production": ROOT / "serve_config.yaml",
}


def made() -> dict[Path, str]:
    """Return every file with something made in it, as it should be."""
    report = CapabilityReport.read(REPORT)
    profiles = {name: read_specs(path) for name, path in PROFILES.items()}
    models = overview(profiles)
    return {
        ROOT / "README.md": with_tables(ROOT / "README.md", tasks=tasks_table(report), models=models),
        DOCS / "models.md": with_tables(DOCS / "models.md", models=models, declared=details(profiles)),
        DOCS / "gpu.md": with_tables(DOCS / "gpu.md", benchmarks=benchmarks_table()),
        DOCS / "limits.md": with_tables(DOCS / "limits.md", limits=limits_table()),
        DOCS / "configuration.md": configuration(),
        DOCS / "http.md": reference(document()),
        DOCS / "capability.md": markdown(report),
        DOCS / "operating.md": with_tables(
            DOCS / "operating.md",
            metrics=metrics_table(),
            alerts=alerts_table(),
            capacity=capacity_table(),
            kinds=kinds_table(),
        ),
        DEPLOY / "prometheus" / "rules.yml": rules(),
        DEPLOY / "prometheus" / "kubernetes.yaml": kubernetes_rules(),
        **{DEPLOY / "grafana" / f"{each.name}.json": dashboard_json(each) for each in DASHBOARDS},
        **{overlay_path(overlay): overlay_config(overlay) for overlay in SOURCES},
    }


def with_tables(page: Path, **tables: str) -> str:
    """Return a page with each table between the marks of its name."""
    text = page.read_text(encoding="utf-8")
    for name, table in tables.items():
        begin, end = f"<!-- {name}: made by `make tables` -->", f"<!-- end of {name} -->"
        head, _, rest = text.partition(begin)
        text = f"{head}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    return text
