"""Where PyTorch computes."""

from __future__ import annotations

from typing import Literal

DeviceChoice = Literal["auto", "cpu", "cuda"]
Device = Literal["cpu", "cuda"]


class DeviceError(Exception):
    """A GPU is required and none is visible."""


def choose_device(choice: DeviceChoice, *, gpu_visible: bool) -> Device:
    """The GPU where there is one, unless told otherwise.

    Raises:
        DeviceError: `cuda` without a GPU.
    """
    if choice == "cuda" and not gpu_visible:
        raise DeviceError("device cuda is required and no GPU is visible to PyTorch")
    return "cuda" if gpu_visible and choice != "cpu" else "cpu"
