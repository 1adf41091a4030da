from evaluation.capability.markdown import markdown
from evaluation.capability.report import CapabilityReport
from model_wrappers.contract.tasks import TASKS
from scripts.tasks_table import REPORT, ROOT, tasks_table, with_tasks

REPORTED = CapabilityReport.read(REPORT)


def test_tasks_table_of_the_readme_is_up_to_date() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme == with_tasks(readme, tasks_table(REPORTED)), "run scripts/tasks_table.py"


def test_the_report_covers_every_task() -> None:
    assert list(dict.fromkeys(row.task for row in REPORTED.tasks)) == list(TASKS)
    assert all(row.items for row in REPORTED.tasks)


def test_the_report_as_markdown_is_that_of_its_json() -> None:
    assert (ROOT / "docs" / "capability.md").read_text() == markdown(REPORTED)
