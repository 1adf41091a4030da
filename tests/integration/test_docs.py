"""Every block of the docs and the README, run in order as a reader would run it; each page in a folder of its own."""

import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

from tests.integration.conftest import LIMIT_S, ROOT, System

DEFAULT_URL = "http://127.0.0.1:8000"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
PAGES = [
    "docs/index.md",
    "docs/chains.md",
    "docs/adding-a-model.md",
    "docs/clients.md",
    "docs/multi-user.md",
    "README.md",
]
INSTALLING = re.compile(r"^make .*$", re.MULTILINE)  # what has already happened when tests run


@pytest.fixture
def reader(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder: the examples, the command on the path, the server's address."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "audiogpt").symlink_to(Path(sys.executable).parent / "audiogpt")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDIOGPT_URL", system.running.api_url)
    monkeypatch.setenv("AUDIOGPT_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", f"{tmp_path}/.venv/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_the_page_run(system: System, reader: Path, page: str) -> None:
    module = types.ModuleType("page")
    sys.modules["page"] = module  # so that a class defined in a block can be found by its import path
    blocks = BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))
    assert blocks
    try:
        for language, text in blocks:
            run(language, text.replace(DEFAULT_URL, system.running.api_url), module, reader)
    finally:
        del sys.modules["page"]


def run(language: str, text: str, module: types.ModuleType, folder: Path) -> None:
    if language == "python":
        exec(compile(text, "page", "exec"), module.__dict__)
        return
    script = INSTALLING.sub(":", text).replace("curl ", "curl --silent --show-error --fail-with-body ")
    shell = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(shell, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


def test_notebook_runs(system: System, reader: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(reader / "examples" / "tour.ipynb", as_version=4)
    client = NotebookClient(
        notebook, timeout=int(LIMIT_S), kernel_name="python3", resources={"metadata": {"path": reader}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("Dashwood" in output.get("text", "") for output in outputs)
    assert any("image/png" in output.get("data", {}) for output in outputs)
