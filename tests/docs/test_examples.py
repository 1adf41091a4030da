import re
from pathlib import Path

import pytest

from model_wrappers.contract.tasks import TASKS

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_an_example_with_a_curl_line_and_a_python_line_for_it(task: str) -> None:
    page = (EXAMPLES / f"{task}.md").read_text(encoding="utf-8")
    curl, python = re.findall(r"```(?:sh|python)\n(.+?)\n```", page, re.DOTALL)
    assert curl.startswith("curl ")
    assert curl.endswith(f"http://127.0.0.1:8000/v1/tasks/{task}")
    assert re.match(rf'AudioGPT\(\).run_task\(\s*"{task}",\s', python)


def test_every_input_of_the_examples_has_its_source_named() -> None:
    sources = (EXAMPLES / "data" / "SOURCES.md").read_text(encoding="utf-8")
    files = [path.name for path in (EXAMPLES / "data").iterdir() if path.suffix in {".flac", ".jpg", ".txt"}]
    assert len(files) >= 6
    assert [name for name in files if f"`{name}`" not in sources] == []


def test_every_file_an_example_names_exists() -> None:
    named = {name for page in EXAMPLES.glob("*.md") for name in re.findall(r"examples/data/[\w.-]+", page.read_text())}
    assert [name for name in named if not (EXAMPLES.parent / name).is_file()] == []
