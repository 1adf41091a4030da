from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.weights.hub import Checkpoint
from model_wrappers.weights.hub_checksums import Checksums
from tests.model_wrappers.hub import COMMIT, LATER_COMMIT, WEIGHTS, Hub, local_hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[Hub]]:
    with local_hub(monkeypatch, tmp_path / "cache") as server:
        yield server


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("own_folder", [False, True])
def test_download_holds_what_is_wanted_with_its_checksums(
    own_folder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own_folder:
        monkeypatch.setenv("AUDIOGPT_MODELS", str(tmp_path / "models"))
    folder = Checkpoint("org/tiny").folder()
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert not (folder / "big.bin").exists()
    assert folder.is_relative_to(tmp_path / ("models" if own_folder else "cache"))
    checksums = Checksums.of(folder)
    assert checksums is not None
    assert checksums.commit == COMMIT
    assert checksums.files.keys() == {"config.json", "model.safetensors"}
    assert checksums.wrong_files(folder) == ()


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("revision", [COMMIT, None])
def test_downloaded_checkpoint_is_found_without_a_network(
    revision: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloaded = Checkpoint("org/tiny", revision).folder()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert Checkpoint("org/tiny", revision).folder(offline=True) == downloaded
    assert Checkpoint("org/tiny", revision).commit() == COMMIT


@pytest.mark.parametrize("own_folder", [False, True])
def test_checkpoint_that_is_not_pinned_stays_at_its_recorded_commit_until_updated(
    own_folder: bool, hub: type[Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own_folder:
        monkeypatch.setenv("AUDIOGPT_MODELS", str(tmp_path / "models"))
    checkpoint = Checkpoint("org/tiny")
    assert checkpoint.commit() is None
    checkpoint.download()
    hub.head = LATER_COMMIT
    checkpoint.download()
    assert checkpoint.commit() == COMMIT
    checkpoint.download(update=True)
    assert checkpoint.commit() == LATER_COMMIT


@pytest.mark.usefixtures("hub")
def test_weights_of_another_commit_than_the_pinned_one_are_refused_until_pulled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIOGPT_MODELS", str(tmp_path / "models"))
    Checkpoint("org/tiny", COMMIT).download()
    pinned = Checkpoint("org/tiny", LATER_COMMIT)
    with pytest.raises(ModelUnavailable, match=f"holds commit {COMMIT} .* but {LATER_COMMIT} is asked for"):
        pinned.folder()
    pinned.download()
    assert pinned.folder(offline=True) == tmp_path / "models" / "org" / "tiny"


@pytest.mark.usefixtures("hub")
def test_damaged_and_cut_files_are_told_apart_from_good_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOGPT_MODELS", str(tmp_path / "models"))
    folder = Checkpoint("org/tiny").folder()
    checksums = Checksums.of(folder)
    assert checksums is not None
    weights = folder / "model.safetensors"
    content = b"x" + WEIGHTS[1:]
    weights.unlink()
    weights.write_bytes(content)
    assert checksums.wrong_sizes(folder) == ()
    assert checksums.wrong_files(folder) == ("model.safetensors",)
    weights.write_bytes(content[:-1])
    with pytest.raises(ModelUnavailable, match=r"model\.safetensors; run `audiogpt models pull`"):
        Checkpoint("org/tiny").folder(offline=True)


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("repository", "message"),
    [
        ("gated/model", "is gated: accept its licence.*HF_TOKEN"),
        ("nobody/nothing", "The hub has no 'nobody/nothing'"),
    ],
)
def test_repository_that_cannot_be_had_says_what_to_do(repository: str, message: str) -> None:
    with pytest.raises(ModelUnavailable, match=message):
        Checkpoint(repository).folder()


@pytest.mark.usefixtures("offline")
def test_without_a_network_the_advice_is_to_copy_the_folder() -> None:
    with pytest.raises(ModelUnavailable, match=r"did not come from the hub.*copy it to \$AUDIOGPT_MODELS/org/tiny"):
        Checkpoint("org/tiny").folder()
    with pytest.raises(ModelUnavailable, match="run `audiogpt models pull`"):
        Checkpoint("org/tiny").folder(offline=True)


@pytest.mark.usefixtures("offline")
def test_local_folder_is_taken_as_it_is_or_refused_for_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no repository can have that name"):
        Checkpoint("/no/such/folder").folder()
    with pytest.raises(ModelUnavailable, match=r"has no 'config\.json'"):
        Checkpoint(str(tmp_path)).folder()
    (tmp_path / "config.json").write_text("{}")
    assert Checkpoint(str(tmp_path)).folder() == tmp_path
