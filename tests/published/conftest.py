from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from model_wrappers.contract.audio import Audio
from router.spec import ModelSpec
from tests.published.case import Case

NEEDS = "needs the production environment: scripts/install_production.sh"


@pytest.fixture(scope="session", autouse=True)
def torch_is_here() -> None:
    """Skip everything of this folder where torch is not installed; one thread, so that sums are always the same."""
    torch = pytest.importorskip("torch", reason=NEEDS)
    pytest.importorskip("transformers", reason=NEEDS)
    from model_wrappers.torch.torchaudio_import import prepare_torchaudio

    prepare_torchaudio()
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, torch_is_here: None) -> Callable[[str], Path]:
    """Return a function that builds a tiny random checkpoint, once, by the name of its module in `checkpoints`."""

    @cache
    def build(name: str) -> Path:
        import torch

        folder = tmp_path_factory.mktemp(name)
        torch.manual_seed(0)
        import_module(f"tests.published.checkpoints.{name}").build(folder)
        return folder

    return build


@pytest.fixture(scope="session")
def cut(speech: Audio) -> Callable[[float, float], Audio]:
    """Return a function that cuts a stretch, in seconds, out of the speech."""
    rate = speech.sample_rate
    return lambda start, end: Audio(speech.waveform[:, int(start * rate) : int(end * rate)], rate)


@pytest.fixture(scope="module")
def spec(case: Case, checkpoint: Callable[[str], Path]) -> Iterator[ModelSpec]:
    """Return the model of a module's `case` on its tiny checkpoint, with the pronunciations that come with it."""
    with pytest.MonkeyPatch.context() as patch:
        if case.wrapper.endswith(":FastSpeech2"):
            import nltk

            patch.setattr(nltk.data, "path", [str(checkpoint("fastspeech2_hifigan") / "nltk_data")])
        yield ModelSpec(
            id="tiny",
            wrapper=case.wrapper,
            args=case.arguments(checkpoint),
            allow_non_commercial=case.non_commercial,
            max_batch_size=4,
        )
