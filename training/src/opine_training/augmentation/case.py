from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CASE_BIT = ord("a") - ord("A")


def upper(symbols: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.where((symbols >= ord("a")) & (symbols <= ord("z")), symbols - _CASE_BIT, symbols).astype(np.uint8)


def lower(symbols: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.where((symbols >= ord("A")) & (symbols <= ord("Z")), symbols + _CASE_BIT, symbols).astype(np.uint8)
