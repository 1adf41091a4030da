"""The base of models that run on torch: where the weights are, device and precision, true batches."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import Field

from model_wrappers.contract.base import ModelConfig, ModelWrapper, RequestT, ResponseT, RunContext, Work
from model_wrappers.contract.catalog import ModelCard, Requirement
from model_wrappers.contract.errors import AudioGPTError, ModelUnavailable
from model_wrappers.torch.batches import answer_together
from model_wrappers.torch.device import Precision, check_memory, open_device, torch_dtype
from model_wrappers.torch.torchaudio_import import prepare_torchaudio
from model_wrappers.weights.hub import NOT_PINNED, TRANSFORMERS_FILES, Checkpoint

if TYPE_CHECKING:
    import torch

PreparedT = TypeVar("PreparedT")
PRODUCTION_PACKAGE = "'audiogpt-serve[production]'"


def needs(*modules: str) -> tuple[Requirement, ...]:
    """Return the requirement of Python modules the production extra brings."""
    return tuple(
        Requirement(kind="module", name=module, package=PRODUCTION_PACKAGE, manager="pip") for module in modules
    )


class TorchConfig(ModelConfig):
    """Which checkpoint, in which precision; a subclass gives the defaults of its model."""

    model: str = Field(description="Folder with the checkpoint, or its repository on the hub")
    revision: str | None = Field(default=None, description="Commit of the repository; None takes the newest")
    precision: Precision = Field(
        default="auto", description="auto: bfloat16 on GPUs that compute in it, float16 on others, float32 on CPUs"
    )
    attention: Literal["sdpa", "eager", "flash_attention_2"] = Field(
        default="sdpa", description="How attention is computed; flash_attention_2 needs the package flash-attn"
    )
    compile: bool = Field(
        default=False, description="Compile the network at load: minutes once, worth it for steady traffic on a GPU"
    )
    memory_mb: int = Field(gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(ge=0, description="GPU memory of a loaded replica at its batch size in MiB")

    def commit(self, model: str = "model", revision: str = "revision") -> str | None:
        """Return the commit to read; a default one belongs to the default repository and to no other."""
        if model in self.model_fields_set and revision not in self.model_fields_set:
            return None
        found: str | None = getattr(self, revision)
        return found


class TorchModel(ModelWrapper[RequestT, ResponseT], Generic[RequestT, ResponseT, PreparedT]):
    """A model whose `run_batch` answers requests of several users in one pass.

    A subclass reads its weights in `load_weights`, checks and decodes one request in `prepare`, and runs the network on
    all of a batch in `answer`, under `torch.inference_mode`. Where the memory does not suffice for a batch, its halves
    run one after another.
    """

    config: TorchConfig
    files: ClassVar[tuple[str, ...]] = TRANSFORMERS_FILES
    required_file: ClassVar[str] = "config.json"
    device: "torch.device"
    dtype: "torch.dtype"

    @classmethod
    def checkpoints(cls, config: Any) -> tuple[Checkpoint, ...]:
        """Return the checkpoints it reads; `audiogpt models pull` fetches them."""
        return (Checkpoint(config.model, config.commit(), cls.files, cls.required_file),)

    @classmethod
    def declare(cls, config: Any, **fields: Any) -> ModelCard:
        """Return a card with sources, revisions and memory taken from the config, and `fields` for the rest."""
        checkpoints = cls.checkpoints(config)
        declared = {
            "method": "neural",
            "source": ", ".join(checkpoint.model for checkpoint in checkpoints),
            "revision": ", ".join(checkpoint.revision or NOT_PINNED for checkpoint in checkpoints),
            "memory_mb": config.memory_mb,
            "gpu_memory_mb": config.gpu_memory_mb,
        }
        return ModelCard.model_validate(declared | fields)

    def load(self, device: str) -> None:
        """Find the weights, check that they fit, and read them.

        Raises:
            ModelUnavailable: If device or weights are not to be had, or the weights are others than the class reads.
        """
        self.device = open_device(device)
        prepare_torchaudio()
        self.dtype = torch_dtype(self.config.precision, self.device)
        folders = tuple(checkpoint.folder() for checkpoint in self.checkpoints(self.config))
        for folder in folders:
            check_memory(folder, self.device, self.dtype.itemsize)
        self._read(folders)

    def _read(self, folders: tuple[Path, ...]) -> None:
        import torch

        try:
            self.load_weights(*folders)
        except torch.OutOfMemoryError as exc:
            raise ModelUnavailable(
                f"{self.device} has too little memory for '{self.config.model}': {exc}. Raise its 'num_gpus', or place "
                "it on a larger device."
            ) from exc
        except (OSError, ValueError, KeyError, RuntimeError) as exc:
            raise ModelUnavailable(
                f"'{self.config.model}' does not load as {type(self).__name__} from {folders[0]}: "
                f"{type(exc).__name__}: {exc}"
            ) from exc

    def load_weights(self, *folders: Path) -> None:
        """Read the networks from the folders, in the order of `checkpoints`, onto `device` in `dtype`."""
        raise NotImplementedError

    def prepare(self, request: RequestT) -> PreparedT:
        """Check and decode one request.

        Raises:
            AudioGPTError: If it cannot be answered; the others of the batch go on without it.
        """
        raise NotImplementedError

    def answer(self, batch: Sequence[PreparedT], work: Work) -> Sequence[ResponseT | AudioGPTError]:
        """Answer all prepared requests, in order, in one pass.

        Args:
            batch: What `prepare` returned, of requests with equal `batch_key`.
            work: Told of progress between steps; raises `Cancelled` when nobody waits any more.
        """
        raise NotImplementedError

    def run_batch(self, requests: Sequence[RequestT], context: RunContext) -> list[ResponseT | AudioGPTError]:
        """Answer a batch in one pass, without gradients."""
        import torch

        with torch.inference_mode():
            return answer_together(requests, context, self.prepare, self.answer)

    def unload(self) -> None:
        """Drop the networks and hand their memory back to the device."""
        import torch

        for name in vars(self).keys() - {"config"}:
            delattr(self, name)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def on_device(self, network: Any) -> Any:
        """Return a network ready to answer: on the device, frozen, compiled if the config says so."""
        network = network.to(self.device).eval().requires_grad_(False)
        if self.config.compile:
            network.compile()
        return network
