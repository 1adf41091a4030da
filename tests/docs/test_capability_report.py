from evaluation.capability.report import CapabilityReport
from model_wrappers.contract.tasks import TASKS
from scripts.tables.pages import REPORT


def test_the_report_covers_every_task() -> None:
    report = CapabilityReport.read(REPORT)
    assert list(dict.fromkeys(row.task for row in report.tasks)) == list(TASKS)
    assert all(row.items for row in report.tasks)
