from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DeviceName = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16"]
Switch = Literal["auto", "on", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareConfig:
    device: DeviceName = "auto"
    """`auto` takes a GPU where there is one."""
    precision: Precision = "auto"
    """Of the forward pass: `auto` is bfloat16 where the device computes in it, float32 elsewhere."""
    compile: Switch = "auto"
    """torch.compile: `auto` on a GPU only, since the first steps take a minute."""
    workers: int = 0
    """Processes that prepare batches ahead; they change nothing in the result. 2-4 keep a GPU busy."""
