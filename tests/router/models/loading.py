"""Models that load, or let go, in a way of their own, or not at all."""

from typing import Any

from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.catalog import ModelCard, Requirement
from model_wrappers.contract.errors import ModelUnavailable
from tests.router.models.plain import GATES, STARTED, card
from tests.router.models.translation import Echo


class Refusing(Echo):
    """Refuses to load."""

    class Config(ModelConfig):
        broken: bool = False

    config: Config

    def load(self, device: str) -> None:
        if self.config.broken:
            raise OSError("weights truncated")
        raise ModelUnavailable("The weights are not allowed on this machine.", hint="Choose another model.")


class SlowToLoad(Echo):
    """Loads once its gate opens."""

    class Config(ModelConfig):
        name: str

    config: Config

    def load(self, device: str) -> None:
        STARTED[self.config.name].set()
        GATES[self.config.name].wait()


class Clinging(Echo):
    """Fails to let go of its memory."""

    def unload(self) -> None:
        raise OSError("device busy")


class Demanding(Echo):
    """Needs what no machine has."""

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        needs = Requirement(kind="executable", name="no-such-program", package="no-such-package", manager="apt")
        return card("speech-translation", requires=(needs,))


class NonCommercial(Echo):
    """May not be used in commerce."""

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        return card("speech-translation", licence="CC-BY-NC-4.0", commercial_use=False)
