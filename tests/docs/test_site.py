import sys
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).parents[2]


def test_site_is_built_without_warnings(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    built = run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "concepts" / "index.html").exists()
