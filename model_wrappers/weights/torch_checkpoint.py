"""Tensors of a PyTorch checkpoint in the format before 1.6, read without PyTorch and without running code from it."""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import ModelUnavailable

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

Storage = tuple[str, np.dtype[Any]]
View = tuple[Storage, int, tuple[int, ...], tuple[int, ...]]


class _TensorUnpickler(pickle.Unpickler):
    """Resolve the four names a dictionary of tensors needs and no other."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.dtypes: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _view
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise pickle.UnpicklingError(f"the checkpoint names {module}.{name}, which no tensor needs")

    def persistent_load(self, pid: Any) -> Storage:
        _, dtype, key, *_ = pid
        self.dtypes[key] = dtype
        return key, dtype


def _view(storage: Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> View:
    return storage, offset, size, stride


def read_tensors(path: Path, entry: str | None = None) -> dict[str, NDArray[Any]]:
    """Return the tensors of a checkpoint that holds a dictionary of them, or one as an entry of another dictionary.

    The file is a row of pickles (magic number, protocol, machine, dictionary, storage keys), then each storage as its
    length in values and the values.

    Raises:
        ModelUnavailable: If the file is another format, or holds anything but tensors.
    """
    with path.open("rb") as file:
        try:
            magic, protocol, _ = (_TensorUnpickler(file).load() for _ in range(3))
            if (magic, protocol) != (MAGIC, PROTOCOL):
                raise pickle.UnpicklingError("no PyTorch checkpoint of the old format")
            unpickler = _TensorUnpickler(file)
            stored = unpickler.load()
            views: dict[str, View] = stored if entry is None else stored[entry]
            keys: list[str] = _TensorUnpickler(file).load()
        except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError) as exc:
            raise ModelUnavailable(f"'{path}' cannot be read as tensors: {exc}.") from exc
        storages = {key: _read_storage(file, unpickler.dtypes[key]) for key in keys}
    return {
        name: _strided(storages[key][offset:], size, stride) for name, ((key, _), offset, size, stride) in views.items()
    }


def _strided(values: NDArray[Any], size: tuple[int, ...], stride: tuple[int, ...]) -> NDArray[Any]:
    """Return a copy of a view whose strides are counted in values; refuse one that leaves its storage."""
    last = sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    if min((*size, *stride, 1)) < 0 or (0 not in size and last >= len(values)):
        raise ModelUnavailable(f"The checkpoint is damaged: a tensor of shape {size} leaves its storage.")
    strides = tuple(step * values.itemsize for step in stride)
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(values, size, strides))


def _read_storage(file: BinaryIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    length = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(length * dtype.itemsize), dtype)
