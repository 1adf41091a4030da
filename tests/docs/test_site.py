import sys
from pathlib import Path
from subprocess import run

from scripts import configuration_page
from scripts.http_reference import PAGE, document, reference

ROOT = Path(__file__).parents[2]


def test_site_is_built_without_warnings(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    built = run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "concepts" / "index.html").exists()


def test_http_reference_is_up_to_date() -> None:
    assert PAGE.read_text() == reference(document()), "run scripts/http_reference.py"


def test_configuration_page_is_up_to_date() -> None:
    assert configuration_page.PAGE.read_text() == configuration_page.page(), "run scripts/configuration_page.py"
