"""Where and how precisely an engine computes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

DeviceChoice = Literal["auto", "cpu", "cuda"]
Device = Literal["cpu", "cuda"]
Precision = Literal["fp32", "int8"]
"""Of the CPU's engine; a GPU computes in half precision."""

# Without one of them ONNX Runtime's 8-bit products are no faster and, on x86, saturate at 16 bits.
_INT8_INSTRUCTIONS = ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp")


class DeviceError(Exception):
    """What is required is not there: a GPU, or instructions for int8; the message says what to do."""


def choose_device(choice: DeviceChoice, *, gpu_visible: bool) -> Device:
    """The GPU where there is one, unless told otherwise.

    Raises:
        DeviceError: `cuda` without a GPU.
    """
    if choice == "cuda" and not gpu_visible:
        raise DeviceError(
            "device cuda is required and no GPU is visible to PyTorch. Give this process a GPU, or use the device cpu."
        )
    return "cuda" if gpu_visible and choice != "cpu" else "cpu"


def require_int8(cpu_info: Path = Path("/proc/cpuinfo")) -> None:
    """Raises DeviceError where the processor has no instructions for 8-bit products; what is not Linux is believed."""
    if not cpu_info.exists():
        return
    found = cpu_info.read_text().split()
    if not any(name in found for name in _INT8_INSTRUCTIONS):
        raise DeviceError(
            f"precision int8 needs a processor with one of {', '.join(_INT8_INSTRUCTIONS)}; this one has none. "
            "Use fp32."
        )
