import json
import re
from pathlib import Path

import pytest

from webui.assets import STATIC, Assets

MODULES = sorted((STATIC / "js").rglob("*.js"))
OWN_FILES = [path for path in sorted(STATIC.rglob("*")) if path.is_file() and "vendor" not in path.parts]
IMPORTED = re.compile(r'^(?:import|export)\b[^;]*?from "([^"]+)";|^import "([^"]+)";', re.MULTILINE)
ADDRESS = re.compile(r"(?:https?:)?//[\w-]+\.[\w.-]+")
NAMESPACE = "http://www.w3.org"
MAX_LINES = 250


@pytest.fixture(scope="module")
def import_map() -> dict[str, str]:
    page = Assets().page("nonce")
    found = re.search(r"<script type=\"importmap\"[^>]*>(.*?)</script>", page, re.DOTALL)
    assert found
    return dict(json.loads(found[1])["imports"])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_a_module_imports_only_what_exists(path: Path, import_map: dict[str, str]) -> None:
    text = path.read_text()
    for found in IMPORTED.finditer(text):
        name = found[1] or found[2]
        if name.startswith("."):
            assert (path.parent / name).is_file(), name
        else:
            assert name in import_map
    assert len(text.splitlines()) <= MAX_LINES


def test_vendored_modules_import_only_what_exists(import_map: dict[str, str]) -> None:
    imported = re.compile(r'(?:from|import)"([@\w/.-]+)"|from \'(\./[\w./-]+)\'')
    for path in (STATIC / "vendor").rglob("*.js"):
        for first, second in imported.findall(path.read_text()):
            name = first or second
            assert name in import_map or (path.parent / name).is_file(), f"{name} in {path.name}"


@pytest.mark.parametrize("path", OWN_FILES, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_a_file_of_the_page_names_no_other_server(path: Path) -> None:
    found = ADDRESS.findall(path.read_bytes().decode(errors="ignore"))
    assert [address for address in found if not address.startswith(NAMESPACE)] == []


def test_every_icon_used_is_in_the_sprite() -> None:
    sprite = (STATIC / "vendor/lucide/icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    text = "\n".join(path.read_text() for path in MODULES)
    used = set(re.findall(r'\b(?:icon|name)[=:] ?"([a-z]+(?:-[a-z0-9]+)*)"', text))
    icons = set(re.findall(r'<\$\{Icon\}[^>]*? name="([\w-]+)"', text)) | set(
        re.findall(r'\bicon[=:] ?"([\w-]+)"', text)
    )
    assert icons <= used
    assert icons <= drawn


def test_every_library_keeps_its_licence_and_is_listed() -> None:
    listed = (STATIC / "vendor/THIRD_PARTY.md").read_text()
    folders = [path for path in (STATIC / "vendor").iterdir() if path.is_dir()]
    assert len(folders) == listed.count("\n|") - 2
    for folder in folders:
        assert list(folder.glob("LICENSE*")), folder.name
    assert set(re.findall(r"\| ((?:MIT|ISC|BSD|Apache)[^|]*) \|", listed)) <= {
        "MIT",
        "ISC and MIT",
        "BSD-3-Clause",
        "Apache-2.0",
    }


def test_the_version_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("{version} {nonce}")
    (tmp_path / "page.css").write_text("a")
    before = Assets(tmp_path)
    assert before.page("n") == f"{before.version} n"
    (tmp_path / "page.css").write_text("b")
    assert Assets(tmp_path).version != before.version


def test_the_page_names_every_module_it_begins_with_and_no_other() -> None:
    page = Assets().page("nonce")
    named = re.findall(r'<link rel="modulepreload" href="ui/\w+/([^"]+)" />', page)
    assert named[0] == "js/main.js"
    assert len(named) == len(set(named))
    assert {"js/conversation.js", "js/components/app.js", "vendor/preact/preact.js"} <= set(named)
    assert all((STATIC / path).is_file() for path in named)
    assert not any("admin" in path or "wavesurfer" in path for path in named)  # fetched when they are shown
