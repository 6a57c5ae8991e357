"""Writes ONNX models, so that serving needs the runtime only: a model is small, the `onnx` package is 20 MB.

Field numbers are those of onnx.proto; messages are protocol buffers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import DTypeLike, NDArray

_IR_VERSION: Final = 8
_OPSET: Final = 17
_DATA_TYPES: Final = {np.dtype(np.float32): 1, np.dtype(np.int32): 6, np.dtype(np.int64): 7}
_INT_ATTRIBUTE: Final = 2


class OnnxGraph:
    """A graph whose nodes are added in the order in which they run."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: dict[str, bytes] = {}

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: int) -> str:
        """Add a node and return the name of its output."""
        name = output or f"v{len(self._nodes)}"
        self._nodes.append(
            b"".join(_text(1, used) for used in inputs)
            + _text(2, name)
            + _text(4, operator)
            + b"".join(
                _bytes(5, _text(1, key) + _integer(3, value) + _integer(20, _INT_ATTRIBUTE))
                for key, value in attributes.items()
            )
        )
        return name

    def constant(self, name: str, values: NDArray[Any] | Sequence[int]) -> str:
        """A float32 or integer tensor; a sequence is int64. A second one of the same name is the first."""
        if name not in self._constants:
            tensor = np.asarray(values) if isinstance(values, np.ndarray) else np.array(values, np.int64)
            shape = b"".join(_integer(1, size) for size in tensor.shape)
            data_type = _integer(2, _DATA_TYPES[tensor.dtype])
            self._constants[name] = shape + data_type + _text(8, name) + _bytes(9, tensor.tobytes())
        return name

    def model(
        self,
        inputs: Mapping[str, tuple[DTypeLike, Sequence[str | int]]],
        outputs: Mapping[str, tuple[DTypeLike, Sequence[str | int]]],
    ) -> bytes:
        """The whole model. Sizes in the shapes that have a name may be any."""
        graph = b"".join(
            [
                *(_bytes(1, node) for node in self._nodes),
                _text(2, "graph"),
                *(_bytes(5, constant) for constant in self._constants.values()),
                *(_bytes(11, _value(name, *value)) for name, value in inputs.items()),
                *(_bytes(12, _value(name, *value)) for name, value in outputs.items()),
            ]
        )
        return _integer(1, _IR_VERSION) + _bytes(7, graph) + _bytes(8, _text(1, "") + _integer(2, _OPSET))


def _value(name: str, dtype: DTypeLike, shape: Sequence[str | int]) -> bytes:
    sizes = b"".join(_bytes(1, _text(2, size) if isinstance(size, str) else _integer(1, size)) for size in shape)
    tensor_type = _integer(1, _DATA_TYPES[np.dtype(dtype)]) + _bytes(2, sizes)
    return _text(1, name) + _bytes(2, _bytes(1, tensor_type))


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & 0xFFFFFFFFFFFFFFFF)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _varint(value: int) -> bytes:
    low = bytearray()
    while value > 0x7F:  # noqa: PLR2004  seven bits a byte
        low.append(value & 0x7F | 0x80)
        value >>= 7
    low.append(value)
    return bytes(low)
