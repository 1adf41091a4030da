"""What one request of each kind costs, as measured on one machine: what sizes and simulations are computed from."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model_wrappers.contract.errors import InvalidInput

MEASURED = Path(__file__).with_name("costs.json")


class KindCost(BaseModel):
    """One kind of request.

    Its time is spent on processors, by one deployment after another, and in waits that no other request makes longer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(ge=0, le=1, description="Of all requests")
    alone_s: float = Field(gt=0, description="From request to answer when nobody else asks")
    cpu_s: dict[str, float] = Field(description="Of a processor, by deployment; others by what they are")
    model: str | None = Field(default=None, description="The model it waits for")
    task: str | None = Field(default=None, description="What that does for it")
    audio_s: float = Field(default=0.0, ge=0, description="Seconds of sound taken or made")

    @property
    def processor_s(self) -> float:
        """Seconds of a processor, of all deployments together."""
        return sum(self.cpu_s.values())

    def threads(self, deployment: str) -> int:
        """Return on how many processors a deployment works on it at once: several where one could not be so fast."""
        return max(1, round(self.cpu_s.get(deployment, 0.0) / self.alone_s))

    @property
    def elsewhere_s(self) -> float:
        """Waits that no other request makes longer."""
        return max(0.0, self.alone_s - self._in_turn_s)

    @property
    def before_answer(self) -> float:
        """Share of the work that the answer waits for; the rest, which does not fit into its time, comes after it."""
        return min(1.0, self.alone_s / self._in_turn_s) if self._in_turn_s else 1.0

    @property
    def _in_turn_s(self) -> float:
        return sum(spent / self.threads(name) for name, spent in self.cpu_s.items())

    def held_s(self, deployment: str) -> float:
        """Return how long it holds one of a deployment's places."""
        spent = self.cpu_s.get(deployment, 0.0) / self.threads(deployment)
        return spent + (self.elsewhere_s if deployment == self.model else 0.0)


class Costs(BaseModel):
    """All kinds of requests, measured together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    places: dict[str, int] = Field(description="Requests that a replica works on at once, by deployment")
    background: float = Field(
        default=0.0, ge=0, description="Processors that the system takes when nobody asks anything"
    )
    kinds: dict[str, KindCost]

    @classmethod
    def read(cls, path: Path = MEASURED) -> Self:
        """Read what was measured.

        Raises:
            InvalidInput: If the file is missing or something else.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError as exc:
            raise InvalidInput(f"There are no costs at {path}; benchmarks.capacity.load --costs writes them.") from exc
        except ValidationError as exc:
            raise InvalidInput(f"{path} holds no costs: {exc}") from exc

    def held_s(self, deployment: str) -> float:
        """Return how long a request of the mix holds one of a deployment's places, on average."""
        return sum(kind.share * kind.held_s(deployment) for kind in self.kinds.values())

    def share(self, deployment: str) -> float:
        """Return the share of the requests that a deployment works on."""
        return sum(kind.share for kind in self.kinds.values() if kind.cpu_s.get(deployment))
